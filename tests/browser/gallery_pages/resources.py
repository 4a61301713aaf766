"""A page that fails, to see what a reader sees."""

from dashboard.ui.frame.page_frame import page_frame

with page_frame() as frame:
    raise RuntimeError("secret path /srv/county and SELECT * FROM fact_claim")
