"""总览: are we on target, who lags, where does the money go, what needs attention."""

from dashboard.language import marked
from dashboard.topics.declaration import Group, Page

PAGE = Page(
    "overview",
    marked("总览"),
    Group.RUNNING,
    1,
    ":material/dashboard:",
    filters=("month", "grain", "community", "scheme"),
    tables=(
        "dim_account", "dim_disease_group", "dim_drug_list", "dim_equipment", "dim_equipment_type", "fact_bed", "fact_claim",
        "fact_conduct", "fact_contract", "fact_drug_supply", "fact_drug_use", "fact_equipment_use", "fact_finance", "fact_fund_budget",
        "fact_inpatient_quality", "fact_outpatient", "fact_prescription_review", "fact_public_health", "fact_referral",
        "fact_shared_service", "fact_survey", "fact_workforce",
    ),
)  # fmt: skip
