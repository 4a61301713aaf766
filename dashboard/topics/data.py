"""数据与口径: who reported, how good it is, where a number comes from, and what every word means."""

from dashboard.language import marked
from dashboard.topics.declaration import Group, Page

PAGE = Page(
    "data",
    marked("数据与口径"),
    Group.DECISION,
    8,
    ":material/database:",
    filters=("month", "community"),
    choices=("about", "returns", "traced", "listed", "ruled", "of_loads", "load_table", "load_month", "load_severity", "load_outcome"),
    tables=("dim_account", "fact_bed", "fact_claim", "fact_finance", "fact_outpatient"),  # what 对账 compares
)
