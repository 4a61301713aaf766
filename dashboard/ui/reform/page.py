"""The page 改革效果 put together: its sections, each of which draws itself and returns the finding for the title."""

from dashboard.language import marked
from dashboard.services.reform.outcomes import reforms
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.sections import Section, Sections, show
from dashboard.ui.reform.differences import differences_section
from dashboard.ui.reform.registered import registered_section
from dashboard.ui.reform.series import series_section
from dashboard.ui.reform.stacking import stacking_section


def _no_reform(frame: PageFrame) -> tuple[str, str] | None:
    if reforms(frame.database):
        return None
    return (
        _("改革日历里没有只涉及部分医共体或机构的改革，没有可比较的对照。"),
        _("请载入“改革与事件日历”（dim_event），分批推开的同一项改革用同一个 reform_code。"),
    )


SECTIONS: Sections[PageFrame, str] = Sections(
    "study",
    Section("series", marked("中断时间序列"), series_section),
    Section("differences", marked("双重差分"), differences_section, lacks=_no_reform, ignores=("community",)),
    Section("registered", marked("已登记的问题"), registered_section, ignores=("community",)),
    Section("stack", marked("改革叠加"), stacking_section, ignores=("month", "community")),
)


def reform_page(frame: PageFrame) -> None:
    """Draw the section that the reader chose and write its finding as the title."""
    section = SECTIONS.choose(_("看什么"))
    frame.tell_not_followed(*section.ignores)
    frame.headline(show(section, frame) or _("改革效果"))
