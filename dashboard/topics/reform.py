"""改革效果: one question, one picture, what could be seen at all; never "caused by"."""

from dashboard.language import marked
from dashboard.topics.declaration import Group, Page

PAGE = Page(
    "reform",
    marked("改革效果"),
    Group.EVALUATION,
    9,
    ":material/query_stats:",
    filters=("month", "community"),
    choices=("study", "outcome", "since", "form", "phase", "measured", "reform", "stack_party"),
    written=("stack", "settled"),
    documents=("stack", "settled"),
    tables=(
        "dim_account", "dim_disease_group", "dim_event", "dim_service_item", "fact_bed", "fact_claim", "fact_contract", "fact_finance",
        "fact_fiscal_plan", "fact_fund_budget", "fact_outpatient", "fact_population", "fact_price_item", "fact_purchase", "fact_referral",
        "fact_shared_service", "fact_workforce", "fact_workload",
    ),
)  # fmt: skip
