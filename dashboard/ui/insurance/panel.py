"""How the insurance page arranges its panel, and what it calls an insurance scheme."""

from dashboard.ui.frame.scenario_panel import PanelShape, entry_text, label, value_words
from dashboard.ui.kit.i18n import _

GROUPS = ("budget", "settlement", "inpatient", "outpatient", "flows", "uncertainty")
# What committees move most stands open; the rest of each group is one click away.
MAIN = (
    "extra_growth", "a_volume", "a_quality", "price_index", "k_max",
    "surplus_share", "deficit_share", "band",
    "same_price_groups", "bed_day_adjustment",
    "capitation_share", "contract_gain",
    "recapture_rate", "shift_outpatient", "case_cost_growth", "reimbursement_gap",
)  # fmt: skip
PANEL = PanelShape("insurance_panel", GROUPS, MAIN)


def scheme_name(scheme: str) -> str:
    """Return what a reader calls an insurance scheme."""
    return {"employee": _("职工医保"), "resident": _("居民医保")}.get(scheme, scheme)


__all__ = ["GROUPS", "MAIN", "PANEL", "entry_text", "label", "scheme_name", "value_words"]
