"""驾驶舱 Cockpit: the cockpit. The entry point draws it in place of header and navigation, here and for ``?kiosk=1``."""

from dashboard.ui.cockpit.page import show_cockpit

show_cockpit()
