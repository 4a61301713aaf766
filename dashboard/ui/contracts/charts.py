"""The pictures of 签约与公卫; figures are made from frames that may already be shown."""

import math
import textwrap

import pandas as pd
import plotly.graph_objects as go

from dashboard.analysis.suppression import ON_SCREEN
from dashboard.services.contracts.care import Chain
from dashboard.services.contracts.coverage import Contracts
from dashboard.states import SIGNS, State
from dashboard.store.codes import CONTRACT_GROUP, PROGRAMME
from dashboard.ui.kit import formatting
from dashboard.ui.kit.charts import ProgressRow, base_figure, drawn_once, progress_bars
from dashboard.ui.kit.formatting import MISSING
from dashboard.ui.kit.i18n import _, code_label, language
from dashboard.ui.kit.messages import plotly_text
from dashboard.ui.kit.theme import Palette, palette

_ROW = 30
_LINE_LETTERS = 18
"""Letters of a name beside its row before it takes a second line."""
_PLAIN = {"fixedrange": True, "showgrid": False, "zeroline": False}


_WIDE_CELLS = 14
"""Centres beside each other whose counts of three digits stand apart at the usual letter."""


@drawn_once
def ladder_figure(groups: pd.DataFrame) -> go.Figure:
    """Return the coverage of each group with its interval and target; ``groups`` as they may be shown (``coverage.COVERED``)."""
    shade = palette()
    names = [code_label(CONTRACT_GROUP, str(code)) for code in groups.index]
    known = groups["share"].fillna(-1.0) * 100
    hover = [
        f"{plotly_text(name)} <b>{formatting.percent(share)}</b><br>{_sides(part, whole)}"
        f"<br>{_('95% 区间')} {formatting.percent(low)}–{formatting.percent(high)}<br>{_('目标')} {formatting.percent(target, 0)}"
        for name, share, part, whole, low, high, target in zip(
            names,
            groups["share"],
            groups["contracted"],
            groups["population"],
            groups["lower"],
            groups["upper"],
            groups["target"],
            strict=True,
        )
    ]
    ends = [_ladder_text(state, share) for state, share in zip(groups["state"], groups["share"], strict=True)]
    return base_figure(
        shade,
        _ROW * len(groups) + 34,
        [
            {
                "type": "scatter",
                "x": known.tolist(),
                "y": list(range(len(groups))),
                "mode": "markers",
                "marker": {"size": 11, "color": [_dot(shade, state) for state in groups["state"]]},
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": ((groups["upper"] - groups["share"]) * 100).fillna(0).tolist(),
                    "arrayminus": ((groups["share"] - groups["lower"]) * 100).fillna(0).tolist(),
                    "color": shade.muted,
                    "thickness": 2,
                    "width": 0,
                },
                "customdata": hover,
                "hovertemplate": "%{customdata}<extra></extra>",
            }
        ],
        xaxis={
            "range": [34, 103], "domain": [0, 0.74], "tickvals": [40, 60, 80, 100], "ticktext": ["40%", "60%", "80%", "100%"],
            "fixedrange": True, "side": "top",
        },
        yaxis={"tickvals": list(range(len(groups))), "ticktext": [_in_lines(name) for name in names], "autorange": "reversed", **_PLAIN},
        shapes=[
            {
                "type": "line", "x0": 100 * target, "x1": 100 * target, "y0": place - 0.36, "y1": place + 0.36,
                "line": {"color": shade.text, "width": 2},
            }
            for place, target in enumerate(groups["target"])
            if not math.isnan(target)
        ],
        annotations=[
            {
                "x": 1, "xref": "paper", "y": place, "text": plotly_text(text), "showarrow": False, "xanchor": "right",
                "font": {"size": 12, "color": shade.state(state)},
            }
            for place, (text, state) in enumerate(zip(ends, groups["state"], strict=True))
        ],
    )  # fmt: skip


def _in_lines(name: str) -> str:
    """Return a name as a chart writes it beside its row: a long one in lines, so that it leaves room for the marks."""
    return plotly_text("\n".join(textwrap.wrap(name, _LINE_LETTERS, break_long_words=False)))


def _dot(shade: Palette, state: State) -> str:
    return shade.primary if state == State.NEUTRAL else shade.state(state)


