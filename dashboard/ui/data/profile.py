"""Section 对列: a mapping profile made by looking at a file, with what it makes of it and what the checks say, saved with a version."""

import pandas as pd
import streamlit as st

from dashboard.errors import ProductError
from dashboard.services.common.reporting import table_words
from dashboard.services.common.workspace import current_workspace
from dashboard.services.data.loading import may_load
from dashboard.services.data.profiles import KnownProfile, keep_profile, profiles
from dashboard.services.data.profiling import (
    AS_ROW,
    PATTERNS,
    UNUSED,
    Choices,
    Trial,
    choices_of,
    draft_of,
    first_rows,
    grids,
    part_of,
    pattern_of,
    tried,
    with_part,
)
from dashboard.states import State, signed
from dashboard.store.importing.columns import fields
from dashboard.store.importing.mapping import Grid
from dashboard.store.importing.profiles import Part, profile_of
from dashboard.store.schema import label, metadata, package_tables
from dashboard.ui.data.loading import current_inbox, forget_check
from dashboard.ui.data.tray import TOLD
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.draft import KEPT, let_go, typed
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import badge_text, empty_state, error_boundary, escaped, show_error
from dashboard.ui.kit.person import identity
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import STATE_BADGE

_NEW = ""
_SHOWN = 10


def profile_lacks(_frame: PageFrame) -> tuple[str, str] | None:
    """Return why this reader makes no profiles, None when they do."""
    if may_load(identity()):
        return None
    return _("映射方案由数据管理员做。"), _("需要新的方案时，请把文件样例交给数据管理员。")


def profile_section(frame: PageFrame) -> str:
    """Draw the section; return its finding."""
    reader = identity()
    if reader is None:
        return _("对列")
    inbox = current_inbox(reader)
    if not inbox.files():
        empty_state(_("还没有文件。"), _("请先在“载入”里选一个文件，再回到这里对列。"))
        return _("对列：别家格式的文件变成数据包")
    try:
        sheets = grids(inbox)
    except ProductError as error:
        show_error(error)
        return _("文件读不出来")
    if not sheets:
        empty_state(_("没有可以对列的文件。"), _("请选 CSV 或 XLSX。"))
        return _("对列：别家格式的文件变成数据包")
    known = profiles(current_workspace())
    grid, over, number, table = _chosen(sheets, known)
    part = over.profile.parts[number] if over else None
    left, right = st.columns([1.15, 1], gap="small")
    with left:
        _sheet_card(grid)
        draft, choices = _columns_card(grid, part, table)
    made = part_of(draft, choices, part)
    trial: Trial | None = None
    with right, error_boundary(watched=False):
        try:
            trial = tried(made, grid)
        except ProductError as error:
            show_error(error)
        if trial is not None:
            _trial_card(frame, made, trial)
        _save_card(over, number, made, trial)
    return _finding(trial)


def _finding(trial: Trial | None) -> str:
    if trial is None or trial.misfit is not None:
        return _("对列：方案与文件还不相符")
    if trial.errors:
        return _("对列：{rows} 行，{count} 个错误", rows=formatting.number(len(trial.rows)), count=formatting.number(trial.errors))
    return _("对列：{rows} 行都能读", rows=formatting.number(len(trial.rows)))


