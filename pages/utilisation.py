"""床位与设备 Utilisation: how well beds and devices are used, who is idle, who is overfull, and what the next year needs."""

from dashboard.ui.shell import page_frame
from dashboard.ui.utilisation import view_choice
from dashboard.ui.utilisation_beds import beds_view
from dashboard.ui.utilisation_efficiency import efficiency_view
from dashboard.ui.utilisation_equipment import equipment_view
from dashboard.ui.utilisation_forecast import forecast_view
from dashboard.ui.utilisation_pabon import pabon_view
from dashboard.ui.utilisation_peers import peers_view

_VIEWS = {
    "beds": beds_view,
    "pabon": pabon_view,
    "peers": peers_view,
    "efficiency": efficiency_view,
    "equipment": equipment_view,
    "forecast": forecast_view,
}

with page_frame() as frame:
    if frame:
        frame.headline(_VIEWS[view_choice()](frame))
