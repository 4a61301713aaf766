"""数据与口径 Data and definitions: who reported, how good it is, where a number comes from, what every word means."""

from dashboard.ui.data.page import data_page
from dashboard.ui.frame.page_frame import page_frame

with page_frame() as frame:
    if frame:
        data_page(frame)
