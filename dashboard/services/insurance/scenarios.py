"""Saved insurance scenarios: the common store of scenarios, for the insurance page."""

from functools import partial

from dashboard.services.common.scenarios import (
    MOST_COMPARED,
    Saved,
    Side,
    archive_saved,
    compare_plans,
    differing,
    duplicate_saved,
    rename_saved,
    restore_saved,
)
from dashboard.services.common.scenarios import list_saved as list_of_model
from dashboard.services.common.scenarios import save_plan as save_of_model

MODEL = "insurance"
list_saved = partial(list_of_model, model=MODEL)
save_plan = partial(save_of_model, model=MODEL)

__all__ = [
    "MODEL",
    "MOST_COMPARED",
    "Saved",
    "Side",
    "archive_saved",
    "compare_plans",
    "differing",
    "duplicate_saved",
    "list_saved",
    "rename_saved",
    "restore_saved",
    "save_plan",
]
