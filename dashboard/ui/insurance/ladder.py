"""The layered protection ladder, editable, applied to a typed-in case and to the county's inpatient cases."""

from itertools import pairwise

import pandas as pd
import streamlit as st

from dashboard.catalogue.coefficients import LadderFile
from dashboard.services.insurance.answer import Model
from dashboard.services.insurance.protection import BANDS, BURDEN_EDGES, LAYERS, CountyCases, burden_bands, county_cases, protected
from dashboard.ui.insurance.results import Where
from dashboard.ui.kit import formatting
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import base_figure, show_figure
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, escaped, show_error
from dashboard.ui.kit.tables import ExportSource, TableColumn, show_table
from dashboard.ui.kit.theme import palette
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.protection import CasesReimbursement, Reimbursement, layered_reimbursement

# The published case of the seed: what the layers left of it is known to the cent.
_CASE_TOTAL, _CASE_ELIGIBLE = 33_198.68, 30_660.67
_EDITION = "insurance_ladder_edition"
_NUMBERS = ("share", "amount", "deductible", "cap", "trigger")


def _default_rows(ladder: LadderFile) -> pd.DataFrame:
    zh = language() == "zh"
    rows = [
        {
            "name": layer.name if zh else layer.name_en,
            "share": None if layer.share is None else layer.share * 100,
            "amount": layer.amount,
            "deductible": layer.deductible,
            "cap": layer.cap,
            "trigger": layer.trigger,
            "grade": layer.grade if layer.grade in ("SEED", "FOUND") else _("{grade} 待核实", grade=layer.grade),
            "source": layer.source,
        }
        for layer in ladder.layers
    ]
    return pd.DataFrame(rows).astype(dict.fromkeys(_NUMBERS, float))


def _layers(rows: pd.DataFrame) -> list[dict[str, object]]:
    result = []
    for row in rows.to_dict("records"):
        values: dict[str, object] = {name: None if pd.isna(row[name]) else float(row[name]) for name in _NUMBERS}
        share = values["share"]
        result.append({**values, "name": str(row["name"] or "").strip(), "share": share / 100 if isinstance(share, float) else None})
    return result


def ladder_view(model: Model, where: Where, source: ExportSource) -> None:
    """Draw the ladder, what each layer pays of one case, and what it pays of all inpatient cases of the base year."""
    ladder = model.baseline.coefficients.ladder
    with card("insurance_ladder", _("分层保障：一个病例最后自己付多少"), ladder.name if language() == "zh" else ladder.name_en):
        first, second, third = st.columns([1, 1, 1], gap="small", vertical_alignment="bottom")
        with first:
            total = st.number_input(_("总费用（元）"), 0.0, 1e8, _CASE_TOTAL, 100.0, key="insurance_case_total")
        with second:
            eligible = st.number_input(_("其中合规费用（元）"), 0.0, 1e8, _CASE_ELIGIBLE, 100.0, key="insurance_case_eligible")
        with third:
            if st.button(_("恢复原来的阶梯"), key="insurance_ladder_reset"):
                st.session_state[_EDITION] = st.session_state.get(_EDITION, 0) + 1
        layers = _layers(_editor(ladder))
        try:
            found = layered_reimbursement(total, eligible, layers)
        except ScenarioError as error:
            show_error(error)
            return
        _result(found, source)
    _county(model, where, layers, source)


def _editor(ladder: LadderFile) -> pd.DataFrame:
    numbers = st.column_config.NumberColumn
    return st.data_editor(
        _default_rows(ladder),
        key=f"insurance_ladder_{language()}_{st.session_state.get(_EDITION, 0)}",
        num_rows="dynamic",
        hide_index=True,
        disabled=["grade", "source"],
        placeholder=formatting.MISSING,
        column_config={
            "name": st.column_config.TextColumn(_("保障层"), required=True),
            "share": numbers(_("支付比例（%）"), min_value=0.0, max_value=100.0),
            "amount": numbers(_("定额（元）"), min_value=0.0),
            "deductible": numbers(_("起付线（元）"), min_value=0.0),
            "cap": numbers(_("封顶线（元）"), min_value=0.0),
            "trigger": numbers(_("触发线（元）"), min_value=0.0),
            "grade": st.column_config.TextColumn(_("等级")),
            "source": st.column_config.TextColumn(_("来源"), width="medium"),
        },
    )


