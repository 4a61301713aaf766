"""Section 载入: files → check → what would change → reason → load; what institutions submitted; taking the last load back."""

import datetime
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboard.errors import ProductError
from dashboard.language import marked
from dashboard.services.common.directory import directory
from dashboard.services.common.identity import Identity
from dashboard.services.common.reporting import table_words
from dashboard.services.common.workspace import current_workspace
from dashboard.services.data.inbox import Inbox, find_inbox, open_inbox
from dashboard.services.data.loading import Checked, Moved, check, load, may_load, may_submit, refuse_foreign_rows
from dashboard.services.data.profiles import profiles
from dashboard.services.data.submissions import facts, settle, submit
from dashboard.settings import settings
from dashboard.states import SIGNS, State, signed
from dashboard.store.importing.loader import Progress
from dashboard.store.importing.package import Scope
from dashboard.ui.data.steps import current_step, step_bar
from dashboard.ui.data.tray import TAKEN, TAKING, TOLD, UNFINISHED, tray_card, undo_card
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.frame.uploads import PREFIX
from dashboard.ui.kit import formatting
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.component import component
from dashboard.ui.kit.draft import KEPT, let_go, typed
from dashboard.ui.kit.formatting import MISSING
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import badge_text, error_boundary, escaped, show_error
from dashboard.ui.kit.person import identity
from dashboard.ui.kit.readings import target_chip, value_text
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import STATE_BADGE

_upload = component(Path(__file__).parent, "upload", html='<div class="upload"></div>', key="data_upload")

INBOX, _CHECKED = "loading_inbox", "loading_checked"
_NO_PROFILE = ""
_SHOWN_FINDINGS, _TOLD_ERRORS = 200, 3
_STAGES = {"read": marked("读取"), "check": marked("校验"), "write": marked("写入")}
_SCOPES: dict[str, str] = {"": marked("按数据包的说明"), "month": marked("替换整个期间"), "reporter": marked("只替换包里有的单位")}


def loading_lacks(_frame: PageFrame) -> tuple[str, str] | None:
    """Return why this reader cannot load or submit, None when they can."""
    reader = identity()
    if may_load(reader) or may_submit(reader):
        return None
    return _("您的账号不能载入或报送数据。"), _("载入由数据管理员做；机构和医共体用户可以报送本单位的数据。")


def loading_section(frame: PageFrame) -> str:
    """Draw the section; return its finding."""
    reader = identity()
    if reader is None:
        return _("载入")
    told = st.session_state.pop(TOLD, None)
    if told:
        st.success(escaped(told), icon=":material/check:")
    unfinished = st.session_state.pop(UNFINISHED, None)
    if unfinished is not None:  # beside what was done, not instead of it
        show_error(unfinished)
    inbox = current_inbox(reader)
    taking: dict[str, str] = st.session_state.pop(TAKING, {})
    st.session_state.update(taking)
    bar = st.container()
    left, right = st.columns([1, 1.05], gap="small")
    with left:
        _files_card(frame, reader, inbox, check_now=bool(taking))
        checked = st.session_state.get(_CHECKED)
        if checked is not None:
            _findings_card(frame, checked)
    with right:
        if checked is None:
            _bounds_card()
        else:
            _difference_card(frame, checked)
            if checked.headlines is not None:
                _headlines_card(checked.headlines)
            if checked.report.passed and not checked.report.unchanged:
                _decide_card(reader, inbox, checked)
        if may_load(reader):
            undo_card(frame, reader)
    tray_card(frame, reader, INBOX, _CHECKED)
    with bar:  # drawn last: what the check said and what was typed stand below it
        passed = checked is not None and checked.report.passed
        now = current_step(
            files=bool(inbox.files()),
            checked=checked is not None,
            passed=passed,
            reasoned=bool(str(st.session_state.get("load_reason") or "").strip()),
        )
        step_bar(now, failed=checked is not None and not passed, loads=may_load(reader))
    return _finding(checked)


