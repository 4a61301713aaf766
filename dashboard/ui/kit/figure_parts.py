"""Which parts of a figure the kit draws itself (``figure_drawing.py``); a figure with any other is left to the chart library.

Names stand as they do in Plotly's words. One that changes nothing here (how Plotly zooms, what it does with a legend that is clicked) is
known as well: it may be left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dashboard.ui.kit.figure_trace import length_side


def _names(*words: str) -> frozenset[str]:
    return frozenset(name for each in words for name in each.split())


_TRACE = """
type name x y text textfont.color textfont.size textposition customdata hovertext hovertemplate hoverinfo showlegend legendgroup visible
cliponaxis"""
_MARKER = "marker.color marker.opacity marker.line.color marker.line.width"
_ERROR = "array arrayminus color symmetric thickness type width visible"
_ERRORS = " ".join(f"error_{side}.{name}" for side in "xy" for name in _ERROR.split())
_AXIS = """
autorange domain dtick fixedrange nticks range rangemode showgrid showline side tickangle tickfont.color tickfont.size tickformat
ticklabeloverflow tickmode ticks ticksuffix ticktext tickvals title title.text title.font.size title.font.color type visible zeroline
zerolinecolor"""
_TRACES = {
    "bar": _names(
        _TRACE,
        _ERRORS,
        _MARKER,
        "base width orientation insidetextanchor textangle marker.cornerradius marker.pattern.bgcolor marker.pattern.fgcolor",
        "marker.pattern.fillmode marker.pattern.shape marker.pattern.size marker.pattern.solidity",
    ),
    "scatter": _names(
        _TRACE,
        _ERRORS,
        _MARKER,
        "mode connectgaps fill fillcolor line.color line.dash line.width marker.size marker.sizemin marker.sizemode marker.sizeref",
        "marker.symbol selected.marker.opacity unselected.marker.opacity",
    ),
    "heatmap": _names(_TRACE, "colorscale hoverongaps showscale texttemplate xgap ygap z zmin zmax"),
    "sankey": _names(
        "type arrangement node.label node.color node.pad node.thickness node.line.width node.customdata node.hovertemplate link.source",
        "link.target link.value link.color link.customdata link.hovertemplate textfont.color textfont.size valueformat",
    ),
    "waterfall": _names(
        _TRACE, "orientation measure increasing.marker.color decreasing.marker.color totals.marker.color connector.line.color"
    ),
}
_LAYOUT = _names(
    "template annotations shapes bargap barmode colorway dragmode height paper_bgcolor plot_bgcolor showlegend margin.b margin.l margin.r",
    "margin.t legend.entrywidth legend.entrywidthmode legend.font.size legend.orientation legend.traceorder legend.x legend.y",
    "legend.xanchor legend.yanchor uniformtext.minsize uniformtext.mode",
    *(f"{side}axis.{name}" for side in "xy" for name in _AXIS.split()),
)
_SHAPE = _names("type x0 x1 y0 y1 xref yref fillcolor layer line.color line.dash line.width opacity")
_NOTE = _names(
    "x y ax ay xref yref axref ayref text showarrow arrowcolor arrowhead arrowwidth align borderpad font.color font.size opacity",
    "xanchor yanchor",
)
_VALUES = {
    "fill": ("tonexty", "none"),
    "connectgaps": (False,),
    "showscale": (False,),
    "showline": (False,),
    "barmode": ("group", "stack", "relative", "overlay"),
    "xref": ("x", "paper", "x domain"),
    "yref": ("y", "paper", "y domain"),
    "insidetextanchor": ("middle",),
    "arrangement": ("snap",),
    "node.hovertemplate": ("%{customdata}<extra></extra>",),
    "link.hovertemplate": ("%{customdata}<extra></extra>",),
}
"""What those parts may say of which the kit knows only a little."""
_SHAPES = ("line", "rect")


class NotDrawnError(ValueError):
    """A figure has a part that the kit does not draw."""


def check_parts(figure: Mapping[str, Any]) -> None:
    """Raise ``NotDrawnError`` for a figure (plain data) with a part that is not known here."""
    traces, layout = figure["data"], figure["layout"]
    kinds = {str(trace.get("type", "scatter")) for trace in traces}
    unknown = kinds - _TRACES.keys()
    for trace in traces:
        unknown |= _unknown(trace, _TRACES.get(str(trace.get("type", "scatter")), frozenset()))
    unknown |= _unknown(layout, _LAYOUT)
    for shape in layout.get("shapes") or ():
        unknown |= _unknown(shape, _SHAPE) | ({f"shape {shape['type']}"} - {f"shape {known}" for known in _SHAPES})
    for note in layout.get("annotations") or ():
        unknown |= _unknown(note, _NOTE)
    if kinds & {"waterfall", "sankey"} and len(traces) > 1:
        unknown.add("a bridge or a flow beside another trace")
    if any(_inside_upright(trace) for trace in traces):
        unknown.add("a text inside an upright bar")
    if unknown:
        raise NotDrawnError(f"not drawn by the kit: {', '.join(sorted(unknown))}")


def _inside_upright(trace: Mapping[str, Any]) -> bool:
    told = trace.get("type") == "bar" and trace.get("text") is not None
    return told and length_side(trace) == "y" and trace.get("textposition", "auto") in ("inside", "auto")


def _unknown(part: Mapping[str, Any], known: frozenset[str]) -> set[str]:
    return {name for name, value in _named(part) if name not in known or not _may_be(name, value)}


def _may_be(name: str, value: object) -> bool:
    allowed: Sequence[object] | None = _VALUES.get(name)
    return allowed is None or value is None or value in allowed


def _named(part: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what a part says: the whole name and the value. Packed numbers and what ``template`` and lists hold are values."""
    for name, value in part.items():
        if isinstance(value, Mapping) and name != "template" and "bdata" not in value:
            yield from _named(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value
