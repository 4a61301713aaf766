"""评估与通报: the three months of the quarter and its bulletin, how far each has come, and what is done with them."""

import datetime
from collections.abc import Callable
from functools import partial

import pandas as pd
import streamlit as st

from dashboard.documents.content import Report
from dashboard.documents.formats import FORMATS
from dashboard.documents.official import fill_template, write_official
from dashboard.documents.pdf import office
from dashboard.errors import ProductError
from dashboard.services.common.clock import today
from dashboard.services.common.filters import Filters
from dashboard.services.common.workspace import current_workspace
from dashboard.services.reports.assessing import assess, compile_bulletin
from dashboard.services.reports.assessment import Assessment, Bulletin, Content, assessment_id, bulletin_id, quarter_of
from dashboard.services.reports.bulletin import assessment_report, bulletin_report, differences_table
from dashboard.services.reports.editions import Edition, approve, edition_differences, freeze, outdated, publish, read_edition, write
from dashboard.services.reports.parts import Brief
from dashboard.services.reports.report import document
from dashboard.states import State, signed
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.definition import Definition, definition
from dashboard.ui.kit.draft import KEPT, let_go, typed
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import escaped, open_dialog, show_error
from dashboard.ui.kit.signature import signature_field
from dashboard.ui.kit.tables import TableColumn, download, show_table
from dashboard.workspace import Status

_OPENED = "bulletin_opened"
_LARGEST_NARRATIVE = 2_000
_FORMAT_NAMES = {"docx": "Word", "pptx": "PowerPoint", "xlsx": "Excel", "pdf": "PDF"}
_PLACES = " ".join(f"{{{{{name}}}}}" for name in ("标题", "副标题", "正文", "来源", "提示"))
_WORD = FORMATS["docx"].mime


def bulletins_card(frame: PageFrame) -> None:
    """Draw the months of the quarter and its bulletin with their states; each opens to be written, decided and taken away."""
    month = frame.filters.period.last
    try:
        months = [(each, read_edition(current_workspace(), Assessment, assessment_id(each))) for each in quarter_of(month)]
        bulletin = read_edition(current_workspace(), Bulletin, bulletin_id(months[-1][0]))
    except ProductError as error:  # the alerts stand without what people keep
        show_error(error)
        return
    current = next(edition for each, edition in months if each == month)
    title = _(
        "{month}评估{state}；季通报{bulletin}",
        month=formatting.month(month, language()),
        state=state_words(current),
        bulletin=state_words(bulletin),
    )
    with card("monitoring_bulletins", title, frame.dated(_("编制 → 审定 → 冻结 → 发布")), details=_details):
        places = st.columns(4, gap="small")
        for place, (each, edition) in zip(places, months, strict=False):
            with place:
                _box(_("{month}评估", month=formatting.month(each, language())), edition, assessment_id(each))
        with places[-1]:
            stale = bulletin and outdated(current_workspace(), bulletin.content, {assessment_id(each): edition for each, edition in months})
            _box(_("季通报"), bulletin, bulletin_id(months[-1][0]), _("其后月评估又有更正") if stale else "")
    opened = st.session_state.pop(_OPENED, None)
    for each, edition in months:
        if opened == assessment_id(each):
            _open(partial(_in_hand, frame, edition, partial(_assess, frame, each), _assessment, f"m_{each:%Y-%m}"))
    if opened == bulletin_id(months[-1][0]):
        _open(partial(_in_hand, frame, bulletin, partial(_compile, frame), _bulletin, f"q_{months[-1][0]:%Y-%m}"))


def _assess(frame: PageFrame, month: datetime.date, _narrative: str) -> Assessment:
    return assess(frame.database, current_workspace(), month, today())


def _compile(frame: PageFrame, narrative: str) -> Bulletin:
    return compile_bulletin(frame.database, current_workspace(), frame.filters.period.last, narrative)


def state_words(edition: Edition[Content] | None) -> str:
    """Return how far a document has come."""
    if edition is None:
        return _("未编制")
    if edition.status is Status.FROZEN:
        number = _("第 {number} 版", number=edition.number)
        return _("已发布 {number}", number=number) if edition.is_published else _("已冻结 {number}", number=number)
    return _("待冻结") if edition.status is Status.APPROVED else _("待审定")


def _state(edition: Edition[Content] | None) -> State:
    if edition is None:
        return State.UNKNOWN
    return State.GOOD if edition.status is Status.FROZEN else State.WARNING


def _box(name: str, edition: Edition[Content] | None, document_id: str, warning: str = "") -> None:
    with st.container(border=True, gap="xxsmall"):
        st.markdown(f"**{escaped(name)}**")
        st.caption(escaped(signed(_state(edition), state_words(edition))))
        if edition is not None:
            content = edition.content
            kept = content.months[-1] if isinstance(content, Bulletin) else content
            st.caption(escaped(_("数据版本 {version}", version=kept.data_version)))
            if warning:
                st.caption(escaped(signed(State.WARNING, warning)))
        if st.button(_("打开"), key=f"open_{document_id}", type="tertiary", icon=":material/open_in_new:"):
            st.session_state[_OPENED] = document_id
            st.rerun()


def _open(draw: Callable[[], None]) -> None:
    open_dialog(_("评估与通报"), draw, width="large")