def _finding(checked: Checked | None) -> str:
    if checked is None:
        return _("先检查，看清差异，再载入")
    if checked.report.unchanged:
        return _("与最近一次载入相同，没有要改的")
    if not checked.report.passed:
        return _("不能载入：{count} 个错误", count=formatting.number(checked.report.error_count))
    return _(
        "可以载入：新增 {added} 行、改 {changed} 行、删 {removed} 行",
        added=formatting.number(checked.total("added")),
        changed=formatting.number(checked.total("changed")),
        removed=formatting.number(checked.total("removed")),
    )


def current_inbox(reader: Identity) -> Inbox:
    """Return the inbox of this session, a new one where it has none."""
    token = st.session_state.get(INBOX)
    found = find_inbox(token, reader.session) if token else None
    if found is None:
        found = open_inbox(reader.session)
        st.session_state[INBOX] = found.token
        st.session_state.pop(_CHECKED, None)
    return found


def forget_check() -> None:
    """Forget what was checked: the files or what is to become of them have changed."""
    st.session_state.pop(_CHECKED, None)


# Files ----------------------------------------------------------------------------------------------------------------------


def _files_card(frame: PageFrame, reader: Identity, inbox: Inbox, *, check_now: bool) -> None:
    files = inbox.files()
    limit = settings().upload_megabytes
    title = _("选了 {count} 个文件", count=len(files)) if files else _("第一步：选文件")
    with card("load_files", title, _("CSV、XLSX 或一个 zip；合计不超过 {limit} MB", limit=limit)):
        _upload(
            key="load_upload",
            data={
                "address": f"{PREFIX}/{inbox.token}",
                "most": limit * 2**20,
                "words": {
                    "choose": _("选择文件"),
                    "hint": _("或把文件拖到这里；边传边存到磁盘，断线不留下任何东西"),
                    "sending": _("正在上传"),
                    "broken": _("连接断开，没有传完；请重新选择"),
                    "tooLarge": _("超过上限，请用命令行载入"),
                    "lang": language(),
                },
            },
            on_arrived_change=forget_check,
        )
        for name, size in files:
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                st.markdown(f"{escaped(name)} · {escaped(_bytes(size))}", width="content")
                if st.button(_("移除"), key=f"load_remove_{name}", type="tertiary"):
                    inbox.remove(name)
                    forget_check()
                    st.rerun()
        known = profiles(current_workspace())
        if st.session_state.get("load_profile", _NO_PROFILE) not in {_NO_PROFILE, *known}:
            st.session_state["load_profile"] = _NO_PROFILE
        names = {_NO_PROFILE: _("模板格式，不用映射方案")} | {name: f"{each.profile.title} · {each.called}" for name, each in known.items()}
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen = st.selectbox(
                _("映射方案"), list(names), format_func=names.__getitem__, key="load_profile", on_change=forget_check, width="stretch"
            )
            if may_load(reader):
                scope = st.selectbox(
                    _("业务表替换什么"), list(_SCOPES), format_func=lambda code: _(_SCOPES[code]), key="load_scope", on_change=forget_check,
                    width=200,
                )  # fmt: skip
            else:
                scope = "reporter"
        asked = st.button(_("只检查，不载入"), key="load_check", type="primary", icon=":material/fact_check:", disabled=not files)
        if asked or check_now:
            _run_check(frame, reader, inbox, chosen, scope)


def _bytes(size: int) -> str:
    return f"{size / 2**20:,.1f} MB" if size >= 2**20 else f"{max(size / 1024, 0.1):,.1f} KB"


def _teller(words: str) -> tuple[st.delta_generator.DeltaGenerator, "Teller"]:
    place = st.empty()
    return place, Teller(place, words)


class Teller:
    """Shows how far a check or load is. Drawing is where Streamlit stops a run whose browser has gone: nothing is written then."""

    def __init__(self, place: st.delta_generator.DeltaGenerator, words: str) -> None:
        self._bar = place.progress(0.0, text=words)

    def __call__(self, state: Progress) -> None:
        """Show ``state``."""
        rows = _("{count} 行", count=formatting.number(state.rows))
        table = state.file if state.stage == "read" else table_words(state.file, language())
        self._bar.progress(state.whole, text=escaped(f"{_(_STAGES[state.stage])} {table} · {rows}"))


