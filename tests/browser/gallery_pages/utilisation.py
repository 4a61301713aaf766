"""A page without content: the shell alone."""

from dashboard.ui.shell import page_frame

with page_frame():
    pass
