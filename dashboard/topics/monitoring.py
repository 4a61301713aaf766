"""运行监测: what is out of line this month, how much of it is chance, and who does what about it."""

from dashboard.language import marked
from dashboard.topics.declaration import Group, Page

PAGE = Page(
    "monitoring",
    marked("运行监测"),
    Group.SERVICE,
    2,
    ":material/monitoring:",
    filters=("month", "community"),
    choices=("funnel",),
    tables=(
        "dim_account", "dim_disease_group", "dim_drug_list", "dim_equipment", "dim_equipment_type", "fact_bed", "fact_claim",
        "fact_conduct", "fact_contract", "fact_drug_supply", "fact_drug_use", "fact_equipment_use", "fact_finance", "fact_fund_budget",
        "fact_inpatient_quality", "fact_outpatient", "fact_prescription_review", "fact_referral", "fact_survey", "fact_workforce",
    ),
)  # fmt: skip
