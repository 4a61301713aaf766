"""What holds between the files of the catalogue: every name that one file uses exists in another and fits it."""

from collections.abc import Collection, Iterable

from dashboard.catalogue.catalogue import Catalogue
from dashboard.catalogue.expression import Expression, ExpressionError, names
from dashboard.catalogue.models import OFFICIAL_GRADES, Cube, Indicator, Measure
from dashboard.errors import CatalogueError
from dashboard.language import marked

_REMEDY = marked("请改正该文件后重新运行：python -m dashboard check")
_TIME_OF_GRAIN = {
    "month": {"flow", "stock", "average", "reported", "to_date"},
    "quarter": {"stock", "average"},
    "year": {"stock", "average", "spread"},
    "register": {"register"},
    "calendar": {"calendar"},
}


def check(catalogue: Catalogue) -> None:
    """Raise ``CatalogueError`` for the first thing that does not fit."""
    _check_measures(catalogue)
    for indicator in catalogue.indicators.values():
        _check_indicator(indicator, catalogue)
    _check_targets(catalogue)
    _check_lists(catalogue)


def _known(value: str | None, known: Collection[str], where: str, field: str) -> None:
    if value is not None and value not in known:
        raise CatalogueError(marked("字段“{field}”引用了不存在的“{value}”"), _REMEDY, where=where, field=field, value=value)


def _all_known(values: Iterable[str], known: Collection[str], where: str, field: str) -> None:
    for value in values:
        _known(value, known, where, field)


def _check_measures(catalogue: Catalogue) -> None:
    for name, measure in catalogue.measures.items():
        where = f"measures.yaml · {name}"
        _known(measure.cube, catalogue.cubes, where, "cube")
        _check_measure(measure, catalogue.cubes[measure.cube], where)


def _check_measure(measure: Measure, cube: Cube, where: str) -> None:
    _all_known(measure.where, cube.attributes, where, "where")
    if measure.top is not None:
        _known(measure.top.group, cube.attributes, where, "top.group")
    if measure.time not in _TIME_OF_GRAIN[cube.grain]:
        raise CatalogueError(
            marked("字段“time”的值“{value}”与数据粒度“{grain}”不符"), _REMEDY, where=where, value=measure.time, grain=cube.grain
        )


def _check_indicator(indicator: Indicator, catalogue: Catalogue) -> None:
    where = f"indicators/{indicator.id}.yaml"
    _all_known(indicator.source, catalogue.sources, where, "source")
    for field, tree in (("numerator", indicator.numerator_tree), ("denominator", indicator.denominator_tree)):
        if tree is not None:
            _check_expression(tree, catalogue, f"{where} · {field}")
    for field in ("target", "reference"):
        chosen = getattr(indicator, field)
        _known(chosen, catalogue.targets, where, field)
        if chosen is not None:
            _check_chosen_target(indicator, field, catalogue)
    for grade in (indicator.grade, indicator.formula_grade):
        _check_grade(grade, indicator.source, catalogue, where)
    for name, _ in sorted(indicator.measures):
        _check_levels(indicator, catalogue.cubes[catalogue.measures[name].cube], where)


def _check_expression(tree: Expression, catalogue: Catalogue, where: str) -> None:
    for name, _ in names(tree):
        if name.name not in catalogue.measures:
            raise ExpressionError(
                marked("表达式第 {position} 个字符处的指标量“{token}”不存在"), position=name.position, token=name.name, where=where
            )


def _check_chosen_target(indicator: Indicator, field: str, catalogue: Catalogue) -> None:
    target = catalogue.targets[getattr(indicator, field)]
    if target.kind != field or target.indicator != indicator.id or target.unit != indicator.unit:
        raise CatalogueError(
            marked("字段“{field}”所引“{value}”的种类、指标或单位与本指标不一致"),
            _REMEDY,
            where=f"indicators/{indicator.id}.yaml",
            field=field,
            value=getattr(indicator, field),
        )


def _check_levels(indicator: Indicator, cube: Cube, where: str) -> None:
    for level in indicator.levels:
        if level not in cube.levels:
            raise CatalogueError(
                marked("字段“levels”的“{value}”没有数据：{cube} 不到这一层级"),
                _REMEDY,
                where=where,
                value=level,
                cube=cube.name,
            )


def _check_targets(catalogue: Catalogue) -> None:
    for name, target in catalogue.targets.items():
        where = f"targets.yaml · {name}"
        _all_known(target.source, catalogue.sources, where, "source")
        _known(target.indicator, catalogue.indicators, where, "indicator")
        if (target.indicator is None) == (target.not_linked is None):
            raise CatalogueError(marked("要么写 indicator，要么写 not_linked 说明为何没有对应指标"), _REMEDY, where=where)
        chosen = target.indicator is not None and catalogue.indicators[target.indicator].target == name
        if target.default != chosen:
            raise CatalogueError(marked("字段“default”与所属指标的 target 不一致"), _REMEDY, where=where)
        _check_grade(target.grade, target.source, catalogue, where)


def _check_lists(catalogue: Catalogue) -> None:
    for name, entry in catalogue.lists.items():
        where = f"lists/{name}.yaml"
        _all_known(entry.source, catalogue.sources, where, "source")
        seen: set[str] = set()
        for item in entry.items:
            if item.id in seen:
                raise CatalogueError(marked("条目编号“{value}”重复"), _REMEDY, where=where, value=item.id)
            seen.add(item.id)
            _all_known(item.source, catalogue.sources, f"{where} · {item.id}", "source")
            _all_known(item.indicators, catalogue.indicators, f"{where} · {item.id}", "indicators")
            _check_grade(item.grade, item.source, catalogue, f"{where} · {item.id}")


def _check_grade(grade: str, sources: Iterable[str], catalogue: Catalogue, where: str) -> None:
    """Refuse an official grade that no official source of the entry carries."""
    if grade in OFFICIAL_GRADES and not any(catalogue.sources[source].grade in OFFICIAL_GRADES for source in sources):
        raise CatalogueError(marked("字段“grade”标为官方（{value}），但所列来源均非官方来源"), _REMEDY, where=where, value=grade)
