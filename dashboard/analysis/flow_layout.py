"""Where nodes and bands of a flow diagram (Sankey) stand: pure, for whoever draws them.

The way is the usual one: columns by the longest way from a beginning, heights by what passes, and a few rounds that draw each node towards
the middle of what it is joined with, first from the left, then from the right.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

_ROUNDS = 6


@dataclass(frozen=True)
class FlowNode:
    """A node: its column from the left (0 …), and its upper and lower edge in the unit of the height."""

    column: int
    top: float
    bottom: float


@dataclass(frozen=True)
class FlowBand:
    """A band: its upper edge where it leaves its node and where it reaches the other, and its width, in the unit of the height."""

    leaves: float
    reaches: float
    width: float


@dataclass(frozen=True)
class FlowLayout:
    """Nodes and bands in the order in which they were given, and how many columns there are."""

    nodes: tuple[FlowNode, ...]
    bands: tuple[FlowBand, ...]
    columns: int

    def across(self, node: int) -> float:
        """Return where the column of a node stands, from 0 at the left to 1 at the right."""
        return self.nodes[node].column / max(self.columns - 1, 1)


def flow_layout(count: int, links: Sequence[tuple[int, int, float]], height: float, pad: float) -> FlowLayout:
    """Return where ``count`` nodes and the ``links`` (from, to, amount ≥ 0) between them stand in a picture of ``height``.

    ``pad`` is what is left free between two nodes of a column, less where that would take more than half of the height. Raises
    ``ValueError`` where links run in a circle.
    """
    columns = _columns(count, links)
    out, into = [0.0] * count, [0.0] * count
    for source, target, amount in links:
        out[source] += amount
        into[target] += amount
    passing = [max(pair) for pair in zip(out, into, strict=True)]
    members = [[node for node in range(count) if columns[node] == column] for column in range(max(columns, default=0) + 1)]
    fullest = max(map(len, members), default=0)
    pad = min(pad, height / 2 / (fullest - 1)) if fullest > 1 else 0.0
    scale = min(
        ((height - pad * (len(each) - 1)) / total for each in members if (total := sum(passing[node] for node in each)) > 0), default=0
    )
    tall = [amount * scale for amount in passing]
    tops = [0.0] * count
    for each in members:
        _settle(each, tops, tall, height, pad)
    for number in range(_ROUNDS):
        for forward in (True, False):
            _draw_near(members, links, tops, tall, height, pad, forward=forward, share=0.99**number)
    nodes = tuple(FlowNode(columns[node], tops[node], tops[node] + tall[node]) for node in range(count))
    return FlowLayout(nodes, _bands(links, nodes, scale), len(members))


def _columns(count: int, links: Sequence[tuple[int, int, float]]) -> list[int]:
    """Return the column of each node: the longest way to it; where nothing leaves it, the last one."""
    columns = [0] * count
    for _round in range(count):
        for source, target, _amount in links:
            columns[target] = max(columns[target], columns[source] + 1)
    if any(columns[target] <= columns[source] or columns[target] >= count for source, target, _amount in links):
        raise ValueError("a flow diagram has no circles")
    leaving = {source for source, _target, _amount in links}
    reached = {target for _source, target, _amount in links}
    last = max(columns, default=0)
    return [last if node in reached and node not in leaving else column for node, column in enumerate(columns)]


def _settle(nodes: Sequence[int], tops: list[float], tall: Sequence[float], height: float, pad: float) -> None:
    """Move the nodes of a column, in their order, as little as needed so that none touch and all lie within the height."""
    low = 0.0
    for node in nodes:
        tops[node] = max(tops[node], low)
        low = tops[node] + tall[node] + pad
    high = height
    for node in reversed(nodes):
        tops[node] = min(tops[node], high - tall[node])
        high = tops[node] - pad


def _draw_near(
    members: Sequence[list[int]],
    links: Sequence[tuple[int, int, float]],
    tops: list[float],
    tall: Sequence[float],
    height: float,
    pad: float,
    *,
    forward: bool,
    share: float,
) -> None:
    pulls: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for source, target, amount in links:
        near, far = (source, target) if forward else (target, source)
        pulls[far].append((near, amount))
    for each in members if forward else reversed(members):
        for node in each:
            weight = sum(amount for _other, amount in pulls[node])
            if weight:
                middle = sum((tops[other] + tall[other] / 2) * amount for other, amount in pulls[node]) / weight
                tops[node] += (middle - tall[node] / 2 - tops[node]) * share
        if each is not members[0]:  # where all begins the order is that of the reader's lists
            each.sort(key=lambda node: tops[node] + tall[node] / 2)
        _settle(each, tops, tall, height, pad)


def _bands(links: Sequence[tuple[int, int, float]], nodes: Sequence[FlowNode], scale: float) -> tuple[FlowBand, ...]:
    """Return the bands, stacked at each node in the order of where their other ends stand, so that few cross."""

    def stacked(ends: Sequence[tuple[int, int]]) -> list[float]:
        used, placed = [node.top for node in nodes], [0.0] * len(links)
        middles = [(nodes[there].top + nodes[there].bottom) / 2 for _here, there in ends]
        for number in sorted(range(len(links)), key=middles.__getitem__):
            here = ends[number][0]
            placed[number] = used[here]
            used[here] += links[number][2] * scale
        return placed

    leaves = stacked([(source, target) for source, target, _amount in links])
    reaches = stacked([(target, source) for source, target, _amount in links])
    return tuple(FlowBand(begin, end, link[2] * scale) for begin, end, link in zip(leaves, reaches, links, strict=True))
