"""改革效果: one question, one picture, what could be seen at all; never "caused by"."""

from dashboard.language import marked
from dashboard.topics.declaration import Group, Page

PAGE = Page(
    "reform",
    marked("改革效果"),
    Group.EVALUATION,
    9,
    ":material/query_stats:",
    filters=("month", "community"),
    choices=("study", "outcome", "since", "form", "phase", "measured", "reform", "stack_party"),
    written=("stack", "settled"),
    documents=("stack", "settled"),
    tables=(
        "fact_outpatient",
    ),
)  # fmt: skip
