"""医保总额推演 Insurance budget what-if: move a coefficient and see what everybody gets."""

from dashboard.services.insurance import frozen_scores, insurance_model
from dashboard.services.insurance_baseline import BaselineGap
from dashboard.services.workspace import current_workspace
from dashboard.ui import insurance
from dashboard.ui.shell import page_frame

with page_frame() as frame:
    if frame:
        model = insurance_model(frame.database, frozen_scores(current_workspace()))
        if isinstance(model, BaselineGap):
            insurance.no_baseline(model)
        else:
            insurance.workbench(frame, model)
