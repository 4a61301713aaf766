"""The scheme in detail: indicators with weights and scoring points, bands, gates and pools. All go through the scheme's own checks."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.models import Indicator
from dashboard.catalogue.scheme import WEIGHT_SUM, Scheme, SchemeIndicator
from dashboard.catalogue.scheme_text import pairs_text, read_pairs
from dashboard.language import marked
from dashboard.services.common.workspace import current_workspace
from dashboard.services.performance.answer import CASES, CONDUCT_POINTS
from dashboard.services.performance.schemes import custom_indicators
from dashboard.store.codes import CONDUCT_KIND
from dashboard.ui.kit.address import fitted_select
from dashboard.ui.kit.i18n import _, code_label, language
from dashboard.ui.kit.messages import escaped
from dashboard.ui.performance.weights import Working, label, take

NORMALISATIONS = {
    "target": marked("目标达成"),
    "minmax": marked("极差（组内）"),
    "z": marked("标准分（组内）"),
    "ratio": marked("与平均之比"),
}
MISSING_RULES = {"reweighted": marked("权重由其他指标分担"), "zero": marked("按 0 分计"), "excluded": marked("全体不计此项")}
DIRECTIONS = {"higher": marked("越高越好"), "lower": marked("越低越好"), "range": marked("区间最好")}
AGGREGATIONS = {"arithmetic": marked("加权平均"), "geometric_within": marked("加权几何平均（短板更重）")}
GATE_KINDS = {"veto": marked("一票否决"), "demerit": marked("扣分")}
POOL_KINDS = {"proportional": marked("按得分比例"), "bands": marked("按得分分档")}
_TEN_THOUSAND = 10_000


def _select(title: str, labels: Mapping[str, str], *, required: bool = True) -> Any:
    """Return a column that shows ``labels`` (message ids) and holds their codes."""
    shown = {code: _(text) for code, text in labels.items()}
    return st.column_config.SelectboxColumn(
        title, options=list(labels), required=required, format_func=lambda code: shown.get(str(code), str(code))
    )


def _changed_by(working: Working, build: Callable[[], Scheme]) -> None:
    """Put the scheme that ``build`` makes in hand. Raises ``CatalogueError``; what was typed stays in the form then."""
    take(working.choice, build())
    st.rerun()


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of an edited table; what was left empty is None."""
    return [
        {str(name): None if value is None or value != value else value for name, value in row.items()} for row in table.to_dict("records")
    ]


# Indicators -----------------------------------------------------------------------------------------------------------


def _points(indicator: SchemeIndicator) -> str:
    return pairs_text(indicator.attainment.knots) if indicator.attainment else ""


def indicator_rows(scheme: Scheme) -> pd.DataFrame:
    """Return the editable fields of every indicator."""
    return pd.DataFrame(
        [
            {
                "id": indicator.id,
                "name": label(indicator),
                "dimension": indicator.dimension,
                "weight": indicator.weight,
                "direction": indicator.direction,
                "form": scheme.normalisation_of(indicator),
                "points": _points(indicator),
                "missing": scheme.missing_rule_of(indicator),
            }
            for indicator in scheme.indicators
        ]
    )


def edited_indicators(scheme: Scheme, rows: Sequence[Mapping[str, Any]]) -> Scheme:
    """Return ``scheme`` with its indicators as the table says. Raises ``CatalogueError`` naming the indicator and the rule."""
    by_id = {str(row["id"]): row for row in rows}
    contents = []
    for indicator in scheme.indicators:
        row = by_id[indicator.id]
        content = indicator.model_dump(exclude_unset=True) | {
            name: row[name] for name in ("dimension", "weight", "direction") if row[name] is not None
        }
        if row["form"] != scheme.normalisation_of(indicator):
            content["normalisation"] = row["form"]
        if row["missing"] != scheme.missing_rule_of(indicator):
            content["missing"] = row["missing"]
        if row["form"] == "ratio" and indicator.reference is None:
            content["reference"] = "mean"
        typed = str(row["points"] or "").strip()
        if typed != _points(indicator):
            content["attainment"] = {"points": read_pairs(typed, label(indicator))} if typed else None
        contents.append(content)
    return scheme.changed(indicators=contents)