def _brief(frame: PageFrame) -> Brief:
    filters = Filters(frame.filters.period)
    return Brief(frame.database, current_workspace(), filters, "en" if language() == "en" else "zh")


def _assessment(frame: PageFrame, edition: Edition[Assessment]) -> Report:
    return assessment_report(_brief(frame), edition)


def _bulletin(frame: PageFrame, edition: Edition[Bulletin]) -> Report:
    return bulletin_report(_brief(frame), edition)


def _in_hand(
    frame: PageFrame,
    edition: Edition[Content] | None,
    make: Callable[[str], Content],
    report: Callable[[PageFrame, Edition[Content]], Report],
    code: str,
) -> None:
    """Draw one document: its state, the step that comes next, what a correction changed, and the files."""
    key = f"bulletin_{code}"
    st.markdown(f"**{escaped(code[2:])}** · {escaped(signed(_state(edition), state_words(edition)))}")
    _steps(edition, make, key)
    if edition is None:
        return
    found = edition_differences(current_workspace(), edition) if frame.database.scope.every_row else ()
    if found:
        table = differences_table(_brief(frame), found)
        rows = pd.DataFrame(table.rows, columns=["month", "what", "unit", "was", "now"])
        names = [column.label for column in table.columns]
        columns = [TableColumn(name, label) for name, label in zip(rows.columns, names, strict=True)]
        show_table(rows, columns, key=f"{key}_differences", title=table.title, source=frame.source(), rows=6)
    _files(frame, edition, key, report)


def _steps(edition: Edition[Content] | None, make: Callable[[str], Content], key: str) -> None:
    status = edition.status if edition else None
    with st.form(f"{key}_form", border=False):
        author = signature_field(f"{key}_author")
        needs_reason = status is not None
        reason = st.text_input(_("依据或更正理由"), max_chars=500, key=typed(f"{key}_reason"), persist_state=KEPT) if needs_reason else ""
        narrative = ""
        if key.startswith("bulletin_q"):
            known = edition.content.narrative if edition and isinstance(edition.content, Bulletin) else ""
            narrative = st.text_area(
                _("通报说明"), max_chars=_LARGEST_NARRATIVE, height=90, key=typed(f"{key}_narrative", known), persist_state=KEPT
            )
        with st.container(horizontal=True, gap="small"):
            wrote = st.form_submit_button(
                _("编制") if status is None else _("重新编制（更正）"), type="primary" if status is None else "secondary"
            )
            approved = st.form_submit_button(_("审定"), disabled=status is not Status.DRAFT)
            froze = st.form_submit_button(_("冻结"), disabled=status is not Status.APPROVED)
            published = st.form_submit_button(_("发布"), disabled=status is not Status.FROZEN or bool(edition and edition.is_published))
    if not (wrote or approved or froze or published):
        return
    workspace = current_workspace()
    try:
        if wrote:
            write(workspace, make(narrative), author=author, over=edition, reason=reason)
        elif edition is not None and approved:
            approve(workspace, edition, author=author, reason=reason)
        elif edition is not None and froze:
            freeze(workspace, edition, author=author, reason=reason)
        elif edition is not None:
            publish(workspace, edition, author=author)
    except ProductError as error:
        show_error(error)
        return
    let_go(f"{key}_reason", f"{key}_narrative")
    st.rerun()


def _files(frame: PageFrame, edition: Edition[Content], key: str, report: Callable[[PageFrame, Edition[Content]], Report]) -> None:
    told = report(frame, edition)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        for name in FORMATS:
            if name == "pdf" and office() is None:
                continue
            _file(
                frame, told, _FORMAT_NAMES[name], partial(_written, told, name), f"{told.name}.{name}", f"{key}_{name}", FORMATS[name].mime
            )
        _file(frame, told, _("公文格式 Word"), partial(write_official, told), f"{told.name}_{_('公文')}.docx", f"{key}_official", _WORD)
    with st.expander(_("本县模板")):
        st.caption(escaped(_("模板是 .docx，位置写成 {places}，或写表格的标题；其余照原样保留。", places=_PLACES)))
        template = st.file_uploader(_("本县模板（.docx）"), type=["docx"], key=f"{key}_template", max_upload_size=5)
        if template is not None:
            content = template.getvalue()
            fill_template(content, told)  # said at once when it cannot be filled
            _file(
                frame, told, _("按模板生成"), partial(fill_template, content, told), f"{told.name}_{_('模板')}.docx", f"{key}_filled", _WORD
            )


def _written(report: Report, name: str) -> bytes:
    return document(report, name).content


def _file(frame: PageFrame, report: Report, label: str, make: Callable[[], bytes], name: str, key: str, mime: str) -> None:
    download(label, make, key=f"download_{key}", file_name=name, title=report.title, source=frame.source(), mime=mime)


def _details() -> None:
    definition(
        Definition(
            name=_("月评估、季通报"),
            meaning=_(
                "月评估把一个月的指标（含分子分母）、得分与名次区间、预警、报送和逾期行动整份冻结；季通报抄录三个已冻结的月评估，不重新计算。"
                "更正要写理由，审定、冻结后成为下一版，并列出与上一版的差异。"
            ),
            source="docs/monitoring.md",
            grade=_("待核实：INFER"),
            note=_("公文格式按通行的 GB/T 9704—2012（等级 OWN，原文未见），字体只写名称、不随产品提供。"),
        )
    )
