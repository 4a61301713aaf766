"""Scoring points and steps as people type them: "75:0, 90:90, 95:100"."""

import re
from collections.abc import Sequence

from dashboard.errors import CatalogueError
from dashboard.language import marked

_PAIRS = re.compile(r"[,，;；、\s]+")
_SIDES = re.compile(r"[:：→]")
_MOST = 20


def pairs_text(pairs: Sequence[tuple[float, float]]) -> str:
    """Return pairs as a person types them: "75:0, 90:90"."""
    return ", ".join(f"{left:.10g}:{right:.10g}" for left, right in pairs)


def read_pairs(text: str, where: str = "") -> tuple[tuple[float, float], ...]:
    """Return the pairs of ``text``; Chinese and Western marks both count. Empty text has none.

    Raises:
        CatalogueError: a part is not "number:number", or there are more than twenty.
    """
    # A blank after a colon belongs to its pair.
    parts = [part for part in _PAIRS.split(re.sub(r"\s*([:：→])\s*", r"\1", text.strip())) if part]
    return tuple(_pair(part, where) for part in _bounded(parts, where))


def _bounded(parts: list[str], where: str) -> list[str]:
    if len(parts) > _MOST:
        raise CatalogueError(marked("计分点过多：{count} 个"), marked("请减到 20 个以内"), where=where, count=len(parts))
    return parts


def _pair(part: str, where: str) -> tuple[float, float]:
    sides = _SIDES.split(part)
    try:
        left, right = (float(side) for side in sides)
    except ValueError as error:
        raise CatalogueError(
            marked("“{part}”不是“取值:得分”"), marked("请写成 75:0, 90:90, 95:100 这样的形式"), where=where, part=part[:40]
        ) from error
    return left, right