def _sides(part: float, whole: float) -> str:
    return f"{formatting.people(part, language())} ÷ {formatting.people(whole, language())}"


def _ladder_text(state: State, share: float) -> str:
    return MISSING if math.isnan(share) else f"{formatting.percent(share)} {SIGNS[state]}".strip()


@drawn_once
def pace_figure(answer: Contracts, month: pd.Timestamp) -> go.Figure:
    """Return fulfilment of this year and the last against the time that has passed; each year begins at nothing in January."""
    shade = palette()
    months = answer.months[answer.months.index >= pd.Timestamp(month.year - 1, 1, 1)]
    traces: list[dict] = []
    for year, colour, width in ((month.year - 1, shade.muted, 1.5), (month.year, shade.primary, 2.5)):
        rows = months[pd.DatetimeIndex(months.index).year == year]
        if rows.empty:
            continue
        sides = [_sides(done, signed) for done, signed in zip(rows["fulfilled"], rows["contracted"], strict=True)]
        traces.append(
            {
                "type": "scatter", "x": list(pd.DatetimeIndex(rows.index).month), "y": (rows["share"] * 100).tolist(), "name": str(year),
                "mode": "lines+markers", "line": {"color": colour, "width": width}, "marker": {"size": 5}, "customdata": sides,
                "hovertemplate": f"{year}-%{{x:02d}} <b>%{{y:.1f}}%</b><br>%{{customdata}}<extra></extra>",
            }
        )  # fmt: skip
    line = months[pd.DatetimeIndex(months.index).year == month.year]["expected"]
    traces.append(
        {
            "type": "scatter", "x": list(pd.DatetimeIndex(line.index).month), "y": (line * 100).tolist(), "name": _("时序"),
            "mode": "lines", "line": {"color": shade.text, "width": 1, "dash": "dot"},
            "hovertemplate": f"{_('应到')} %{{y:.1f}}%<extra></extra>",
        }
    )  # fmt: skip
    if not math.isnan(answer.year_end):
        traces.append(
            {
                "type": "scatter", "x": [month.month, 12], "y": [float(answer.months["share"][month]) * 100, answer.year_end * 100],
                "name": _("按去年节奏"), "mode": "lines+markers", "line": {"color": shade.primary, "width": 1.5, "dash": "dash"},
                "marker": {"size": 6, "symbol": "circle-open"}, "hovertemplate": f"{_('年末约')} %{{y:.1f}}%<extra></extra>",
            }
        )  # fmt: skip
    return base_figure(
        shade,
        300,
        traces,
        showlegend=True,
        legend={
            "orientation": "h", "x": -0.12, "y": 1.02, "yanchor": "bottom", "entrywidth": 0.5, "entrywidthmode": "fraction",
            "font": {"size": 11},
        },
        xaxis={
            "tickvals": [1, 3, 6, 9, 12], "ticktext": [_("{month}月", month=each) for each in (1, 3, 6, 9, 12)], "range": [0.6, 12.4],
            **_PLAIN,
        },
        yaxis={"range": [0, 104], "ticksuffix": "%", "fixedrange": True},
    )  # fmt: skip


def pace_state(pace: float, on: float, off: float) -> State:
    """Return how a pace stands to the lines of the settings."""
    if math.isnan(pace):
        return State.UNKNOWN
    return State.GOOD if pace >= on else State.WARNING if pace >= off else State.BAD


@drawn_once
def served_figure(rows: pd.DataFrame, expected: float, lines: tuple[float, float], colours: list[str]) -> go.Figure:
    """Return one bar of fulfilment per row with a tick at the share that is due; ``rows`` as they may be shown (``coverage.SERVED``)."""
    shade = palette()
    bars = []
    for (_code, row), colour in zip(rows.iterrows(), colours, strict=True):
        state = pace_state(float(row["pace"]), *lines)
        pace = formatting.number(row["pace"], 2)
        sides = _sides(row["fulfilled"], row["contracted"])
        below = _("节奏 {pace}", pace=pace)
        if row["short"] >= 1:
            below += f"{_('，')}{_('少服务 {people} 人', people=formatting.number(row['short']))}"
        bars.append(
            ProgressRow(
                label=str(row["name"]),
                share=float(row["share"]),
                text=f"{formatting.percent(row['share'])} {SIGNS[state]}".strip(),
                below=below,
                colour=colour,
                text_colour=shade.state(state),
                hover=f"{sides}{_('，')}{below}",
            )
        )
    return progress_bars(bars, expected=expected)