def _run_check(frame: PageFrame, reader: Identity, inbox: Inbox, profile: str, scope: str) -> None:
    forget_check()
    place, tell = _teller(_("正在检查"))
    chosen: Scope | None = scope or None  # type: ignore[assignment]
    try:
        known = profiles(current_workspace())[profile] if profile else None
        checked = check(inbox, frame.database, known, chosen, tell)
        if not may_load(reader):
            refuse_foreign_rows(checked, frame.database, reader)
        st.session_state[_CHECKED] = checked
    except ProductError as error:
        place.empty()
        show_error(error)
        return
    place.empty()
    st.rerun()


def _bounds_card() -> None:
    with card("load_bounds", _("这次载入的边界"), _("检查以后，这里列出会改变什么")):
        for sign, words in (
            (":material/rule:", _("全或无：有一个错误、断线或出错，库里一行不变")),
            (":material/difference:", _("先看差异：每张表、每个单位、每个期间新增、改、删几行，主要指标变成多少")),
            (":material/edit_note:", _("写理由：不写理由不能载入；谁、何时、文件校验值、理由、差异都记入操作记录")),
            (":material/undo:", _("可撤回：最近一批可以整批撤回，最近 {count} 批以前的数据都留着", count=settings().kept_loads)),
        ):
            st.markdown(f"{sign} {escaped(words)}")


# What the check found -------------------------------------------------------------------------------------------------------


def _findings_card(frame: PageFrame, checked: Checked) -> None:
    report = checked.report
    title = _(
        "检查：{errors} 个错误，{warnings} 条请看一眼",
        errors=formatting.number(report.error_count),
        warnings=formatting.number(report.warning_count),
    )
    aside = _("读 {tables} 张表 · {rows} 行", tables=len({file.table for file in report.files}), rows=formatting.number(report.row_count))
    with card("load_findings", title, aside):
        state = State.BAD if report.error_count else State.WARNING if report.warning_count else State.GOOD
        words = _("有错误，不能载入") if report.error_count else _("可以载入")
        st.badge(badge_text(signed(state, words)), color=STATE_BADGE[state])  # type: ignore[arg-type]
        if not report.findings:
            st.caption(escaped(_("没有发现问题。")))
            return
        for each in [finding for finding in report.findings if finding.severity == "error"][:_TOLD_ERRORS]:
            st.caption(escaped(f"{SIGNS[State.BAD]} {each.text(language())}"))
        shown = report.findings[:_SHOWN_FINDINGS]
        rows = pd.DataFrame(
            {
                "severity": [_("错误") if each.severity == "error" else _("提示") for each in shown],
                "file": [each.file for each in shown],
                "line": [each.line for each in shown],
                "column": [each.column_label(language()) for each in shown],
                "value": [each.value for each in shown],
                "told": [each.message(language()) for each in shown],
            }
        )
        columns = [
            TableColumn("severity", _("程度")),
            TableColumn("file", _("文件")),
            TableColumn("line", _("行"), "count"),
            TableColumn("column", _("列")),
            TableColumn("value", _("值")),
            TableColumn("told", _("说明")),
        ]
        show_table(rows, columns, key="load_findings", title=_("检查结果"), source=frame.source(), rows=8)
        hidden = report.error_count + report.warning_count - len(shown)
        if hidden > 0:
            st.caption(escaped(_("……另有 {count} 条未显示", count=formatting.number(hidden))))


def _difference_card(frame: PageFrame, checked: Checked) -> None:
    totals = {name: formatting.number(checked.total(name)) for name in ("added", "changed", "removed", "same")}
    title = (
        _("和库里比：+{added} 行，改 {changed} 行，−{removed} 行，{same} 行相同", **totals) if checked.report.passed else _("没有和库里比")
    )
    with card("load_difference", title, _("表 × 单位 × 期间")):
        frame_ = checked.difference
        touched = frame_[frame_[["added", "changed", "removed"]].sum(axis=1) > 0]
        if touched.empty:
            st.caption(escaped(_("没有要改的行。") if checked.report.passed else _("有错误时不比较；改正后再检查。")))
            return
        who = directory(frame.database)
        names = {**who.towns["name"].to_dict(), **who.communities["short_name"].to_dict(), **who.institutions["short_name"].to_dict()}
        rows = pd.DataFrame(
            {
                "table": [table_words(str(table), language()) for table in touched["table_name"]],
                "who": [names.get(code, str(code)) or MISSING for code in touched["reporter"]],
                "period": [f"{day:%Y-%m}" if isinstance(day, datetime.date) and not pd.isna(day) else MISSING for day in touched["period"]],
                **{name: touched[name].to_numpy() for name in ("added", "changed", "removed", "same")},
            }
        ).sort_values(["period", "table", "who"], ascending=[False, True, True])
        columns = [
            TableColumn("table", _("表")),
            TableColumn("who", _("单位")),
            TableColumn("period", _("期间")),
            TableColumn("added", _("新增"), "count"),
            TableColumn("changed", _("改"), "count"),
            TableColumn("removed", _("删"), "count"),
            TableColumn("same", _("相同"), "count"),
        ]
        show_table(rows, columns, key="load_difference", title=_("载入会改变什么"), source=frame.source(), rows=7)


