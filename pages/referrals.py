"""转诊流向 Referrals: who sends whom where, up, down, across and out of the county, and what it costs."""

from dashboard.services.referrals.flows import sources
from dashboard.ui.frame.page_frame import page_frame
from dashboard.ui.referrals.board import board
from dashboard.ui.referrals.headline import nothing_loaded

with page_frame() as frame:
    if frame:
        offered = sources(frame.database)
        if offered:
            board(frame, offered)
        else:
            nothing_loaded(frame)
