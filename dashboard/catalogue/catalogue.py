"""The whole catalogue as one frozen value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dashboard.catalogue.models import Cube, Indicator, ListItem, Measure, OfficialList, Source, Target
from dashboard.errors import CatalogueError
from dashboard.language import marked


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Everything in ``data/catalogue``, by id."""

    sources: Mapping[str, Source]
    cubes: Mapping[str, Cube]
    measures: Mapping[str, Measure]
    targets: Mapping[str, Target]
    indicators: Mapping[str, Indicator]
    lists: Mapping[str, OfficialList]

    def indicator(self, name: str) -> Indicator:
        """Return the indicator ``name``. Raises ``CatalogueError`` when there is none."""
        try:
            return self.indicators[name]
        except KeyError as error:
            raise CatalogueError(marked("没有编号为“{name}”的指标"), marked("全部指标编号见 docs/indicators.md"), name=name) from error

    def chosen(self, names: Iterable[str] | None = None) -> tuple[Indicator, ...]:
        """Return the indicators ``names`` in their order, or all of them. Raises ``CatalogueError`` for an unknown one."""
        return tuple(self.indicators.values()) if names is None else tuple(self.indicator(name) for name in names)

    def memberships(self, name: str) -> tuple[tuple[OfficialList, ListItem], ...]:
        """Return each official list that the indicator ``name`` answers, with the item."""
        return tuple((entry, item) for entry in self.lists.values() for item in entry.items if name in item.indicators)

    def target(self, name: str) -> Target | None:
        """Return the default target of the indicator ``name``; None when nobody set one."""
        chosen = self.indicator(name).target
        return None if chosen is None else self.targets[chosen]

    def targets_of(self, name: str) -> tuple[tuple[str, Target], ...]:
        """Return every target and reference value recorded for the indicator ``name``."""
        return tuple((key, target) for key, target in self.targets.items() if target.indicator == name)