def _headlines_card(moved: tuple[Moved, ...]) -> None:
    changed = [each for each in moved if each.before is None or _shown(each.before.reading) != _shown(each.after.reading)]
    with card("load_headlines", _("载入后，{count} 个主要指标会变", count=len(changed)), _("现在 → 载入后")):
        if not changed:
            st.caption(escaped(_("主要指标不变。")))
        for each in changed:
            reading = each.after.reading
            before = _shown(each.before.reading) if each.before else MISSING
            name = reading.indicator.label(language())
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                st.markdown(f"{escaped(name)}　{escaped(before)} → **{escaped(_shown(reading))}**", width="content")
                chip = target_chip(reading.target)
                if chip:
                    st.badge(badge_text(signed(reading.state, chip)), color=STATE_BADGE[reading.state])  # type: ignore[arg-type]


def _shown(reading: object) -> str:
    return value_text(reading)  # type: ignore[arg-type]


# Deciding -------------------------------------------------------------------------------------------------------------------


def _decide_card(reader: Identity, inbox: Inbox, checked: Checked) -> None:
    mine = may_load(reader)
    with card("load_decide", _("理由（必填）") if mine else _("给数据管理员的说明")):
        reason = st.text_area(
            _("理由"), key=typed("load_reason"), persist_state=KEPT, label_visibility="collapsed", height=80,
            placeholder=_("例如：10 月首报；9 月药品收入漏记冲销，财务科来函更正"),
        )  # fmt: skip
        words = _("载入 {rows} 行", rows=formatting.number(checked.report.row_count)) if mine else _("提交给数据管理员")
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            pressed = st.button(words, key="load_go", type="primary", icon=":material/upload_file:", disabled=mine and not reason.strip())
            if st.button(_("放弃"), key="load_drop", type="tertiary"):
                inbox.close()
                forget_check()
                st.session_state.pop(TAKEN, None)
                st.rerun()
        if mine and not reason.strip():
            st.caption(escaped(_("不写理由不能载入。")))
        if pressed:
            with error_boundary(watched=False):
                _load(reader, inbox, checked, reason) if mine else _submit(reader, inbox, checked, reason)


def _load(reader: Identity, inbox: Inbox, checked: Checked, reason: str) -> None:
    place, tell = _teller(_("正在载入"))
    taken = st.session_state.get(TAKEN)
    report = load(checked, reader, reason, tell, details=facts(taken) if taken else None)
    place.empty()
    if not report.accepted:
        st.session_state[_CHECKED] = Checked(
            report, checked.difference.iloc[:0], None, checked.data_version, checked.profile, checked.scope, checked.folder, checked.places
        )
        st.rerun()
    if taken:
        settle(current_workspace(), taken, reader, load_id=report.load_id)
        st.session_state.pop(TAKEN, None)
    st.session_state[TOLD] = _("已载入第 {number} 批：{rows} 行", number=report.load_id, rows=formatting.number(report.row_count))
    st.session_state[UNFINISHED] = report.unfinished
    _done(inbox)


def _submit(reader: Identity, inbox: Inbox, checked: Checked, note: str) -> None:
    submit(current_workspace(), inbox, checked, reader, note)
    st.session_state[TOLD] = _("已提交，等数据管理员接收；库里还没有变")
    _done(inbox)


def _done(inbox: Inbox) -> None:
    inbox.close()
    forget_check()
    let_go("load_reason")
    st.rerun()
