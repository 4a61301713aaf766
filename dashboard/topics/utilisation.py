"""床位与设备: how well beds and devices are used, who is idle, who is overfull, and what the next year needs."""

from dashboard.language import marked
from dashboard.topics.declaration import Group, Page

PAGE = Page(
    "utilisation",
    marked("床位与设备"),
    Group.RUNNING,
    3,
    ":material/bed:",
    filters=("month", "grain", "community", "level"),
    choices=(
        "use", "hospital", "rate", "lines", "compare", "x_line", "y_line", "freed", "idle_line", "full_line", "returns", "device",
        "planned",
    ),
    tables=(
        "dim_account", "dim_department", "dim_equipment", "dim_equipment_type", "fact_bed", "fact_equipment_use", "fact_finance",
        "fact_outpatient", "fact_workforce",
    ),
)  # fmt: skip
