"""财政补偿推演: what the budget pays and buys, what a price reform moves, who pays the contract fee."""

from dashboard.language import marked
from dashboard.topics.declaration import Group, Page

PAGE = Page(
    "fiscal",
    marked("财政补偿推演"),
    Group.EVALUATION,
    3,
    ":material/account_balance:",
    filters=("community",),
    choices=("fiscal_part", "fiscal_year", "fiscal_fill", "fiscal_beside"),
    written=("measures", "budget"),
    documents=("measures", "budget"),
    tables=(
        "dim_account", "dim_disease_group", "dim_service_item", "fact_claim", "fact_contract", "fact_finance", "fact_fiscal_plan",
        "fact_fund_budget", "fact_population", "fact_price_item", "fact_purchase", "fact_workforce", "fact_workload",
    ),
)  # fmt: skip
