"""The layered protection ladder, editable, applied to a typed-in case."""

import pandas as pd
import streamlit as st

from dashboard.catalogue.coefficients import LadderFile
from dashboard.ui import formatting
from dashboard.ui.cards import card
from dashboard.ui.i18n import _, language
from dashboard.ui.messages import escaped, show_error
from dashboard.ui.tables import ExportSource, TableColumn, show_table
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.protection import Reimbursement, layered_reimbursement

# The published case of the seed: what the layers left of it is known to the cent.
_CASE_TOTAL, _CASE_ELIGIBLE = 33_198.68, 30_660.67
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


def ladder_view(ladder: LadderFile, source: ExportSource) -> None:
    """Draw the ladder, the case and what each layer pays of it."""
    with card("insurance_ladder", _("分层保障：一个病例最后自己付多少"), ladder.name if language() == "zh" else ladder.name_en):
        first, second = st.columns(2, gap="small")
        with first:
            total = st.number_input(_("总费用（元）"), 0.0, 1e8, _CASE_TOTAL, 100.0, key="insurance_case_total")
        with second:
            eligible = st.number_input(_("其中合规费用（元）"), 0.0, 1e8, _CASE_ELIGIBLE, 100.0, key="insurance_case_eligible")
        numbers = st.column_config.NumberColumn
        edited = st.data_editor(
            _default_rows(ladder),
            key=f"insurance_ladder_{language()}",
            num_rows="dynamic",
            hide_index=True,
            disabled=["grade", "source"],
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
        try:
            found = layered_reimbursement(total, eligible, _layers(edited))
        except ScenarioError as error:
            show_error(error)
            return
        _result(found, source)


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
