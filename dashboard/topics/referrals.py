"""转诊流向: who sends whom where, up, down, across and out of the county, and what it costs."""

from dashboard.language import marked
from dashboard.topics.declaration import Group, Page

PAGE = Page(
    "referrals",
    marked("转诊流向"),
    Group.RUNNING,
    4,
    ":material/conversion_path:",
    filters=("month", "grain", "community", "scheme"),
    choices=("flow", "flow_level", "direction", "group", "care", "measure", "compare", "arcs", "leaving", "pairs"),
    written=("focus",),
    draws=("map",),
    tables=(
        "dim_disease_group", "fact_bed", "fact_claim", "fact_outpatient", "fact_referral",
    ),
)  # fmt: skip
