"""The utilisation page put together: its views, each of which draws itself and returns the finding for the title."""

from dashboard.language import marked
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.sections import Section, Sections
from dashboard.ui.utilisation.beds import beds_view
from dashboard.ui.utilisation.efficiency import efficiency_view
from dashboard.ui.utilisation.equipment import equipment_view
from dashboard.ui.utilisation.forecast import forecast_view
from dashboard.ui.utilisation.pabon import pabon_view
from dashboard.ui.utilisation.peers import peers_view

SECTIONS: Sections[PageFrame, str] = Sections(
    "use",
    Section("beds", marked("床位使用"), beds_view),
    Section("pabon", marked("四象限"), pabon_view),
    Section("peers", marked("若达同级中位数"), peers_view),
    Section("efficiency", marked("效率 DEA"), efficiency_view, ignores=("grain",)),
    Section("equipment", marked("设备"), equipment_view),
    Section("forecast", marked("预测"), forecast_view, ignores=("grain",)),
)


def utilisation_page(frame: PageFrame) -> None:
    """Draw the view that the reader chose and write its finding as the title."""
    section = SECTIONS.choose(_("看什么"))
    frame.tell_not_followed(*section.ignores)
    frame.headline(section.draw(frame))
