"""Which disease groups may be brought back into the county: what goes out today, and the choice of the plan."""

import streamlit as st

from dashboard.services.insurance.answer import OUTFLOWS, Model, outflow_groups
from dashboard.services.insurance.plan import Plan, with_groups
from dashboard.ui.insurance.state import set_plan
from dashboard.ui.insurance.views import place_name
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import empty_state
from dashboard.ui.kit.tables import ExportSource, TableColumn, show_table

_MOST = 200


def recapture_view(model: Model, plan: Plan, source: ExportSource) -> None:
    """Draw the groups treated outside though the county could, and let the reader limit the recapture to some of them."""
    groups = outflow_groups(model.database, model.scores)
    with card("insurance_recapture", _("县域有能力收治却在县域外的病组"), _("“县域外回流”按这些病组计算；不选为全部")):
        if groups.empty:
            empty_state(_("没有可回流的县域外住院。"), _("请在“医保结算月报”里补上县域外就诊，并在“病组”里标明县级或基层可诊治。"))
            return
        names = {str(code): str(name) for code, name in groups["name"].items()}
        held = [code for code in plan.scenario.recapture_groups or () if code in names]
        chosen = st.multiselect(
            _("只回流这些病组"),
            list(names),
            default=held,
            format_func=names.__getitem__,
            max_selections=_MOST,
            placeholder=_("全部"),
            key="insurance_groups",
        )
        wanted = tuple(chosen) or None
        if wanted != plan.scenario.recapture_groups:
            set_plan(with_groups(plan, wanted))
            st.rerun()
        shown = groups.assign(where=[place_name(place) for place in groups["capability"]]).reset_index()
        columns = [
            TableColumn("name", _("病组")),
            TableColumn("where", _("可收治的最低层级")),
            TableColumn("encounters", _("人次"), "people"),
            TableColumn("total_cost", _("总费用（元）"), "count"),
            TableColumn("fund_paid", _("基金支出（元）"), "count"),
        ]
        show_table(shown, columns, key="insurance_recapture", title=_("可回流病组"), source=source, rows=8, guard=OUTFLOWS)
