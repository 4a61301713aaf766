"""医保总额推演 Insurance budget what-if: move a coefficient and see what everybody gets."""

from dashboard.services.insurance.answer import insurance_model
from dashboard.services.insurance.baseline import BaselineGap
from dashboard.ui.frame.page_frame import page_frame
from dashboard.ui.insurance import page as insurance
from dashboard.ui.insurance.state import scores_in_hand

with page_frame() as frame:
    if frame:
        model = insurance_model(frame.database, scores_in_hand())
        if isinstance(model, BaselineGap):
            insurance.no_baseline(model)
        else:
            insurance.workbench(frame, model)
