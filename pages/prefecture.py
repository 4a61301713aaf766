"""全市各县 Prefecture: the counties of one database side by side, from marts alone."""

from dashboard.ui.frame.page_frame import page_frame
from dashboard.ui.prefecture.page import prefecture_page

with page_frame() as frame:
    if frame:
        prefecture_page(frame)
