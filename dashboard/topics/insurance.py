"""医保总额推演: move a coefficient and see what everybody gets."""

from dashboard.language import marked
from dashboard.topics.declaration import Group, Page

PAGE = Page(
    "insurance",
    marked("医保总额推演"),
    Group.EVALUATION,
    2,
    ":material/account_balance_wallet:",
    filters=("community", "scheme"),
    choices=("detail",),
    written=("plan",),
    documents=("plan",),
    tables=(
        "dim_disease_group", "fact_claim", "fact_contract", "fact_fund_budget", "fact_population",
    ),
)  # fmt: skip
