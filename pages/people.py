"""用户与权限 People: accounts, grants, tokens of devices and sessions, for the security administrator."""

from dashboard.ui.kit.messages import error_boundary
from dashboard.ui.people.page import people_page

with error_boundary():
    people_page()
