"""会议 Meeting: agendas, presenting them, what was decided, and what is still to be done."""

from dashboard.ui.meeting import meeting_page
from dashboard.ui.shell import page_frame

with page_frame() as frame:
    if frame:
        meeting_page(frame)
