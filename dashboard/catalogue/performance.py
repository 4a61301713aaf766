"""What the performance page starts from: ``performance.yaml`` (thresholds, pools) and the delivered schemes."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path

from pydantic import Field, model_validator

from dashboard.catalogue.loader import CATALOGUE_FOLDER, read_entry
from dashboard.catalogue.models import Bilingual, Entry, Grade, Text
from dashboard.catalogue.scheme import Scheme, load_scheme
from dashboard.errors import CatalogueError
from dashboard.language import marked


class JudgementRule(Entry):
    """When a county's communities count as formed: at least ``least_a`` A and at most ``most_c`` C of the list's items."""

    official_list: Text
    least_a: int = Field(ge=0)
    most_c: int = Field(ge=0)
    most_c_basic: int = Field(ge=0)
    grade: Grade
    note: Bilingual

    @model_validator(mode="after")
    def _basic_is_weaker(self) -> "JudgementRule":
        if self.most_c_basic < self.most_c:
            raise ValueError("bounds")
        return self


class PoolStart(Entry):
    """The amount that a pool's field starts with, yuan."""

    amount: int = Field(ge=0)

    @property
    def yuan(self) -> Decimal:
        """The amount as exact money."""
        return Decimal(self.amount)


class StripLimits(Entry):
    """Shares of full score (0–100) between the four fills of the heat strip."""

    weak: float = Field(ge=0, le=100)
    fair: float = Field(ge=0, le=100)
    strong: float = Field(ge=0, le=100)

    def level(self, share: float) -> int:
        """Return the fill of ``share``: 0 weak, 1 poor, 2 fair, 3 strong."""
        return sum(share >= limit for limit in (self.weak, self.fair, self.strong))


class PerformancePlan(Entry):
    """``performance.yaml``."""

    judgement: JudgementRule
    pools: Mapping[str, PoolStart]
    other_pool: PoolStart
    strip: StripLimits

    def pool_start(self, pool: str) -> Decimal:
        """Return what the field of ``pool`` starts with, yuan."""
        return self.pools.get(pool, self.other_pool).yuan


@cache
def performance_plan(folder: Path = CATALOGUE_FOLDER) -> PerformancePlan:
    """Return ``performance.yaml``. Raises ``CatalogueError``."""
    return read_entry(PerformancePlan, folder / "performance.yaml")


# The first one listed is what a first visit sees.
_ORDER = ("zhejiang_2018_eight_groups", "monitoring_2024", "yiwu_2020", "seed_2019_thirteen", "minimal_example")


@cache
def delivered_schemes(folder: Path = CATALOGUE_FOLDER) -> Mapping[str, Scheme]:
    """Return the schemes of ``schemes/*.yaml`` by id, the known ones first. Raises ``CatalogueError`` naming file and field."""
    schemes = {}
    for file in sorted((folder / "schemes").glob("*.yaml")):
        scheme = load_scheme(file)
        if scheme.id != file.stem:
            raise CatalogueError(marked("方案编号“{value}”与文件名不一致"), marked("请改正该文件后重新运行：python -m dashboard check"),
                                 where=f"schemes/{file.name}", value=scheme.id)  # fmt: skip
        schemes[scheme.id] = scheme
    known = [name for name in _ORDER if name in schemes]
    return {name: schemes[name] for name in [*known, *(name for name in schemes if name not in known)]}
