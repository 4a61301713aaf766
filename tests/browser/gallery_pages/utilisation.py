"""A page without content: the shell alone."""

from dashboard.ui.frame.page_frame import page_frame

with page_frame():
    pass
