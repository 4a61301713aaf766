"""用户与权限: accounts, what they are granted, tokens of devices, and the sessions that live now."""

from dashboard.language import marked
from dashboard.topics.declaration import Group, Page

PAGE = Page(
    "people",
    marked("用户与权限"),
    Group.ADMINISTRATION,
    1,
    ":material/manage_accounts:",
    filters=(),
    choices=("part",),
    listed=False,
    linked=False,
    right="people",
)
