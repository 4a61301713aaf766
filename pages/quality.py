"""费用与质量 Quality: what care costs, how good it is, and whether the difference is the hospital or its patients."""

from dashboard.ui.frame.page_frame import page_frame
from dashboard.ui.quality.page import quality_page

with page_frame() as frame:
    if frame:
        quality_page(frame)