@drawn_once
def chain_figure(chain: Chain) -> go.Figure:
    """Return the steps from estimated prevalence to control as bars of people, each with its share of the step before.

    ``chain`` is as it may be shown (``care.shown_chain``).
    """
    shade = palette()
    steps = [
        (_("估算患病"), chain.estimated, ""),
        (
            _("登记"),
            chain.registered,
            _("{share} ÷ 估算", share=formatting.percent(chain.registered / chain.estimated))
            if chain.estimated > 0 and chain.registered >= ON_SCREEN
            else "",
        ),
        (_("已管理"), chain.managed, _("{share} ÷ 登记", share=formatting.percent(chain.shares["managed_share"]))),
        (_("规范"), chain.to_standard, _("{share} ÷ 管理", share=formatting.percent(chain.shares["to_standard_share"]))),
        (_("控制"), chain.controlled, _("{share} ÷ 管理", share=formatting.percent(chain.shares["controlled_share"]))),
    ]
    known = [(name, value, text) for name, value, text in steps if not math.isnan(value)]
    dashed = [name == _("估算患病") for name, _value, _text in known]
    texts = [f"{formatting.people(value, language())}  {text}" for _name, value, text in known]
    widest = max((value for _name, value, _text in known), default=1.0) or 1.0
    return base_figure(
        shade,
        34 * len(known) + 12,
        [
            {
                "type": "bar",
                "orientation": "h",
                "x": [value if value == 0 or value >= ON_SCREEN else ON_SCREEN for _name, value, _text in known],
                "y": [plotly_text(name) for name, _value, _text in known],
                "text": [plotly_text(text) for text in texts],
                "textposition": "outside",
                "cliponaxis": False,
                "marker": {
                    "color": ["rgba(0,0,0,0)" if hollow else shade.primary for hollow in dashed],
                    "line": {"color": [shade.muted if hollow else shade.primary for hollow in dashed], "width": 1.2},
                    "cornerradius": 3,
                },
                "hovertemplate": "%{y} %{text}<extra></extra>",
            }
        ],
        xaxis={"range": [0, widest * 1.75], "visible": False, "fixedrange": True},
        yaxis={"autorange": "reversed", "tickfont": {"color": shade.text}, **_PLAIN},
    )


@drawn_once
def split_figure(chain: Chain) -> go.Figure:
    """Return the four shares of the patients managed for longer than three months as one bar of 100 %."""
    shade = palette()
    parts = (
        ("controlled", _("控制"), shade.primary),
        ("not_controlled", _("未控制"), shade.warning),
        ("missed", _("未随访"), shade.muted),
        ("no_reading", _("无读数"), shade.border),
    )
    data = [
        {
            "type": "bar", "orientation": "h", "x": [100 * float(chain.split[name])], "y": [""], "name": label,
            "marker": {"color": colour}, "text": [f"{label} {formatting.percent(chain.split[name], 0)}"], "textposition": "inside",
            "insidetextanchor": "middle", "textangle": 0, "hovertemplate": "%{text}<extra></extra>",
        }
        for name, label, colour in parts
    ]  # fmt: skip
    return base_figure(
        shade,
        44,
        data,
        barmode="stack",
        uniformtext={"mode": "hide", "minsize": 10},
        xaxis={"range": [0, 100], "visible": False, "fixedrange": True},
        yaxis={"visible": False, "fixedrange": True},
    )


