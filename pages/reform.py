"""改革效果 Reform effects: one question at a time, what the figures are consistent with, and what could be seen at all."""

from dashboard.ui.frame.page_frame import page_frame
from dashboard.ui.reform.page import reform_page

with page_frame() as frame:
    if frame:
        reform_page(frame)
