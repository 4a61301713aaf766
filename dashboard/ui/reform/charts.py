"""The pictures of 改革效果."""

import pandas as pd
import plotly.graph_objects as go

from dashboard.services.reform.differences import DifferenceAnswer
from dashboard.services.reform.series import SeriesAnswer
from dashboard.ui.kit import formatting
from dashboard.ui.kit.charts import MONTH_TICKS, base_figure, drawn_once
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import plotly_text
from dashboard.ui.kit.theme import palette
from dashboard.ui.reform.words import unit_of, variant_name


@drawn_once
def series_figure(answer: SeriesAnswer) -> go.Figure:
    """Return the months, the model, what the model has without the reform, the start, and other events in the window."""
    shade = palette()
    table, unit = answer.months, plotly_text(_(answer.indicator.unit))
    figure = base_figure(shade, 360)
    decimals = max(answer.indicator.decimals, 1)
    for used, colour, name in ((True, shade.text, _("实际")), (False, shade.muted, _("未用的月份（过渡期）"))):
        rows = table[table["used"].eq(used) & table["value"].notna()]
        if len(rows):
            figure.add_scatter(
                x=rows["month"], y=rows["value"], mode="markers", name=name,
                marker={"size": 7, "color": colour if used else shade.card, "line": {"width": 1.4, "color": colour}},
                hovertemplate=f"%{{x|%Y-%m}} <b>%{{y:,.{decimals}f}}</b> {unit}<extra></extra>",
            )  # fmt: skip
    start = pd.Timestamp(answer.study.since)
    if answer.estimated:
        before, after = table[table["month"] < start], table[table["month"] >= start]
        for rows, name in ((before, _("模型")), (after, "")):
            figure.add_scatter(
                x=rows["month"], y=rows["fitted"], mode="lines", name=name or _("模型"), showlegend=bool(name), legendgroup="model",
                line={"color": shade.primary, "width": 2.4},
                hovertemplate=f"%{{x|%Y-%m}} {_('模型')} %{{y:,.{decimals}f}} {unit}<extra></extra>",
            )  # fmt: skip
        figure.add_scatter(
            x=after["month"], y=after["counterfactual"], mode="lines", name=_("若没有这项改革（模型）"),
            line={"color": shade.warning, "width": 2, "dash": "dash"},
            hovertemplate=f"%{{x|%Y-%m}} {_('若没有')} %{{y:,.{decimals}f}} {unit}<extra></extra>",
        )  # fmt: skip
    elif not pd.isna(answer.means[0]):
        for rows, mean in ((table[table["month"] < start], answer.means[0]), (table[table["month"] >= start], answer.means[1])):
            figure.add_scatter(
                x=[rows["month"].iloc[0], rows["month"].iloc[-1]], y=[mean, mean], mode="lines", showlegend=False,
                line={"color": shade.primary, "width": 2}, hovertemplate=f"{_('均值')} %{{y:,.{decimals}f}} {unit}<extra></extra>",
            )  # fmt: skip
    figure.add_vline(x=start, line={"color": shade.text, "width": 1.4, "dash": "dot"})
    for day in answer.around["starts_on"]:
        figure.add_vline(x=max(pd.Timestamp(day), table["month"].iloc[0]), line={"color": shade.border, "width": 1})
    figure.update_layout(showlegend=True)
    figure.update_xaxes(tickformat=MONTH_TICKS, fixedrange=True, showgrid=False)
    figure.update_yaxes(fixedrange=True, tickformat=",")
    return figure


@drawn_once
def sensitivity_figure(answer: SeriesAnswer) -> go.Figure:
    """Return the last effect under every other choice, with intervals and the line of no effect."""
    shade, table = palette(), answer.sensitivity
    figure = base_figure(shade, 30 * len(table) + 60)
    figure.add_scatter(
        x=table["value"], y=[plotly_text(variant_name(code)) for code in table["variant"]], mode="markers",
        marker={"size": 9, "color": shade.primary},
        error_x={
            "type": "data", "symmetric": False, "array": table["high"] - table["value"], "arrayminus": table["value"] - table["low"],
            "color": shade.muted, "thickness": 1.6, "width": 0,
        },
        customdata=table[["low", "high"]].to_numpy(),
        hovertemplate=f"%{{y}} %{{customdata[0]:.2f}}–%{{customdata[1]:.2f}} {plotly_text(unit_of(answer.indicator))}<extra></extra>",
    )  # fmt: skip
    figure.add_vline(x=0, line={"color": shade.text, "width": 1})
    figure.update_xaxes(fixedrange=True, title_text=plotly_text(unit_of(answer.indicator)))
    figure.update_yaxes(autorange="reversed", fixedrange=True)
    return figure


@drawn_once
def event_figure(answer: DifferenceAnswer) -> go.Figure:
    """Return the effect by months since the start; before it there should be nothing."""
    shade = palette()
    times = sorted(answer.by_event_time)
    values = [answer.by_event_time[time] for time in times]
    figure = base_figure(shade, 320)
    for chosen, colour, name in (
        (lambda time: time < 0, shade.muted, _("开始以前（应接近 0）")),
        (lambda time: time >= 0, shade.primary, _("开始以后")),
    ):
        places = [place for place, time in enumerate(times) if chosen(time)]
        figure.add_scatter(
            x=[times[place] for place in places], y=[values[place] for place in places], mode="lines+markers", name=name,
            line={"color": colour, "width": 2}, marker={"size": 5},
            hovertemplate=f"%{{x:+d}} {_('个月')} <b>%{{y:+.2f}}</b> {plotly_text(unit_of(answer.indicator))}<extra></extra>",
        )  # fmt: skip
    figure.add_hline(y=0, line={"color": shade.text, "width": 1})
    figure.add_vline(x=-0.5, line={"color": shade.text, "width": 1.2, "dash": "dot"})
    figure.update_layout(showlegend=True)
    figure.update_xaxes(fixedrange=True, title_text=_("距开始的月数"))
    figure.update_yaxes(fixedrange=True)
    return figure


@drawn_once
def units_figure(answer: DifferenceAnswer) -> go.Figure:
    """Return the effect of each unit as if it had been reached first: those reached filled, the others hollow."""
    shade, table = palette(), answer.units
    figure = base_figure(shade, 24 * len(table) + 40)
    labels = [plotly_text(formatting.shortened(name, 12, 1, 0.5)) for name in table["name"]]
    figure.add_bar(
        x=table["effect"], y=list(range(len(table))), orientation="h",
        marker={
            "color": [shade.primary if reached else shade.bar_background for reached in table["reached"]],
            "line": {"color": shade.primary, "width": 1}, "cornerradius": 3,
        },
        customdata=[plotly_text(name) for name in table["name"]],
        hovertemplate=f"%{{customdata}} <b>%{{x:+.2f}}</b> {plotly_text(unit_of(answer.indicator))}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(fixedrange=True, title_text=plotly_text(unit_of(answer.indicator)))
    figure.update_yaxes(autorange="reversed", fixedrange=True, tickvals=list(range(len(table))), ticktext=labels)
    return figure
