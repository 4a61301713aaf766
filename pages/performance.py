"""绩效评价 Performance: who is ahead, whether it is real, where each falls short, and the money that scores move."""

from dashboard.ui.performance import performance_page
from dashboard.ui.shell import page_frame

with page_frame() as frame:
    if frame:
        performance_page(frame)
