"""The page 数据与口径 put together: its sections, each of which draws itself and returns the finding for the title."""

from dashboard.language import marked
from dashboard.ui.data.approval import approval_section
from dashboard.ui.data.dictionary import dictionary_section
from dashboard.ui.data.findings import findings_section
from dashboard.ui.data.lineage import lineage_section
from dashboard.ui.data.loading import loading_lacks, loading_section
from dashboard.ui.data.profile import profile_lacks, profile_section
from dashboard.ui.data.reconciliation import reconciliation_section
from dashboard.ui.data.reports import reports_section
from dashboard.ui.data.sizing import sizing_section
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.sections import Section, Sections, show

SECTIONS: Sections[PageFrame, str] = Sections(
    "about",
    Section("reports", marked("报送与质量"), reports_section),
    Section("load", marked("载入"), loading_section, loading_lacks, ignores=("month", "community")),
    Section("profile", marked("对列"), profile_section, profile_lacks, ignores=("month", "community")),
    Section("approval", marked("审核与锁定"), approval_section, ignores=("community",)),
    Section("reconciliation", marked("跨表核对"), reconciliation_section),
    Section("findings", marked("载入与问题"), findings_section, ignores=("month", "community")),
    Section("lineage", marked("溯源"), lineage_section, ignores=("community",)),
    Section("dictionary", marked("口径字典"), dictionary_section, ignores=("month", "community")),
    Section("sizing", marked("容量测算"), sizing_section, ignores=("month", "community")),
)


def data_page(frame: PageFrame) -> None:
    """Draw the section that the reader chose and write its finding as the title."""
    section = SECTIONS.choose(_("看什么"))
    frame.tell_not_followed(*section.ignores)
    frame.headline(show(section, frame) or _("数据与口径"))
