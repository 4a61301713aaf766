"""签约与公卫: who is covered by a family doctor and served, chronic care to its honest end, and help for every centre."""

from dashboard.language import marked
from dashboard.topics.declaration import Group, Page

PAGE = Page(
    "contracts",
    marked("签约与公卫"),
    Group.SERVICE,
    1,
    ":material/family_restroom:",
    filters=("month", "community"),
    choices=("contract_group",),
    tables=(
        "fact_contract", "fact_contract_use", "fact_population", "fact_posting", "fact_public_health", "fact_referral", "fact_support",
        "fact_workforce",
    ),
)  # fmt: skip
