"""签约与公卫 Contracts and public health: coverage, pace, chronic care, the eight ways of sinking resources, figures to check."""

from dashboard.ui.contracts.page import contracts_page
from dashboard.ui.frame.page_frame import page_frame

with page_frame() as frame:
    if frame:
        contracts_page(frame)
