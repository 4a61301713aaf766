"""驾驶舱 Cockpit: the wall screen. The entry point draws it in place of header and navigation, here and for ``?kiosk=1``."""

from dashboard.ui.kiosk import show_wall

show_wall()