@drawn_once
def programmes_figure(table: pd.DataFrame) -> go.Figure:
    """Return how many of those to be managed were reached, by programme, this year and a year ago."""
    shade = palette()
    names = [_in_lines(code_label(PROGRAMME, str(code))) for code in table.index]
    sides = [_sides(part, whole) for part, whole in zip(table["managed"], table["eligible"], strict=True)]
    return base_figure(
        shade,
        40 * len(table) + 30,
        [
            {
                "type": "bar", "orientation": "h", "y": names, "x": (table["managed_share"] * 100).tolist(), "name": _("管理率"),
                "marker": {"color": shade.primary, "cornerradius": 3}, "customdata": sides, "width": 0.5,
                "text": [formatting.percent(share) for share in table["managed_share"]], "textposition": "outside", "cliponaxis": False,
                "hovertemplate": "%{y} <b>%{x:.1f}%</b><br>%{customdata}<extra></extra>",
            },
            {
                "type": "scatter", "y": names, "x": (table["last_year"] * 100).tolist(), "mode": "markers", "name": _("去年同月"),
                "marker": {"symbol": "line-ns-open", "size": 16, "color": shade.muted, "line": {"width": 2}},
                "hovertemplate": f"%{{y}} {_('去年同月')} %{{x:.1f}}%<extra></extra>",
            },
        ],
        showlegend=True,
        xaxis={"range": [0, 130], "visible": False, "fixedrange": True},
        yaxis={"autorange": "reversed", "tickfont": {"color": shade.text}, **_PLAIN},
    )  # fmt: skip


@drawn_once
def grid_figure(grid: pd.DataFrame, ways: dict[int, str], colours: Palette | None = None) -> go.Figure:
    """Return the eight ways × centres: fill and sign where the text gives a number, else the count on a neutral fill; "—" is unknown."""
    shade = colours or palette()
    centres = list(dict.fromkeys(grid["centre"]))
    names = grid.drop_duplicates("centre").set_index("centre")["name"]
    wide = {
        column: grid.pivot(index="way", columns="centre", values=column).reindex(columns=centres) for column in ("value", "state", "needed")
    }
    levels, texts, hovers = [], [], []
    for way in wide["value"].index:
        row_levels, row_texts, row_hovers = [], [], []
        for centre in centres:
            value, state, needed = (wide[column][centre][way] for column in ("value", "state", "needed"))
            level, text = _cell(int(way), float(value), str(state), float(needed))
            row_levels.append(level)
            row_texts.append(text)
            row_hovers.append(f"{plotly_text(names[centre])} · {plotly_text(ways[int(way)])}<br>{plotly_text(text)}")
        levels.append(row_levels)
        texts.append(row_texts)
        hovers.append(row_hovers)
    letters = 11 if len(centres) <= _WIDE_CELLS else 9
    fills = [shade.heat[0], shade.heat[1], shade.heat[2], shade.heat[3]]
    return base_figure(
        shade,
        34 * len(levels) + 96,
        [
            {
                "type": "heatmap", "z": levels, "x": list(range(len(centres))), "y": list(range(len(levels))), "text": texts,
                "customdata": hovers, "texttemplate": "%{text}", "textfont": {"color": shade.text, "size": letters},
                "hovertemplate": "%{customdata}<extra></extra>", "zmin": -0.5, "zmax": 3.5, "showscale": False, "xgap": 3, "ygap": 4,
                "colorscale": [[edge / 4, colour] for place, colour in enumerate(fills) for edge in (place, place + 1)],
            }
        ],
        xaxis={
            "side": "top", "tickvals": list(range(len(centres))), "tickangle": -60 if len(centres) > 8 else 0,
            "ticktext": [plotly_text(formatting.shortened(str(names[centre]), 4, 1, 0.5)) for centre in centres], **_PLAIN,
        },
        yaxis={
            "autorange": "reversed", "tickvals": list(range(len(levels))), "tickfont": {"color": shade.text},
            "ticktext": [plotly_text(ways[int(way)]) for way in wide["value"].index], **_PLAIN,
        },
    )  # fmt: skip


def _cell(way: int, value: float, state: str, needed: float) -> tuple[int, str]:
    if way == 8:
        text = formatting.people(value, language())
    elif way == 5 and not math.isnan(needed) and value < 1 and value > 0:
        text = formatting.percent(value, 0)
    else:
        text = formatting.number(value)
    if state == "unknown":
        return 0, text
    if math.isnan(needed):
        return 2, text
    level, sign = {"met": (3, SIGNS[State.GOOD]), "some": (1, SIGNS[State.WARNING]), "none": (0, SIGNS[State.BAD])}[state]
    return level, f"{text}<br>{sign}"
