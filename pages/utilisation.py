"""床位与设备 Utilisation: how well beds and devices are used, who is idle, who is overfull, and what the next year needs."""

from dashboard.ui.frame.page_frame import page_frame
from dashboard.ui.utilisation.page import utilisation_page

with page_frame() as frame:
    if frame:
        utilisation_page(frame)
