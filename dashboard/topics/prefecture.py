"""全市各县: the counties of one database side by side."""

from dashboard.language import marked
from dashboard.topics.declaration import Group, Page

PAGE = Page(
    "prefecture",
    marked("全市各县"),
    Group.PREFECTURE,
    1,
    ":material/map:",
    filters=("month", "scheme"),
    written=("compared", "marked"),
    tables=("fact_claim", "fact_contract", "fact_fund_budget", "fact_outpatient", "fact_population"),
    several=True,
)
