"""转诊流向 Referrals: who sends whom where, up, down, across and out of the county, and what it costs."""

from dashboard.services.referrals import sources
from dashboard.ui.referrals import nothing_loaded
from dashboard.ui.referrals_board import board
from dashboard.ui.shell import page_frame

with page_frame() as frame:
    if frame:
        offered = sources(frame.database)
        if offered:
            board(frame, offered)
        else:
            nothing_loaded()
