"""How the fiscal page arranges its panel: the reform that is chosen shows its own coefficients and no others."""

from collections.abc import Collection, Mapping

from dashboard.catalogue.coefficients import Value
from dashboard.ui.frame.scenario_panel import PanelShape

GROUPS = ("fiscal", "fiscal_price", "fiscal_contract", "fiscal_insurance")
MAIN = (
    "transition_weight", "unit_value", "history_floor", "guarantee_change",
    "markup_reform", "purchase_cut", "service_price_share", "insurance_share_of_rise", "service_price_rise", "backstop_floor",
    "contract_fee", "payer_weights", "contract_score",
    "fee_quota_protected", "contract_fee_in_package",
)  # fmt: skip


def _idle(values: Mapping[str, Value]) -> Collection[str]:
    """Return what does nothing: the other reform's coefficients, and the unit value where the pool works it out."""
    other = ("purchase_cut", "service_price_share", "fee_quota_protected") if values["markup_reform"] else _MARKUP
    return (*other, "unit_value") if values["closed_pool"] else other


_MARKUP = ("markup", "service_price_rise", "backstop_floor")
PANEL = PanelShape("fiscal_panel", GROUPS, MAIN, _idle)
