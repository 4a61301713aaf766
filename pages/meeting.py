"""会议 Meeting: agendas, presenting them, what was decided, and what is still to be done."""

from dashboard.ui.frame.page_frame import page_frame
from dashboard.ui.meeting.page import meeting_page

with page_frame() as frame:
    if frame:
        meeting_page(frame)