def _county(model: Model, where: Where, layers: list[dict[str, object]], source: ExportSource) -> None:
    """Draw the same ladder over the inpatient cases of the base year."""
    first, last = model.county.base
    cases = county_cases(model.database, first, last, where.community, where.scheme)
    span = f"{first:%Y-%m} – {last:%Y-%m} · {where.name}"
    if cases.frame.empty:
        with card("insurance_ladder_county", _("同一阶梯用于全县住院病例"), span):
            empty_state(_("没有可用的住院病例。"), _("请在“医保结算月报”里补上住院的政策范围内费用。"))
        return
    found = protected(cases, layers)
    title = _(
        "全部住院病例：各层共付 {share}，个人每例付 {patient} 元（结算实际 {recorded} 元）",
        share=formatting.percent(found.paid_share),
        patient=formatting.number(found.patient / found.cases),
        recorded=formatting.number(cases.recorded_patient / found.cases),
    )
    with card("insurance_ladder_county", title, span):
        left, right = st.columns([1.3, 1], gap="small")
        with left:
            _layer_totals(found, source)
        with right:
            _burdens(cases, found)
        notes = [
            _(
                "结算数据到镇街、险种、机构、病组、月为止：{share} 的病例只有几例的平均费用，高额病例会被平均掉一些。",
                share=formatting.percent(cases.averaged, 0),
            )
        ]
        if cases.left_out:
            notes.append(_("{count} 例没有可用的政策范围内费用，没有计入。", count=formatting.people(cases.left_out, language())))
        st.caption(escaped(" ".join(notes)))


def _layer_totals(found: CasesReimbursement, source: ExportSource) -> None:
    frame = pd.DataFrame(
        [
            (
                layer.name,
                layer.paid,
                layer.cases,
                layer.capped,
                layer.paid / found.total if found.total else None,
            )
            for layer in found.layers
        ],
        columns=["name", "paid", "cases", "capped", "share"],
    )
    columns = [
        TableColumn("name", _("保障层")),
        TableColumn("paid", _("全年支付（元）"), "count"),
        TableColumn("share", _("占总费用"), "percent"),
        TableColumn("cases", _("支付到的病例"), "people"),
        TableColumn("capped", _("被封顶的病例"), "people"),
    ]
    title = _("分层保障：全部住院病例")
    show_table(frame, columns, key="insurance_ladder_county", title=title, source=source, guard=LAYERS)


def _burdens(cases: CountyCases, found: CasesReimbursement) -> None:
    """Draw how many cases end in which band of what the patient pays, by the claims and under the ladder."""
    edges = [f"{edge / 1000:g}" for edge in BURDEN_EDGES]
    bands = [
        _("{upper} 千元以内", upper=edges[0]),
        *(f"{low}–{high}" for low, high in pairwise(edges)),
        _("{lower} 千元以上", lower=edges[-1]),
    ]
    colours = palette()
    figure = base_figure(colours, 220)
    series = (
        (_("结算实际"), cases.frame["patient"].to_numpy(dtype=float), colours.bar_background),
        (_("按此阶梯"), found.burden, colours.primary),
    )
    words = []
    for name, burden, colour in series:
        counts = BANDS.hide(pd.DataFrame({"cases": burden_bands(cases, burden)})).frame["cases"]
        told = [formatting.people(count, language()) for count in counts]
        figure.add_bar(
            x=bands, y=counts.tolist(), name=name, marker={"color": colour}, customdata=told,
            hovertemplate="%{x} %{fullData.name} %{customdata}<extra></extra>",
        )  # fmt: skip
        words.append(f"{name} {_('，').join(f'{band} {count}' for band, count in zip(bands, told, strict=True))}")
    figure.update_layout(barmode="group", showlegend=True)
    figure.update_yaxes(title_text=_("例"), fixedrange=True, rangemode="tozero", tickformat=",")
    figure.update_xaxes(type="category", fixedrange=True, title_text=_("每例个人付（千元）"))
    show_figure(figure, key="insurance_burdens", alt=_("每例个人付多少的病例数：{parts}", parts=_("；").join(words)))


def _result(found: Reimbursement, source: ExportSource) -> None:
    st.markdown(
        escaped(
            _(
                "总费用 {total} 元，各层共付 {paid} 元（{share}），个人付 {patient} 元：合规 {eligible} 元，不合规 {other} 元。",
                total=formatting.yuan(found.total),
                paid=formatting.yuan(found.paid),
                share=formatting.percent(found.paid_share),
                patient=formatting.yuan(found.patient),
                eligible=formatting.yuan(found.patient_eligible),
                other=formatting.yuan(found.patient_ineligible),
            )
        )
    )
    frame = pd.DataFrame(
        [(layer.name, layer.unpaid_before, layer.paid, layer.unpaid_after, _("封顶") if layer.capped else "") for layer in found.layers],
        columns=["name", "before", "paid", "after", "capped"],
    )
    columns = [
        TableColumn("name", _("保障层")),
        TableColumn("before", _("支付前合规未付（元）"), "money"),
        TableColumn("paid", _("本层支付（元）"), "money"),
        TableColumn("after", _("支付后（元）"), "money"),
        TableColumn("capped", _("是否封顶")),
    ]
    show_table(frame, columns, key="insurance_ladder_result", title=_("分层保障"), source=source)
