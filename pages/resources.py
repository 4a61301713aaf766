"""资源配置 Resources: where beds, people and equipment are, whether that is fair, and what would change it."""

from dashboard.ui.frame.page_frame import page_frame
from dashboard.ui.resources.page import resources_page

with page_frame() as frame:
    if frame:
        resources_page(frame)
