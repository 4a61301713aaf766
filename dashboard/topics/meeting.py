"""会议: agendas, presenting them, what was decided, and what is still to be done."""

from dashboard.language import marked
from dashboard.topics.declaration import Group, Page

PAGE = Page(
    "meeting",
    marked("会议"),
    Group.DECISION,
    1,
    ":material/co_present:",
    choices=("about",),
    written=("agenda", "item", "present"),
    linked=False,  # an agenda of agendas would present itself
)