def _chosen(sheets: list[Grid], known: dict[str, KnownProfile]) -> tuple[Grid, KnownProfile | None, int, str]:
    """Draw the choices of sheet, profile, part and table; return them."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = [f"{each.file}{f'［{each.sheet}］' if each.sheet else ''}" for each in sheets]
        place = st.selectbox(_("文件"), range(len(sheets)), format_func=names.__getitem__, key="profile_sheet", width=280)
        labels = {_NEW: _("新方案")} | {name: f"{each.profile.title} · {each.called}" for name, each in known.items()}
        name = st.selectbox(_("映射方案"), list(labels), format_func=labels.__getitem__, key="profile_over", width=280)
        over = known.get(name)
        number = 0
        if over is not None and len(over.profile.parts) > 1:
            parts = over.profile.parts
            words = [f"{each.file} → {label(metadata.tables[each.table])}" for each in parts]
            number = st.selectbox(_("方案的部分"), range(len(parts)), format_func=words.__getitem__, key="profile_part", width=260)
        if over is not None:
            table = over.profile.parts[number].table
        else:
            tables = [each.name for each in package_tables()]
            first = tables.index("fact_finance")
            table = st.selectbox(
                _("变成哪张表"), tables, index=first, format_func=lambda each: table_words(each, language()), key="profile_table", width=260
            )
    return sheets[place], over, number, table


def _sheet_card(grid: Grid) -> None:
    with card("profile_sheet", _("文件的前几行"), _("共 {count} 行", count=formatting.number(len(grid.rows)))):
        st.dataframe(first_rows(grid), height=250, row_height=28, alt=_("文件的前几行"), key="table_profile_sheet")


def _columns_card(grid: Grid, part: Part | None, table: str) -> tuple[pd.DataFrame, Choices]:
    items = fields(metadata.tables[table])
    words = {UNUSED: _("不用"), AS_ROW: _("每格一行（宽 → 长）")} | {name: f"{item.label} {name}" for name, item in items.items()}
    kept = f"{grid.file}{grid.sheet}{part.file if part else ''}{table}"
    with card("profile_columns", _("对列：源列 → 目标列"), label(metadata.tables[table])):
        draft = draft_of(part, grid, table)
        shown = draft.assign(target=[words.get(target, words[UNUSED]) for target in draft["target"]])
        edited = st.data_editor(
            shown,
            key=f"profile_draft_{abs(hash(kept))}",
            hide_index=True,
            height=min(36 * (len(shown) + 1), 330),
            placeholder="",
            column_config={
                "source": st.column_config.TextColumn(_("源列"), disabled=True),
                "sample": st.column_config.TextColumn(_("样例"), disabled=True),
                "target": st.column_config.SelectboxColumn(_("目标列"), options=list(words.values()), required=True, width=190),
                "code": st.column_config.TextColumn(_("代码"), help=_("“每格一行”时，这一列对应的代码，例如会计科目")),
                "unit": st.column_config.NumberColumn(_("单位 ×"), help=_("万元填 10000"), format="%g"),
                "names": st.column_config.CheckboxColumn(_("名称→代码"), help=_("按登记的全称或简称换成代码")),
                "minus": st.column_config.TextColumn(_("扣除"), help=_("“其中”列：从本列扣出，用顿号分开")),
            },
        )
        codes = {text: code for code, text in words.items()}
        edited = edited.assign(target=[codes.get(text, UNUSED) for text in edited["target"]])
        return edited, _choices(grid, part, table, kept)


def _choices(grid: Grid, part: Part | None, table: str, kept: str) -> Choices:
    """Draw what is chosen beside the columns; return it."""
    start = choices_of(part) if part else Choices(table, pattern_of(grid.file))
    items = fields(metadata.tables[table])
    mark = f"_{abs(hash(kept))}"
    places = {"": _("没有，或已在列里"), "file": _("文件名"), "cell": _("单元格"), "column": _("某一列")}
    patterns = dict(
        zip(PATTERNS, (_("照原样"), "2025年10月", "2025-10", "202510", "2025Q3", _("只有年份")), strict=True)
    )  # fmt: skip
    row = st.columns(3, gap="small")
    file = row[0].text_input(
        _("文件名的样子"),
        key=typed(f"profile_file{mark}", start.file),
        persist_state=KEPT,
        help=_("* 代表任意文字，下个月的文件也要合得上"),
    )
    where = row[1].selectbox(
        _("期间取自"), list(places), index=list(places).index(start.period_from), format_func=places.__getitem__, key=f"profile_from{mark}"
    )
    wording = row[2].selectbox(
        _("期间写成"), list(patterns), index=list(patterns).index(start.period_pattern), format_func=patterns.__getitem__,
        key=f"profile_pattern{mark}", disabled=not where,
    )  # fmt: skip
    row = st.columns(3, gap="small")
    place = row[0].text_input(
        _("哪个单元格或哪一列"),
        key=typed(f"profile_place{mark}", start.period_place),
        persist_state=KEPT,
        disabled=where in ("", "file"),
        placeholder="B2",
    )
    columns = ["", *items]
    into = row[1].selectbox(
        _("宽 → 长：列名进"), columns, index=columns.index(start.into), format_func=lambda each: items[each].label if each else "—",
        key=f"profile_into{mark}",
    )  # fmt: skip
    values = row[2].selectbox(
        _("宽 → 长：数值进"), columns, index=columns.index(start.values), format_func=lambda each: items[each].label if each else "—",
        key=f"profile_values{mark}",
    )  # fmt: skip
    row = st.columns(3, gap="small")
    skip_column = row[0].text_input(_("跳过的行：哪一列"), key=typed(f"profile_skip{mark}", start.skip_column), persist_state=KEPT)
    skip_matches = row[1].text_input(
        _("写着"), key=typed(f"profile_skipped{mark}", start.skip_matches), persist_state=KEPT, placeholder="合\\s*计|小计"
    )
    told = row[2].text_input(
        _("每行都有的值"), key=typed(f"profile_constants{mark}", "；".join(f"{name}={value}" for name, value in start.constants)),
        persist_state=KEPT, placeholder="department_code=ALL", help=_("列=值，用分号分开"),
    )  # fmt: skip
    pairs = [each.split("=", 1) for each in told.replace(";", "；").split("；") if "=" in each]
    constants = tuple((name.strip(), value.strip()) for name, value in pairs)
    return Choices(table, file, where, place, wording, into, values, skip_column, skip_matches, constants)


def _trial_card(frame: PageFrame, part: Part, trial: Trial) -> None:
    title = _("变成 {rows} 行，跳过 {gone} 行", rows=formatting.number(len(trial.rows)), gone=formatting.number(trial.left_out))
    with card("profile_trial", title, label(metadata.tables[part.table])):
        if trial.misfit is not None:
            if trial.misfit.missing:
                st.warning(escaped(_("不见了的列：{names}", names=_("、").join(trial.misfit.missing))))
            if trial.misfit.new:
                st.warning(escaped(_("新的列：{names}；请对上，或选“不用”", names=_("、").join(trial.misfit.new))))
            return
        state = State.BAD if trial.errors else State.WARNING if trial.findings else State.GOOD
        words = _("{count} 个错误", count=formatting.number(trial.errors)) if trial.errors else _("逐行检查通过")
        st.badge(badge_text(signed(state, words)), color=STATE_BADGE[state])  # type: ignore[arg-type]
        for each in trial.findings[:_SHOWN]:
            st.caption(escaped(each.text(language())))
        items = fields(metadata.tables[part.table])
        columns = [TableColumn(str(name), items[str(name)].label) for name in trial.rows]
        show_table(trial.rows.head(50), columns, key="profile_trial", title=_("变成的行"), source=frame.source(), rows=8)


def _save_card(over: KnownProfile | None, number: int, part: Part, trial: Trial | None) -> None:
    start = over.profile.title if over else ""
    with card("profile_save", _("存为方案"), _("下个月浏览器和命令行都用它")):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            title = st.text_input(_("名称"), key=typed("profile_title", start), persist_state=KEPT, width="stretch")
            reason = st.text_input(_("改了什么"), key=typed("profile_reason"), persist_state=KEPT, width="stretch")
        ready = bool(title.strip()) and trial is not None and trial.misfit is None
        next_version = over.version + 1 if over and over.document else 1
        words = _("存为第 {number} 版", number=next_version)
        pressed = st.button(words, key="profile_keep", type="primary", icon=":material/save:", disabled=not ready)
        name = over.name if over else title.strip()
        st.code(f"python -m dashboard load 文件 --profile {name or '名称'}@{next_version} --check-only", language=None)
        if pressed:
            with error_boundary(watched=False):
                content = with_part(over.profile if over else None, number, part, title.strip())
                profile_of(content.model_dump(mode="json", by_alias=True), title)
                reader = identity()
                kept = keep_profile(
                    current_workspace(), name, content, author=reader.name if reader else None, over=over, reason=reason.strip()
                )
                forget_check()
                let_go("profile_reason")
                st.session_state["load_profile"] = kept.name
                st.session_state[TOLD] = _("已存为 {name}，载入时已选好", name=kept.called)
                st.toast(escaped(_("已存为 {name}，载入时已选好", name=kept.called)), icon=":material/check:")
