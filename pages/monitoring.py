"""运行监测 Monitoring: the alerts of the month and what of them is chance, outliers by two questions, and the actions that follow."""

from dashboard.ui.frame.page_frame import page_frame
from dashboard.ui.monitoring.page import monitoring_page

with page_frame() as frame:
    if frame:
        monitoring_page(frame)
