"""What a catalogue file may hold: strict models, no field beyond the known ones."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dashboard.catalogue.expression import Expression, names, parse

Level = Literal["county", "community", "institution", "town"]
# Evidence grades (docs/sources.md), best first.
Grade = Literal["SEED", "FOUND", "FOUND-2", "OWN", "INFER"]
GRADES: tuple[Grade, ...] = ("SEED", "FOUND", "FOUND-2", "OWN", "INFER")
OFFICIAL_GRADES = frozenset({"SEED", "FOUND"})
Category = Literal["resources", "flow", "efficiency", "finance", "quality", "fund", "contracts"]
Unit = Literal[
    "%", "‰", "元", "万元", "元/点", "元/万元", "点", "小时", "人次", "例", "例次", "人", "万人", "张", "台", "天", "次", "分钟", "家",
    "份", "比值", "指数", "当量", "项", "DDD",
]  # fmt: skip
PEOPLE_UNITS = frozenset({"人次", "例", "例次", "人"})
Direction = Literal["higher", "lower", "range"]
Grain = Literal["month", "quarter", "year", "register", "calendar"]
TimeRule = Literal["flow", "stock", "average", "spread", "register", "reported", "to_date", "calendar"]
Text = Annotated[str, Field(min_length=1)]
IndicatorId = Annotated[str, Field(pattern=r"^(?:[A-Z]\d{2}|T20_\d{2}|M24_\d{2})[a-z]?$")]


class Entry(BaseModel):
    """Anything read from a catalogue file: strict, frozen, no field beyond the known ones."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Bilingual(Entry):
    """A text in both languages."""

    zh: Text
    en: Text

    def text(self, language: str) -> str:
        """Return the text in ``language``."""
        return self.zh if language == "zh" else self.en


class Named(Entry):
    """Anything with a Chinese and an English name."""

    name: Text
    name_en: Text

    def label(self, language: str = "zh") -> str:
        """Return the name in ``language``."""
        return self.name if language == "zh" else self.name_en


class Source(Entry):
    """A document or page of the source register."""

    title: Text
    title_en: Text
    grade: Grade
    locator: str = ""


class Cube(Named):
    """One query: sums by unit, period and the attributes that measures filter on."""

    query: Text | None = None
    tables: tuple[Text, ...] = ()
    grain: Grain
    attributes: tuple[Text, ...] = ()
    levels: tuple[Level, ...] = ("county", "community", "institution", "town")
    attribution: Bilingual
    reporting: Literal["reporter", "table"] = "table"
    by_scheme: bool | tuple[Text, ...] = False
    """Which columns follow the scheme filter: all, none, or those named."""
    max_age_months: int = Field(default=0, ge=0, le=60)

    def follows_scheme(self, column: str) -> bool:
        """Return whether ``column`` can be told for one insurance scheme."""
        return self.by_scheme if isinstance(self.by_scheme, bool) else column in self.by_scheme


class Top(Entry):
    """Only the groups with the largest sums, found for each unit and period."""

    group: Text
    count: int = Field(ge=1)


class Measure(Named):
    """A named additive quantity: a column of a cube, filtered, with its rule over time."""

    cube: Text
    column: Text
    unit: Unit
    where: Mapping[str, tuple[str | bool, ...]] = Field(default_factory=dict)
    time: TimeRule = "flow"
    top: Top | None = None
    times_days: bool = False
    public: bool = False

    @property
    def counts_people(self) -> bool:
        """Whether it counts patients or cases, of whom a few could be recognised: by its unit, unless it counts what is ``public``.

        Residents, the insured and the staff of institutions are public figures; beds, devices and money are no people.
        """
        return self.unit in PEOPLE_UNITS and not self.public

    @model_validator(mode="after")
    def _flow_options(self) -> "Measure":
        if self.time != "flow" and (self.top or self.times_days):
            raise ValueError("only_flow")
        return self


