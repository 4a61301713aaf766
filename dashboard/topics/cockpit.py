"""驾驶舱: the wall screen, one scene after the other; a window of its own without navigation."""

from dashboard.language import marked
from dashboard.topics.declaration import Group, Page

PAGE = Page(
    "cockpit",
    marked("驾驶舱"),
    Group.RUNNING,
    9,
    ":material/desktop_windows:",
    written=("scene", "rotate", "theme"),
    listed=False,
    right="cockpit",
    tables=(
        "dim_account", "dim_department", "dim_disease_group", "dim_drug_list", "dim_equipment", "dim_equipment_type", "fact_assessment",
        "fact_bed", "fact_claim", "fact_conduct", "fact_contract", "fact_discharge_group", "fact_drug_supply", "fact_drug_use",
        "fact_equipment_use", "fact_finance", "fact_fund_budget", "fact_inpatient_quality", "fact_outpatient", "fact_population",
        "fact_posting", "fact_prescription_review", "fact_public_health", "fact_referral", "fact_shared_service", "fact_support",
        "fact_survey", "fact_workforce",
    ),
)  # fmt: skip
