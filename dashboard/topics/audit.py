"""操作记录: who did, or was refused, what when."""

from dashboard.language import marked
from dashboard.topics.declaration import Group, Page

PAGE = Page(
    "audit",
    marked("操作记录"),
    Group.ADMINISTRATION,
    2,
    ":material/history:",
    filters=(),
    listed=False,
    linked=False,
    right="audit",
)
