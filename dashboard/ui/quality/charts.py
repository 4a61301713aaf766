"""Charts that only 费用与质量 draws: bridge, funnel, quadrant, prices, bills, days between. They are given what they draw."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.analysis.case_mix import DaysBetween
from dashboard.analysis.chart_geometry import padded_span
from dashboard.services.quality.costs import Compared
from dashboard.ui.kit import formatting
from dashboard.ui.kit.charts import base_figure, drawn_once, mark_names, named_rows
from dashboard.ui.kit.control_figure import faded
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import plotly_text
from dashboard.ui.kit.theme import Palette, palette

_LABELLED = 9
_LINE_LETTERS = 3
"""Chinese letters under a bar of the bridge; what is longer is broken, or written aslant."""
_FIXED = {"fixedrange": True}


def _rows(shade: Palette, names: Sequence[str]) -> dict:
    return named_rows(names) | {"tickfont": {"color": shade.text, "size": 12}}


def _in_lines(label: str) -> list[str]:
    """Return ``label`` as it stands under a narrow bar: words below each other, four Chinese letters as two and two."""
    words = label.split()
    if len(words) > 1 or label.isascii() or len(label) <= _LINE_LETTERS:
        return words
    middle = math.ceil(len(label) / 2)
    return [label[:middle], label[middle:]]


@drawn_once
def bridge_figure(steps: Sequence[tuple[str, float]], total: float, height: int) -> go.Figure:
    """Return the parts of a change one after the other from 0, the whole change last; the first part is the case mix (slate)."""
    shade = palette()
    ends = np.cumsum([value for _label, value in steps])
    starts = ends - [value for _label, value in steps]
    values = [*(value for _label, value in steps), total]
    colours = [shade.muted, *(shade.primary if value >= 0 else faded(shade.primary, 0.45) for _label, value in steps[1:]), shade.text]
    tops = [*np.maximum(starts, ends), max(total, 0.0)]
    names = [label for label, _value in steps] + [_("合计变化")]
    broken = [_in_lines(name) for name in names]
    upright = max(formatting.line_width(line, 1, 0.5) for lines in broken for line in lines) <= _LINE_LETTERS
    labels = ["<br>".join(map(plotly_text, lines)) for lines in broken] if upright else [plotly_text(name) for name in names]
    bar = {
        "type": "bar",
        "x": labels,
        "y": values,
        "base": [*starts, 0.0],
        "marker": {"color": colours},
        "customdata": [formatting.number(value, signed=True) for value in values],
        "hovertemplate": "%{x}  <b>%{customdata}</b> " + _("元/例") + "<extra></extra>",
    }
    text = {
        "type": "scatter",
        "mode": "text",
        "x": labels,
        "y": tops,
        "text": [f"<b>{formatting.number(value, signed=True)}</b>" for value in values],
        "textposition": "top center",
        "textfont": {"color": shade.text, "size": 12},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }
    reach = max(tops) - min(0.0, *starts, *ends)
    return base_figure(
        shade,
        height,
        [bar, text],
        bargap=0.3,
        xaxis={"type": "category", "showgrid": False, "tickangle": 0 if upright else -40, **_FIXED},
        yaxis={"range": [min(0.0, *starts, *ends) - 0.06 * reach, max(tops) + 0.16 * reach], "zerolinecolor": shade.muted, **_FIXED},
    )


@drawn_once
def changes_figure(table: pd.DataFrame, names: Sequence[str], height: int) -> go.Figure:
    """Return for each row two bars from 0, case mix above the same diseases, with the sum written at the right."""
    shade = palette()
    places = list(range(len(names)))
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "x": table[column].tolist(),
            "y": places,
            "marker": {"color": colour},
            "customdata": [
                [plotly_text(label), formatting.number(value, signed=True)] for label, value in zip(names, table[column], strict=True)
            ],
            "hovertemplate": f"%{{customdata[0]}} · {plotly_text(name)}  <b>%{{customdata[1]}}</b><extra></extra>",
        }
        for column, name, colour in (("within", _("同病种"), shade.primary), ("mix", _("病种组合"), shade.muted))
    ]
    notes = [
        {
            "x": 1,
            "xref": "paper",
            "y": place,
            "text": f"<b>{formatting.number(value, signed=True)}</b>",
            "showarrow": False,
            "xanchor": "right",
            "font": {"color": shade.text, "size": 12},
        }
        for place, value in zip(places, table["total"], strict=True)
    ]
    low, high = min(0.0, float(table[["mix", "within"]].min().min())), max(0.0, float(table[["mix", "within"]].max().max()))
    reach = (high - low) or 1.0
    return base_figure(
        shade,
        height,
        traces,
        annotations=notes,
        barmode="group",
        showlegend=True,
        legend={"traceorder": "reversed"},
        xaxis={"range": [low - 0.04 * reach, high + 0.22 * reach], "zerolinecolor": shade.muted, **_FIXED},
        yaxis=_rows(shade, names),
    )


@drawn_once
def funnel_figure(compared: Compared, shown: pd.DataFrame, x_title: str, y_title: str, height: int) -> go.Figure:
    """Return ratios against size with both pairs of limits; what lies beyond them is ringed, in words too."""
    shade, curve = palette(), compared.curve
    band = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "x": curve["size"].tolist()}
    traces: list[dict] = [
        {**band, "y": curve["high_998"].tolist(), "line": {"width": 1, "color": faded(shade.primary, 0.5)}},
        {**band, "y": curve["low_998"].tolist(), "line": {"width": 1, "color": faded(shade.primary, 0.5)}, "fill": "tonexty",
         "fillcolor": faded(shade.primary, 0.05)},
        {**band, "y": curve["high_95"].tolist(), "line": {"width": 1, "dash": "dot", "color": faded(shade.primary, 0.7)}},
        {**band, "y": curve["low_95"].tolist(), "line": {"width": 1, "dash": "dot", "color": faded(shade.primary, 0.7)}, "fill": "tonexty",
         "fillcolor": faded(shade.primary, 0.08)},
    ]  # fmt: skip
    labelled = shown["level"].isin(["warning", "action"]) | (len(shown) <= _LABELLED)
    rings = {"action": shade.bad, "warning": shade.warning}
    traces.append(
        {
            "type": "scatter",
            "mode": "markers+text",
            "x": shown[compared.base].tolist(),
            "y": shown["ratio"].tolist(),
            "text": [name if told else "" for name, told in zip(mark_names(shown["name"]), labelled, strict=True)],
            "textposition": "top center",
            "textfont": {"color": shade.text, "size": 12},
            "cliponaxis": False,
            "marker": {
                "size": 11,
                "color": [shade.community(int(position)) for position in shown["position"]],
                "line": {
                    "width": [3 if level in rings else 1 for level in shown["level"]],
                    "color": [rings.get(level, shade.card) for level in shown["level"]],
                },
            },
            "customdata": [
                [plotly_text(row["name"]), formatting.number(row["ratio"], 2), formatting.number(row["lower"], 2),
                 formatting.number(row["upper"], 2), formatting.people(row["cases"])]
                for _code, row in shown.iterrows()
            ],
            "hovertemplate": "<b>%{customdata[0]}</b>  %{customdata[1]}（%{customdata[2]}–%{customdata[3]}）<br>"
            + _("病例 {cases}", cases="%{customdata[4]}") + "<extra></extra>",
        }
    )  # fmt: skip
    low, high = float(shown["ratio"].min()), float(shown["ratio"].max())
    middle = curve[curve["size"].between(float(shown[compared.base].min()), float(shown[compared.base].max()))]
    edges = (min(low, float(middle["low_998"].min())), max(high, float(middle["high_998"].max())))
    room = 0.12 * (edges[1] - edges[0])
    ticks = _round_sizes(float(curve["size"].min()), float(curve["size"].max()))
    return base_figure(
        shade,
        height,
        traces,
        shapes=[
            {
                "type": "line",
                "x0": 0,
                "x1": 1,
                "xref": "paper",
                "y0": 1,
                "y1": 1,
                "line": {"color": shade.muted, "width": 1, "dash": "dash"},
            }
        ],
        xaxis={"type": "log", "title": {"text": plotly_text(x_title)}, "showgrid": False, "tickvals": ticks, **_FIXED},
        yaxis={"title": {"text": plotly_text(y_title)}, "range": [max(edges[0] - room, 0), edges[1] + room], "tickformat": ".2f", **_FIXED},
    )


def _round_sizes(low: float, high: float) -> list[float]:
    """Return 1, 2, 5, 10, 20 … between ``low`` and ``high``: what a logarithmic axis writes."""
    tens = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [step * 10.0**power for power in tens for step in (1, 2, 5) if low <= step * 10.0**power <= high]


@drawn_once
def quadrant_figure(units: pd.DataFrame, cmi: float, height: int) -> go.Figure:
    """Return institutions by difficulty (CMI) and cost index; the area is cases, an arrow comes from last year where coding moved."""
    shade = palette()
    largest = float(units["cases"].max()) or 1.0
    moved = units[units["level"].eq("action") & units["cmi_before"].notna() & units["cost_index_before"].notna()]
    marks = {
        "type": "scatter",
        "mode": "markers+text",
        "x": units["cmi"].tolist(),
        "y": units["cost_index"].tolist(),
        "text": mark_names(units["name"]),
        "textposition": "top center",
        "textfont": {"color": shade.text, "size": 12},
        "cliponaxis": False,
        "error_y": {
            "type": "data",
            "array": [None if math.isnan(reach) else reach for reach in units["cost_high"] - units["cost_index"]],
            "color": shade.muted,
            "thickness": 1,
            "width": 3,
        },
        "marker": {
            "size": units["cases"].tolist(),
            "sizemode": "area",
            "sizeref": 2 * largest / 30**2,
            "sizemin": 5,
            "color": [shade.community(int(position)) for position in units["position"]],
            "opacity": 0.9,
            "line": {"width": 1, "color": shade.card},
        },
        "customdata": [
            [formatting.number(row["cmi"], 3), formatting.number(row["cost_index"], 3), formatting.people(row["cases"])]
            for _code, row in units.iterrows()
        ],
        "hovertemplate": "<b>%{text}</b><br>CMI %{customdata[0]} · "
        + _("费用指数 {value} · 病例 {cases}", value="%{customdata[1]}", cases="%{customdata[2]}")
        + "<extra></extra>",
    }
    before = {
        "type": "scatter",
        "mode": "markers",
        "x": moved["cmi_before"].tolist(),
        "y": moved["cost_index_before"].tolist(),
        "marker": {"size": 12, "color": "rgba(0,0,0,0)", "line": {"width": 1.5, "color": shade.bad}},
        "text": [_("{name} 去年同期", name=plotly_text(name)) for name in moved["name"]],
        "hovertemplate": "%{text}<extra></extra>",
    }
    arrows = [
        {"x": row["cmi"], "y": row["cost_index"], "ax": row["cmi_before"], "ay": row["cost_index_before"], "axref": "x", "ayref": "y",
         "showarrow": True, "arrowhead": 2, "arrowwidth": 1.5, "arrowcolor": shade.bad, "text": ""}
        for _code, row in moved.iterrows()
    ]  # fmt: skip
    corners = [(0.01, 0.99, "left", _("病轻 · 偏贵")), (0.99, 0.99, "right", _("病重 · 偏贵"))]
    corners += [(0.01, 0.01, "left", _("病轻 · 偏省")), (0.99, 0.01, "right", _("病重 · 偏省"))]
    notes = [
        {"x": x, "y": y, "xref": "paper", "yref": "paper", "xanchor": side, "text": plotly_text(text), "showarrow": False,
         "font": {"color": shade.muted, "size": 11}}
        for x, y, side, text in corners
    ]  # fmt: skip
    dash = {"color": shade.muted, "width": 1, "dash": "dash"}
    return base_figure(
        shade,
        height,
        [marks, before],
        annotations=[*arrows, *notes],
        shapes=[
            {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": 1, "y1": 1, "line": dash},
            {"type": "line", "y0": 0, "y1": 1, "yref": "paper", "x0": cmi, "x1": cmi, "line": dash},
        ],
        xaxis={"title": {"text": _("CMI（结算病例）")}, "range": padded_span([*units["cmi"], cmi], 0.16), "tickformat": ".2f", **_FIXED},
        yaxis={
            "title": {"text": _("费用指数（同类机构 = 1）")},
            "range": padded_span([*units["cost_index"], 1.0], 0.22),
            "tickformat": ".2f",
            **_FIXED,
        },
    )


@drawn_once
def prices_figure(table: pd.DataFrame, names: Sequence[str], height: int) -> go.Figure:
    """Return what one disease costs at each institution: a dot with its interval, the mean of all as a line."""
    shade = palette()
    inside = table[table.index != "outside"]
    mean = float((inside["mean"] / inside["share_of_mean"]).iloc[0]) if len(inside) else math.nan
    dots = {
        "type": "scatter",
        "mode": "markers+text",
        "x": table["mean"].tolist(),
        "y": list(range(len(names))),
        "text": [formatting.number(value) for value in table["mean"]],
        "textposition": "top center",
        "textfont": {"color": shade.text, "size": 12},
        "cliponaxis": False,
        "error_x": {
            "type": "data",
            "array": (table["upper"] - table["mean"]).tolist(),
            "color": shade.muted,
            "thickness": 1.2,
            "width": 4,
        },
        "marker": {
            "size": 10,
            "color": [shade.community(int(position)) for position in table["position"]],
            "symbol": ["diamond-open" if code == "outside" else "circle" for code in table.index],
        },
        "customdata": [[plotly_text(name), formatting.people(cases)] for name, cases in zip(names, table["cases"], strict=True)],
        "hovertemplate": "%{customdata[0]}  <b>%{text}</b> " + _("元，{cases} 例", cases="%{customdata[1]}") + "<extra></extra>",
    }
    return base_figure(
        shade,
        height,
        [dots],
        shapes=[
            {
                "type": "line",
                "x0": mean,
                "x1": mean,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": {"color": shade.muted, "width": 1, "dash": "dash"},
            }
        ],
        xaxis={"title": {"text": _("元/例；虚线 = 同类机构均费")}, "rangemode": "normal", **_FIXED},
        yaxis=_rows(shade, names),
    )


@drawn_once
def bills_figure(table: pd.DataFrame, names: Sequence[str], items: Mapping[str, str], height: int) -> go.Figure:
    """Return what bills are made of: one bar of 100 % a row, the share written where there is room."""
    shade = palette()
    tints = [shade.primary, faded(shade.primary, 0.72), faded(shade.muted, 0.85), faded(shade.primary, 0.5), faded(shade.primary, 0.34)]
    tints += [faded(shade.muted, 0.5), faded(shade.muted, 0.25)]
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "name": plotly_text(label),
            "x": table[item].tolist(),
            "y": list(range(len(names))),
            "marker": {"color": tint, "line": {"width": 1, "color": shade.card}},
            "text": [formatting.percent(value, 0) if value >= 0.06 else "" for value in table[item]],
            "textposition": "inside",
            "insidetextanchor": "middle",
            "textfont": {"size": 11},
            "customdata": [
                [plotly_text(name), formatting.percent(value), formatting.points(change)]
                for name, value, change in zip(names, table[item], table[f"change_{item}"], strict=True)
            ],
            "hovertemplate": f"%{{customdata[0]}} · {plotly_text(label)}  <b>%{{customdata[1]}}</b><br>"
            + _("同比 {change}", change="%{customdata[2]}")
            + "<extra></extra>",
        }
        for (item, label), tint in zip(items.items(), tints, strict=True)
    ]
    return base_figure(
        shade,
        height,
        traces,
        barmode="stack",
        showlegend=True,
        xaxis={"range": [0, 1], "visible": False, **_FIXED},
        yaxis=_rows(shade, names),
    )


@drawn_once
def days_figure(found: DaysBetween, height: int) -> go.Figure:
    """Return the days between events in their order with the limits; the interval still open is the hollow point at the end."""
    shade = palette()
    number = list(range(1, len(found.days) + 1))
    special = [mark in ("special_high", "special_low") for mark in found.marks]
    traces: list[dict] = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": number,
            "y": found.days.tolist(),
            "line": {"color": shade.primary, "width": 1.6},
            "marker": {
                "size": [9 if each else 6 for each in special],
                "color": [shade.warning if each else shade.primary for each in special],
                "symbol": ["diamond" if each else "circle" for each in special],
            },
            "text": [f"{day:%Y-%m}" for day in found.days.index],
            "hovertemplate": "%{text}  <b>" + _("相隔 {days} 天", days="%{y:.0f}") + "</b><extra></extra>",
        }
    ]  # fmt: skip
    if not math.isnan(found.open_days):
        last = (number[-1:] or [0]) + [len(number) + 1]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": last[-2:],
                "y": [*(found.days.tolist()[-1:] or [0.0]), found.open_days],
                "line": {"color": shade.primary, "width": 1.2, "dash": "dot"},
                "marker": {"size": [0, 11], "color": shade.card, "line": {"width": 2, "color": shade.primary}},
                "hovertemplate": _("至今 {days} 天未发生", days="%{y:.0f}") + "<extra></extra>",
            }
        )
    lines = [
        {
            "type": "line",
            "x0": 0,
            "x1": 1,
            "xref": "paper",
            "y0": value,
            "y1": value,
            "line": {"color": shade.muted, "width": 1, "dash": dash},
        }
        for value, dash in ((found.upper, "dot"), (found.centre, "dash"), (found.lower, "dot"))
        if not math.isnan(value)
    ]
    notes = [
        {"x": 1, "xref": "paper", "y": value, "xanchor": "right", "yanchor": "bottom", "showarrow": False,
         "font": {"color": shade.muted, "size": 11}, "text": plotly_text(_("{name} {days} 天", name=name, days=formatting.number(value)))}
        for value, name in ((found.upper, _("上限")), (found.centre, _("中心")))
        if not math.isnan(value)
    ]  # fmt: skip
    return base_figure(
        shade,
        height,
        traces,
        shapes=lines,
        annotations=notes,
        xaxis={"title": {"text": _("第几次间隔")}, "showgrid": False, **_FIXED},
        yaxis={"rangemode": "tozero", "title": {"text": _("天")}, **_FIXED},
    )
