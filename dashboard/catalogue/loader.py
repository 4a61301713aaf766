"""Reading ``data/catalogue``: every file checked by itself and against the others, a wrong one named with field and reason."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from dashboard.catalogue.catalogue import Catalogue
from dashboard.catalogue.checks import check
from dashboard.catalogue.expression import ExpressionError
from dashboard.catalogue.models import Cube, Entry, Indicator, Measure, OfficialList, Source, Target
from dashboard.errors import CatalogueError
from dashboard.language import marked

CATALOGUE_FOLDER = Path(__file__).resolve().parent.parent.parent / "data" / "catalogue"

EntryType = TypeVar("EntryType", bound=Entry)

_REMEDY = marked("请改正该文件后重新运行：python -m dashboard check")

# pydantic's error types, and the reasons of our own model checks, in the reader's words
_REASONS: Mapping[str, str] = {
    "missing": marked("缺少字段“{field}”"),
    "extra_forbidden": marked("不认识字段“{field}”"),
    "literal_error": marked("字段“{field}”的值“{value}”不在允许范围内：{allowed}"),
    "string_pattern_mismatch": marked("字段“{field}”的编号“{value}”写法不对"),
    "only_flow": marked("{field}：top 和 times_days 只能用于 time: flow"),
    "bounds": marked("{field}：比较方式与上下限不符（>= 只填 low，<= 只填 high，range 和 = 两者都填）"),
    "unanswered": marked("{field}：条目必须写明对应指标、由人评定，或无法计算的原因"),
    "computed_or_lacking": marked("{field}：要么写 numerator（可带 denominator），要么写 lacks，不能两者都有或都没有"),
    "forbidden_words": marked("{field}：词要用小写，不能为空"),
    "scene_twice": marked("{field}：场景编号重复"),
    "labels": marked("{field}：有 numerator 或 denominator 就要有对应的 numerator_label、denominator_label"),
}
_OTHER = marked("字段“{field}”的值“{value}”不符合要求")


class _UniqueKeys(yaml.CSafeLoader):
    """YAML 1.1 that refuses a key given twice instead of keeping the last one."""


def _mapping(loader: _UniqueKeys, node: yaml.MappingNode) -> dict[Any, Any]:
    loader.flatten_mapping(node)
    seen: set[object] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        if key in seen:
            raise yaml.constructor.ConstructorError("", node.start_mark, f"duplicate key {key}", key_node.start_mark)
        seen.add(key)
    return dict(loader.construct_pairs(node, deep=True))


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _read(file: Path) -> object:
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=_UniqueKeys)  # noqa: S506 - a subclass of the safe loader
    except FileNotFoundError as error:
        raise CatalogueError(marked("缺少目录文件"), _REMEDY, where=file.name) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        raise CatalogueError(marked("第 {line} 行不是有效的 YAML（或有重复的键）"), _REMEDY, where=file.name, line=line) from error


def validated(kind: type[EntryType], data: object, *, where: str) -> EntryType:
    """Return ``data`` as an entry of ``kind``. Raises ``CatalogueError`` naming ``where``, field and reason."""
    # JSON is pydantic's strict mode for files: lists become tuples, but no number is read out of a text.
    adapter = TypeAdapter(kind)
    try:
        return adapter.validate_json(json.dumps(data, default=str), strict=True)
    except ValidationError as error:
        raise _explained(error, where) from error


def _explained(error: ValidationError, where: str) -> CatalogueError:
    first = error.errors(include_url=False)[0]
    reason = first["type"]
    if reason == "value_error":
        reason = str(first["ctx"]["error"])
    field = ".".join(str(part) for part in first["loc"]) or where
    allowed = str(first.get("ctx", {}).get("expected", ""))
    value = first["input"] if isinstance(first["input"], (str, int, float, bool)) else type(first["input"]).__name__
    return CatalogueError(_REASONS.get(reason, _OTHER), _REMEDY, where=where, field=field, value=value, allowed=allowed)


def read_entry(kind: type[EntryType], file: Path) -> EntryType:
    """Return the one entry that ``file`` holds. Raises ``CatalogueError`` naming file, field and reason."""
    return validated(kind, _read(file), where=file.name)


def read_entries(kind: type[EntryType], file: Path) -> Mapping[str, EntryType]:
    """Return the entries of ``file`` by id. Raises ``CatalogueError`` naming file, entry, field and reason."""
    data = _read(file)
    if not isinstance(data, dict):
        raise CatalogueError(marked("文件应为“编号: 内容”的形式"), _REMEDY, where=file.name)
    return MappingProxyType({str(key): validated(kind, value, where=f"{file.name} · {key}") for key, value in data.items()})


def _files(kind: type[EntryType], folder: Path, identity: Callable[[EntryType], str]) -> Iterator[tuple[str, EntryType]]:
    for file in sorted(folder.glob("*.yaml")):
        entry = validated(kind, _read(file), where=file.name)
        if identity(entry) != file.stem:
            raise CatalogueError(
                marked("字段“id”的值“{value}”与文件名不一致"), _REMEDY, where=f"{folder.name}/{file.name}", value=identity(entry)
            )
        yield file.stem, entry


def _parsed(indicator: Indicator) -> Indicator:
    """Return ``indicator`` with both expressions parsed. Raises ``CatalogueError`` naming file, field and character."""
    for field in ("numerator", "denominator"):
        try:
            getattr(indicator, f"{field}_tree")
        except ExpressionError as error:
            error.where = f"indicators/{indicator.id}.yaml · {field}"
            raise
    return indicator


@cache
def load_catalogue(folder: Path = CATALOGUE_FOLDER) -> Catalogue:
    """Return the catalogue of ``folder``, read once per process.

    Raises ``CatalogueError`` naming the file, the field and the reason.
    """
    indicators = {name: _parsed(entry) for name, entry in _files(Indicator, folder / "indicators", lambda entry: entry.id)}
    catalogue = Catalogue(
        sources=read_entries(Source, folder / "sources.yaml"),
        cubes=read_entries(Cube, folder / "cubes.yaml"),
        measures=read_entries(Measure, folder / "measures.yaml"),
        targets=read_entries(Target, folder / "targets.yaml"),
        indicators=MappingProxyType(indicators),
        lists=MappingProxyType(dict(_files(OfficialList, folder / "lists", lambda entry: entry.id))),
    )
    check(catalogue)
    return catalogue