class Target(Named):
    """A target or a published reference value, with whose it is and from when."""

    kind: Literal["target", "reference"]
    indicator: IndicatorId | None = None
    comparison: Literal[">=", "<=", "range", "="]
    low: float | None = None
    high: float | None = None
    unit: Unit
    year: int | None = Field(default=None, ge=1990, le=2100)
    place: Bilingual
    source: tuple[Text, ...] = Field(min_length=1)
    grade: Grade
    default: bool = False
    definition: Bilingual | None = None
    not_linked: Bilingual | None = None

    @model_validator(mode="after")
    def _bounds(self) -> "Target":
        needs = {">=": (True, False), "<=": (False, True), "=": (True, True), "range": (True, True)}[self.comparison]
        if (self.low is not None, self.high is not None) != needs:
            raise ValueError("bounds")
        return self

    @property
    def official(self) -> bool:
        """Whether the product may call it official."""
        return self.grade in OFFICIAL_GRADES


class ListItem(Named):
    """One item of an official list: computed by an indicator, assessed by people, or not to be had."""

    id: Text
    dimension: Bilingual
    grade: Grade
    source: tuple[Text, ...] = Field(min_length=1)
    indicators: tuple[IndicatorId, ...] = ()
    assessed: bool = False
    lacks: Bilingual | None = None
    fix: Bilingual | None = None

    @model_validator(mode="after")
    def _answered(self) -> "ListItem":
        if not (self.indicators or self.assessed or self.lacks):
            raise ValueError("unanswered")
        return self


class OfficialList(Named):
    """One version of an official list; versions stand side by side and are never mixed."""

    id: Text
    document: Bilingual
    year: int
    grade: Grade
    source: tuple[Text, ...] = Field(min_length=1)
    assessment_catalogue: Text
    notes: Bilingual | None = None
    items: tuple[ListItem, ...] = Field(min_length=1)


class Indicator(Named):
    """One indicator: what it is called, how it is computed, what it is held against and how well that is known."""

    id: IndicatorId
    short_name: Text
    short_name_en: Text
    category: Category
    numerator: Text | None = None
    denominator: Text | None = None
    numerator_label: Bilingual | None = None
    denominator_label: Bilingual | None = None
    unit: Unit
    multiplier: float = Field(default=1.0, gt=0)
    decimals: int = Field(default=1, ge=0, le=4)
    direction: Direction
    target: Text | None = None
    reference: Text | None = None
    levels: tuple[Level, ...] = Field(min_length=1)
    applies_to: Mapping[Literal["kind", "role"], tuple[str, ...]] = Field(default_factory=dict)
    grade: Grade
    formula_grade: Grade
    source: tuple[Text, ...] = Field(min_length=1)
    aggregation: Bilingual
    notes: tuple[Bilingual, ...] = ()
    lacks: Bilingual | None = None

    @model_validator(mode="after")
    def _computed_or_lacking(self) -> "Indicator":
        if (self.numerator is None) == (self.lacks is None):
            raise ValueError("computed_or_lacking")
        if self.numerator is None and self.denominator is not None:
            raise ValueError("computed_or_lacking")
        if self.numerator is not None and self.numerator_label is None:
            raise ValueError("labels")
        if (self.denominator is None) != (self.denominator_label is None):
            raise ValueError("labels")
        return self

    def counts_people(self, side: Literal["numerator", "denominator"], measures: Mapping[str, Measure]) -> bool:
        """Return whether one side counts people or cases (``Measure.counts_people``): then a small one must not be shown."""
        tree = self.numerator_tree if side == "numerator" else self.denominator_tree
        return tree is not None and any(measures[name.name].counts_people for name, _years in names(tree))

    @property
    def evidence(self) -> Grade:
        """The lowest grade that enters the indicator; the lowest wins."""
        return max(self.grade, self.formula_grade, key=GRADES.index)

    @property
    def official(self) -> bool:
        """Whether the product may call it official: never when its formula is our own or inferred."""
        return self.evidence in OFFICIAL_GRADES

    def short_label(self, language: str = "zh") -> str:
        """Return the short name in ``language``."""
        return self.short_name if language == "zh" else self.short_name_en

    @cached_property
    def numerator_tree(self) -> Expression | None:
        """The parsed numerator. Raises ``ExpressionError``."""
        return None if self.numerator is None else parse(self.numerator)

    @cached_property
    def denominator_tree(self) -> Expression | None:
        """The parsed denominator. Raises ``ExpressionError``."""
        return None if self.denominator is None else parse(self.denominator)

    @cached_property
    def measures(self) -> frozenset[tuple[str, int]]:
        """The measures it needs, each with how many years back."""
        trees = [tree for tree in (self.numerator_tree, self.denominator_tree) if tree is not None]
        return frozenset((name.name, years) for tree in trees for name, years in names(tree))
