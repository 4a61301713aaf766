"""A flow diagram (Sankey) drawn by the kit itself, as ``figure_drawing.py`` draws the other figures."""

from collections.abc import Mapping
from typing import Any

from dashboard.analysis.flow_layout import FlowBand, FlowLayout, flow_layout
from dashboard.ui.kit.board import Drawing
from dashboard.ui.kit.figure_axis import BASELINE, plain_lines
from dashboard.ui.kit.theme import Palette

_STEPS = 16
"""Pieces of the edge of a band."""
_MIDDLE = (0.35, 0.65)
"""The part of a band, as shares of its way, where a pointer finds it."""


def flow_drawing(trace: Mapping[str, Any], layout: Mapping[str, Any], *, alt: str, colours: Palette) -> Drawing:
    """Return the one trace of a flow diagram (plain data, lists) as a drawing; ``alt`` is what a screen reader says."""
    node, link = trace["node"], trace["link"]
    margin, thick = layout["margin"], float(node.get("thickness", 20))
    top = float(margin.get("t", 0))
    tall = layout["height"] - top - margin.get("b", 0)
    links = list(zip(link["source"], link["target"], link["value"], strict=True))
    placed = flow_layout(len(node["label"]), links, tall, float(node.get("pad", 20)))
    picture = Drawing(round(layout["height"]), round(margin.get("l", 0) + thick / 2), round(margin.get("r", 0) + thick / 2), alt)
    for number, (source, target, _amount) in enumerate(links):
        ends = placed.across(source), placed.across(target)
        _draw_band(picture, placed.bands[number], ends, top, link["color"][number], str(link["customdata"][number]))
    shown = [number for number, each in enumerate(placed.nodes) if each.bottom > each.top]
    for number in shown:
        _draw_node(picture, placed, number, node, top, thick, colours)
    for number in shown:  # after all nodes, so that none covers a word
        _draw_name(picture, placed, number, trace, top, thick, colours)
    return picture


def _smooth(share: float) -> float:
    return share * share * (3 - 2 * share)


def _draw_band(picture: Drawing, band: FlowBand, ends: tuple[float, float], top: float, colour: str, words: str) -> None:
    begin, end = ends

    def edge(share: float) -> float:
        return top + band.leaves + (band.reaches - band.leaves) * _smooth(share)

    shares = [step / _STEPS for step in range(_STEPS + 1)]
    above = [(begin + (end - begin) * share, edge(share)) for share in shares]
    picture.path([*above, *((x, y + band.width) for x, y in reversed(above))], "none", fill=colour, closed=True, width=0)
    first, second = _MIDDLE
    near, far = sorted((edge(first), edge(second)))
    picture.spot(begin + (end - begin) * first, begin + (end - begin) * second, near, far + band.width, plain_lines(words))


def _draw_node(
    picture: Drawing, placed: FlowLayout, number: int, node: Mapping[str, Any], top: float, thick: float, colours: Palette
) -> None:
    x, each = placed.across(number), placed.nodes[number]
    picture.line(x, top + each.top, x, top + max(each.bottom, each.top + 1), node["color"][number] or colours.primary, width=thick)
    picture.spot(x, x, top + each.top, top + each.bottom, plain_lines(node["customdata"][number]))


def _draw_name(
    picture: Drawing, placed: FlowLayout, number: int, trace: Mapping[str, Any], top: float, thick: float, colours: Palette
) -> None:
    """Write what a node is called beside it, towards the middle of the picture."""
    each, font = placed.nodes[number], trace["textfont"]
    size = float(font.get("size", 12))
    side, anchor = (-1, "end") if each.column == max(placed.columns - 1, 1) else (1, "start")
    picture.text(
        placed.across(number), top + (each.top + each.bottom) / 2 + BASELINE * size, plain_lines(trace["node"]["label"][number])[0],
        font.get("color", colours.text), anchor=anchor, size=size, dx=side * (thick / 2 + 4), halo=colours.card,
    )  # fmt: skip
