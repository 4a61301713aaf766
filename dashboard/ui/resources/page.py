"""The resources page put together: its sections, each of which draws itself and returns the finding for the title."""

from dashboard.language import marked
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.sections import Section, Sections
from dashboard.ui.resources.accessibility import access_section
from dashboard.ui.resources.behind import show_holders
from dashboard.ui.resources.centres import centres_section
from dashboard.ui.resources.equity import equity_section
from dashboard.ui.resources.plan import plan_section
from dashboard.ui.resources.supply import supply_section
from dashboard.ui.resources.workforce import people_section

SECTIONS: Sections[PageFrame, str] = Sections(
    "section",
    Section("supply", marked("供给与缺口"), supply_section, ignores=("grain",)),
    Section("people", marked("人力结构"), people_section),
    Section("centres", marked("共享中心"), centres_section),
    Section("equity", marked("公平性"), equity_section, ignores=("grain",)),
    Section("access", marked("可及性"), access_section, ignores=("grain",)),
    Section("plan", marked("调配推演"), plan_section, ignores=("grain", "community")),
)


def resources_page(frame: PageFrame) -> None:
    """Draw the section that the reader chose and write its finding as the title."""
    section = SECTIONS.choose(_("看什么"))
    frame.tell_not_followed(*section.ignores)
    frame.headline(section.draw(frame))
    show_holders(frame)
