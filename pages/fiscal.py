"""财政补偿推演 Fiscal compensation what-if: guarantee and purchase, price reform, contract fee, and how they meet the insurance budget."""

from dashboard.ui.fiscal import page as fiscal
from dashboard.ui.frame.page_frame import page_frame

with page_frame() as frame:
    if frame:
        fiscal.workbench(frame, fiscal.shelf())
