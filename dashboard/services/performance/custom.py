"""User-defined indicators: a formula over the catalogue's measures, parsed by the whitelisted grammar and kept in the workspace."""

from dataclasses import asdict, dataclass

import pandas as pd
from pydantic import JsonValue

from dashboard.analysis.periods import Period
from dashboard.analysis.suppression import ON_SCREEN
from dashboard.catalogue.expression import ExpressionError, in_words, names, parse
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.models import Bilingual, Indicator
from dashboard.language import marked
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.indicators import hide_small, values_of

READING_COLUMNS = ("value", "numerator", "denominator", "status", "missing", "months_present", "months_expected")


def no_readings() -> pd.DataFrame:
    """Return readings of nothing: no row, ``READING_COLUMNS`` as columns, the index (indicator, unit)."""
    return pd.DataFrame(columns=list(READING_COLUMNS), index=pd.MultiIndex.from_arrays([[], []], names=["indicator", "unit"]))


@dataclass(frozen=True)
class CustomIndicator:
    """A formula with its name. ``denominator`` empty for a plain amount; ``multiplier`` 100 for a percentage."""

    id: str
    name: str
    numerator: str
    denominator: str = ""
    unit: str = "%"
    multiplier: float = 100.0
    direction: str = "higher"

    def content(self) -> dict[str, JsonValue]:
        """Return it as the workspace keeps it."""
        return asdict(self)


def from_content(content: dict[str, JsonValue]) -> CustomIndicator:
    """Return the indicator that ``content`` of the workspace holds."""
    return CustomIndicator(**content)  # type: ignore[arg-type]


def check_formula(text: str) -> str:
    """Return ``text`` in words.

    Raises:
        ExpressionError: it does not parse or names a measure that the catalogue does not have; ``position`` is the character.
    """
    tree = parse(text)
    measures = load_catalogue().measures
    for name, _years in names(tree):
        if name.name not in measures:
            raise ExpressionError(marked("表达式第 {position} 个字符处的指标量“{token}”不存在"), position=name.position, token=name.name)
    return in_words(tree, {key: measure.name for key, measure in measures.items()})


def as_indicator(custom: CustomIndicator) -> Indicator:
    """Return ``custom`` as an indicator of the catalogue, grade INFER. Raises ``ExpressionError``."""
    check_formula(custom.numerator)
    if custom.denominator:
        check_formula(custom.denominator)
    label = Bilingual(zh=custom.name, en=custom.name)
    return Indicator.model_validate(
        {
            "id": custom.id, "name": custom.name, "name_en": custom.name, "short_name": custom.name, "short_name_en": custom.name,
            "category": "efficiency", "numerator": custom.numerator, "denominator": custom.denominator or None, "numerator_label": label,
            "denominator_label": label if custom.denominator else None, "unit": custom.unit, "multiplier": custom.multiplier,
            "direction": custom.direction, "levels": ("county", "community", "institution", "town"), "grade": "INFER",
            "formula_grade": "INFER", "source": ("OWN",), "aggregation": label,
        }
    )  # fmt: skip


def custom_readings(
    database: ReportingDatabase, level: str, period: Period, custom: tuple[CustomIndicator, ...], insurance: str | None
) -> pd.DataFrame:
    """Return the readings of user-defined indicators by (indicator, unit). Raises ``ExpressionError`` and ``QueryError``."""
    if not custom:
        return no_readings()
    found = values_of(database, level, (period,), tuple(as_indicator(entry) for entry in custom), insurance=insurance)  # type: ignore[arg-type]
    return found[period].set_index(["indicator", "unit"])[list(READING_COLUMNS)]


def shown_readings(
    database: ReportingDatabase, level: str, period: Period, custom: tuple[CustomIndicator, ...], insurance: str | None
) -> pd.DataFrame:
    """Return ``custom_readings`` as the screen may show them (``hide_small``): same columns, index (indicator, unit) and order."""
    found = custom_readings(database, level, period, custom, insurance).reset_index()
    told = hide_small(found, ON_SCREEN, tuple(as_indicator(entry) for entry in custom))
    return told.set_index(["indicator", "unit"])
