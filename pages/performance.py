"""绩效评价 Performance: who is ahead, whether it is real, where each falls short, and the money that scores move."""

from dashboard.ui.frame.page_frame import page_frame
from dashboard.ui.performance.page import performance_page

with page_frame() as frame:
    if frame:
        performance_page(frame)
