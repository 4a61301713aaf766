"""绩效评价: who is ahead, whether it is real, where each falls short, and the money that scores move."""

from dashboard.language import marked
from dashboard.topics.declaration import Group, Page

PAGE = Page(
    "performance",
    marked("绩效评价"),
    Group.EVALUATION,
    1,
    ":material/leaderboard:",
    filters=("month", "grain", "scheme"),
    choices=("part",),
    written=("evaluation", "weights", "unit", "dimension"),
    documents=("weights",),
    tables=(
        "dim_account", "dim_disease_group", "fact_assessment", "fact_bed", "fact_claim", "fact_conduct", "fact_contract", "fact_finance",
        "fact_inpatient_quality", "fact_outpatient", "fact_population", "fact_public_health", "fact_referral", "fact_shared_service",
        "fact_survey",
    ),
)  # fmt: skip
