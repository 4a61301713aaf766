"""费用与质量: what care costs, how good it is, and whether the difference is the hospital or its patients."""

from dashboard.language import marked
from dashboard.topics.declaration import Group, Page

PAGE = Page(
    "quality",
    marked("费用与质量"),
    Group.RUNNING,
    5,
    ":material/health_and_safety:",
    filters=("month", "grain", "community", "scheme"),
    choices=("quality", "peers", "cost_by", "cost_at", "disease", "bill", "outcome", "ward_at", "rare", "drg_at", "case_group"),
    tables=(
        "dim_account", "dim_department", "dim_disease_group", "fact_bed", "fact_claim", "fact_discharge_group", "fact_finance",
        "fact_fund_budget", "fact_inpatient_quality", "fact_outpatient",
    ),
)  # fmt: skip