def scaled_weights(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with weights scaled to a sum of 100; unchanged where they sum to 0."""
    total = sum(float(row["weight"] or 0) for row in rows)
    return [dict(row) | {"weight": float(row["weight"] or 0) * WEIGHT_SUM / total} for row in rows] if total > 0 else list(map(dict, rows))


def indicators_editor(working: Working) -> None:
    """Draw the table of indicators, and adding and dropping one."""
    dimensions = {each.id: label(each) for each in working.scheme.dimensions}
    with st.form("performance_table_form", border=False):
        changed = st.data_editor(
            indicator_rows(working.scheme),
            hide_index=True,
            disabled=["id", "name"],
            key="performance_table",
            height=330,
            column_config={
                "id": _("编号"),
                "name": _("指标"),
                "dimension": _select(_("维度"), dimensions),
                "weight": st.column_config.NumberColumn(_("权重"), min_value=0.0, max_value=100.0, step=0.1, format="%.1f"),
                "direction": _select(_("方向"), DIRECTIONS),
                "form": _select(_("计分方式"), NORMALISATIONS),
                "points": st.column_config.TextColumn(_("计分点（取值:得分）"), width="medium", max_chars=200),
                "missing": _select(_("缺数据的处理"), MISSING_RULES),
            },
        )
        st.caption(_("计分点写成“75:0, 90:90, 95:100”：取值 75 得 0 分、90 得 90 分、95 起满分，中间按直线。只在“目标达成”时用。"))
        with st.container(horizontal=True, gap="small"):
            plain = st.form_submit_button(_("应用（合计须为 100）"))
            scaled = st.form_submit_button(_("应用并按比例凑成 100"))
    if plain or scaled:
        rows = _rows(changed)
        _changed_by(working, lambda: edited_indicators(working.scheme, scaled_weights(rows) if scaled else rows))
    _add_and_drop(working)


def _add_and_drop(working: Working) -> None:
    names = {indicator.id: label(indicator) for indicator in working.scheme.indicators}
    own = {entry.id: entry.name for entry in custom_indicators(current_workspace())}
    known = load_catalogue().indicators
    offered = [name for name in [*own, *known] if name not in names and (name in own or _can_be_added(known[name]))]
    dimensions = {each.id: label(each) for each in working.scheme.dimensions}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        dropped = fitted_select(_("去掉指标"), names, key="performance_drop")
        if st.button(_("去掉，权重按比例补足")):
            _changed_by(working, lambda: working.scheme.without(dropped))
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        added = st.selectbox(
            _("加入指标"),
            offered,
            key="performance_add",
            format_func={name: f"{name} {own.get(name) or known[name].label(language())}" for name in offered}.__getitem__,
        )
        dimension = st.selectbox(_("归入维度"), list(dimensions), format_func=dimensions.__getitem__, key="performance_add_dimension")
        weight = st.number_input(_("新指标权重"), 0.1, 50.0, 5.0, 0.5, key="performance_add_weight")
        if st.button(_("加入，其余按比例让出")) and added:
            _changed_by(working, lambda: with_indicator(working.scheme, added, dimension, float(weight), own))


def _can_be_added(entry: Indicator) -> bool:
    """Return whether an indicator can be scored without target points: it is computed, and more or less of it is better."""
    return entry.lacks is None and entry.direction != "range"


def with_indicator(scheme: Scheme, name: str, dimension: str, weight: float, own: Mapping[str, str]) -> Scheme:
    """Return ``scheme`` with one more indicator, scored by its place between worst and best until somebody states its targets."""
    entry = load_catalogue().indicators.get(name)
    names = (own[name], own[name]) if entry is None else (entry.name, entry.name_en)
    new = {
        "id": name,
        "name": names[0],
        "name_en": names[1],
        "dimension": dimension,
        "weight": weight,
        "direction": "higher" if entry is None else entry.direction,
        "normalisation": "minmax",
        "note": _("新加入，按组内极差计分"),
    }
    rest = [each.model_dump(exclude_unset=True) | {"weight": each.weight * (100 - weight) / 100} for each in scheme.indicators]
    return scheme.changed(indicators=[*rest, new])


# Bands and the treatment of missing data ------------------------------------------------------------------------------


def rules_editor(working: Working) -> None:
    """Draw bands, the treatment of missing data and the aggregation."""
    scheme = working.scheme
    with st.form("performance_rules_form", border=False):
        bands = st.data_editor(
            pd.DataFrame([{"name": band.name, "name_en": band.name_en, "minimum": band.minimum} for band in scheme.bands]),
            hide_index=True,
            num_rows="dynamic",
            key="performance_bands",
            column_config={
                "name": st.column_config.TextColumn(_("等次"), required=True, max_chars=20),
                "name_en": st.column_config.TextColumn(_("英文"), max_chars=40),
                "minimum": st.column_config.NumberColumn(_("总分不低于"), min_value=0.0, max_value=100.0, step=1.0, required=True),
            },
        )
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            missing = st.selectbox(
                _("缺数据的处理"), list(MISSING_RULES), index=list(MISSING_RULES).index(scheme.missing),
                format_func={code: _(text) for code, text in MISSING_RULES.items()}.__getitem__,
            )  # fmt: skip
            least = st.number_input(_("完整度低于此值为不可信（%）"), 0.0, 100.0, scheme.minimum_completeness * 100, 5.0)
            aggregation = st.selectbox(
                _("维度内汇总"), list(AGGREGATIONS), index=list(AGGREGATIONS).index(scheme.aggregation),
                format_func={code: _(text) for code, text in AGGREGATIONS.items()}.__getitem__,
            )  # fmt: skip
            applied = st.form_submit_button(_("应用"))
    if applied:
        rows = sorted(_rows(bands), key=lambda row: -float(row["minimum"] or 0))
        contents = [row | {"name_en": row["name_en"] or row["name"]} for row in rows]
        rules = {"missing": missing, "minimum_completeness": least / 100, "aggregation": aggregation}
        _changed_by(working, lambda: scheme.changed(bands=contents, **rules))


# Gates ----------------------------------------------------------------------------------------------------------------


def _measures(scheme: Scheme) -> dict[str, str]:
    """Return what a gate may look at: conduct, the scheme's own indicators, and what its gates look at already."""
    conduct = {f"{kind}{CASES}": f"{code_label(CONDUCT_KIND, kind)}（{_('件')}）" for kind in CONDUCT_KIND}
    own = {indicator.id: f"{indicator.id} {label(indicator)}" for indicator in scheme.indicators}
    return (
        {CONDUCT_POINTS: _("廉洁从医扣分")}
        | conduct
        | own
        | {gate.measure: gate.measure for gate in scheme.gates if gate.measure not in conduct}
    )


def gate_rows(scheme: Scheme) -> pd.DataFrame:
    """Return the editable fields of the gates."""
    columns = ["id", "kind", "name", "measure", "threshold", "cap_band", "points", "maximum"]
    rows = [dict.fromkeys(columns) | gate.model_dump(include=set(columns)) for gate in scheme.gates]
    numbers = dict.fromkeys(("threshold", "points", "maximum"), float)
    return pd.DataFrame(rows, columns=columns).astype(numbers | {name: object for name in columns if name not in numbers})


def edited_gates(scheme: Scheme, rows: Sequence[Mapping[str, Any]]) -> Scheme:
    """Return ``scheme`` with the gates of the table; new ones get an identifier. Raises ``CatalogueError``."""
    kept = {gate.id: gate for gate in scheme.gates}
    contents: list[dict[str, Any]] = []
    for row in rows:
        name = str(row["name"] or "").strip()
        identifier = str(row["id"] or _free_id("gate", [*kept, *(str(each["id"]) for each in contents)]))
        before = kept.get(identifier)
        content = {
            "kind": row["kind"] or "demerit",
            "id": identifier,
            "name": name,
            "name_en": before.name_en if before and before.name == name else name,
            "measure": row["measure"],
        }
        fields = ("threshold", "cap_band") if content["kind"] == "veto" else ("points", "maximum")
        content |= {field: row[field] for field in fields if row[field] is not None}
        contents.append(content)
    return scheme.changed(gates=contents)


def _free_id(stem: str, taken: Sequence[str]) -> str:
    return next(name for number in range(1, 1000) if (name := f"{stem}{number}") not in taken)


def gates_editor(working: Working) -> None:
    """Draw the gates: one-vote vetoes and demerits."""
    scheme = working.scheme
    with st.form("performance_gates_form", border=False):
        changed = st.data_editor(
            gate_rows(scheme),
            hide_index=True,
            num_rows="dynamic",
            key="performance_gates",
            placeholder="",
            column_order=["kind", "name", "measure", "threshold", "cap_band", "points", "maximum"],
            column_config={
                "kind": _select(_("类别"), GATE_KINDS),
                "name": st.column_config.TextColumn(_("名称"), required=True, max_chars=40),
                "measure": _select(_("看什么"), _measures(scheme)),
                "threshold": st.column_config.NumberColumn(_("达到即否决"), min_value=0.0),
                "cap_band": _select(_("否决后等次至多"), {band.name: band.name for band in scheme.bands}, required=False),
                "points": st.column_config.NumberColumn(_("每单位扣分"), min_value=0.0),
                "maximum": st.column_config.NumberColumn(_("最多扣"), min_value=0.0, max_value=100.0),
            },
        )
        st.caption(_("一票否决填“达到即否决”和“等次至多”；扣分填“每单位扣分”和“最多扣”。"))
        applied = st.form_submit_button(_("应用"))
    if applied:
        rows = _rows(changed)
        _changed_by(working, lambda: edited_gates(scheme, rows))


# Pools ----------------------------------------------------------------------------------------------------------------


def pool_rows(scheme: Scheme) -> pd.DataFrame:
    """Return the editable fields of the pools; the floor in 万元."""
    rows = [
        (
            pool.id,
            label(pool),
            pool.kind,
            pairs_text([(step.minimum, step.coefficient) for step in pool.steps]),
            float(pool.floor) / _TEN_THOUSAND,
            pool.source,
        )
        for pool in scheme.pools
    ]
    frame = pd.DataFrame(rows, columns=["id", "name", "kind", "steps", "floor", "source"])
    return frame.astype({name: float if name == "floor" else object for name in frame})


def edited_pools(scheme: Scheme, rows: Sequence[Mapping[str, Any]]) -> Scheme:
    """Return ``scheme`` with the pools of the table. What a person typed has grade INFER. Raises ``CatalogueError``."""
    kept = {pool.id: pool for pool in scheme.pools}
    contents: list[dict[str, Any]] = []
    for row in rows:
        name = str(row["name"] or "").strip()
        identifier = str(row["id"] or _free_id("pool", [*kept, *(str(each["id"]) for each in contents)]))
        before = kept.get(identifier)
        kind = row["kind"] or "proportional"
        steps = read_pairs(str(row["steps"] or ""), name) if kind == "bands" else ()
        content: dict[str, Any] = {
            "id": identifier,
            "name": before.name if before and label(before) == name else name,
            "name_en": before.name_en if before and label(before) == name else name,
            "kind": kind,
            "steps": [{"minimum": minimum, "coefficient": coefficient} for minimum, coefficient in steps],
            "floor": str(round(float(row["floor"] or 0) * _TEN_THOUSAND, 2)),
            "source": str(row["source"] or "").strip() or _("本县委员会所定，待核实"),
            "grade": "INFER",
        }
        contents.append(content)
    return scheme.changed(pools=contents)


def pools_editor(working: Working) -> None:
    """Draw the rules by which scores move money."""
    scheme = working.scheme
    with st.form("performance_pools_form", border=False):
        changed = st.data_editor(
            pool_rows(scheme),
            hide_index=True,
            num_rows="dynamic",
            key="performance_pool_rules",
            column_order=["name", "kind", "steps", "floor", "source"],
            column_config={
                "name": st.column_config.TextColumn(_("资金池"), required=True, max_chars=40),
                "kind": _select(_("怎样分"), POOL_KINDS),
                "steps": st.column_config.TextColumn(_("分档（得分:系数）"), width="medium", max_chars=200),
                "floor": st.column_config.NumberColumn(_("每家保底（万元）"), min_value=0.0),
                "source": st.column_config.TextColumn(_("依据"), width="large", max_chars=300),
            },
        )
        st.caption(
            escaped(_("分档写成“60:0.8, 80:1, 90:1.2”：60 分起系数 0.8，不到 60 分为 0。资金池封闭：系数决定份额，合计总等于资金池。"))
        )
        applied = st.form_submit_button(_("应用"))
    if applied:
        rows = _rows(changed)
        _changed_by(working, lambda: edited_pools(scheme, rows))
