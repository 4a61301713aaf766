"""资源配置 Resources: where beds, people and equipment are, whether that is fair, and what would change it."""

from dashboard.ui.resources import section_choice
from dashboard.ui.resources_access import access_section
from dashboard.ui.resources_centres import centres_section
from dashboard.ui.resources_equity import equity_section
from dashboard.ui.resources_people import people_section
from dashboard.ui.resources_plan import plan_section
from dashboard.ui.resources_supply import supply_section
from dashboard.ui.shell import page_frame

SECTIONS = {
    "supply": supply_section,
    "people": people_section,
    "centres": centres_section,
    "equity": equity_section,
    "access": access_section,
    "plan": plan_section,
}

with page_frame() as frame:
    if frame:
        frame.headline(SECTIONS[section_choice()](frame))
