"""转诊流向 Referrals: who sends whom where, up, down, across and out of the county, and what it costs."""

from dashboard.services.referrals import sources
from dashboard.ui.referrals_controls import controls
from dashboard.ui.referrals_map import map_card
from dashboard.ui.shell import page_frame

with page_frame() as frame:
    if frame:
        offered = sources(frame.database)
        asked = controls(frame, offered)
        map_card(frame, asked)
