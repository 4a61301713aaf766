"""资源配置: where beds, people and equipment are, whether that is fair, and what would change it."""

from dashboard.language import marked
from dashboard.topics.declaration import Group, Page

PAGE = Page(
    "resources",
    marked("资源配置"),
    Group.RUNNING,
    2,
    ":material/holiday_village:",
    filters=("month", "grain", "community"),
    choices=(
        "section", "resource", "norm", "basis", "unit", "by", "centre", "fair", "fair_basis", "reach", "counted", "method",
        "site", "minutes", "speed", "mode", "what", "from", "to", "plan_norm", "plan_basis", "budget",
    ),
    tables=(
        "dim_equipment", "dim_equipment_type", "dim_travel_time", "fact_bed", "fact_population", "fact_posting", "fact_shared_service",
        "fact_support", "fact_workforce",
    ),
)  # fmt: skip
