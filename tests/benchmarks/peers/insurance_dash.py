"""The insurance what-if as a plain Dash page: the same model, the same blocks, one slider. What the product's sliders are measured against.

    PYTHONPATH=/tmp/peers .venv/bin/python -m tests.benchmarks.peers.insurance_dash --port 8700

It asks the same services for the same plan and draws number cards, waterfall, balances by community and scheme, sentences, tornado and the
table of scenarios with Dash's own means, all in one answer. It is a yardstick, not a page: no filters, no definitions, no second language.
"""

import argparse
from collections.abc import Sequence

import dash
import plotly.graph_objects as go
from dash import Input, Output, dcc, html

from dashboard.services.common.cache import current_database
from dashboard.services.insurance.answer import Model, insurance_model, preset_columns, reasons, standings
from dashboard.services.insurance.plan import with_value
from dashboard.store.scope import COUNTY
from dashboard.whatif.outcome import Outcome

COEFFICIENT = "extra_growth"
"""The first slider of the product's page."""
_MILLION = 1e6
_LAYOUT = {"height": 260, "margin": {"l": 8, "r": 8, "t": 8, "b": 8}, "showlegend": False}


def _millions(amount: float) -> str:
    return f"{amount / _MILLION:,.1f}"


def _cards(outcome: Outcome, reference: Outcome, overspend: float) -> list[html.Div]:
    kept = float(outcome.communities["community_share"].clip(lower=0).sum())
    told = [
        ("总额预算", _millions(outcome.budget), _millions(outcome.budget - reference.budget)),
        ("预计支出", _millions(outcome.spending), _millions(outcome.spending - reference.spending)),
        ("全县结余", _millions(outcome.balance), f"{overspend:.0%}"),
        ("结余留用", _millions(kept), ""),
        ("盈亏平衡增速", f"{outcome.break_even_growth:+.1%}", ""),
    ]
    return [html.Div([html.Div(name), html.B(value), html.Small(below)], style={"flex": 1}) for name, value, below in told]


def _scenarios(model: Model, outcome: Outcome) -> html.Table:
    columns = [("当前", outcome), *((each.name, each.column.outcome) for each in preset_columns(model))]
    rows = [
        ("综合增速", lambda each: f"{each.budget / each.fund_base - 1:+.1%}"),
        ("总额预算", lambda each: _millions(each.budget)),
        ("预计支出", lambda each: _millions(each.spending)),
        ("全县结余", lambda each: _millions(each.balance)),
        ("超支的医共体·险种数", lambda each: str(len(each.overspending_units))),
        ("最低一项结余", lambda each: _millions(float(each.units["balance"].min()))),
        *(
            (name, lambda each, name=name: f"{each.indicators[name].value or 0:.1%}")
            for name in ("county_visit_rate", "county_admission_share", "primary_visit_rate", "county_fund_share")
        ),
    ]
    head = html.Tr([html.Th(""), *(html.Th(name) for name, _outcome in columns)])
    body = [html.Tr([html.Th(label), *(html.Td("—" if each is None else write(each)) for _name, each in columns)]) for label, write in rows]
    return html.Table([html.Thead(head), html.Tbody(body)])


def drawn(model: Model, growth: float) -> tuple[object, ...]:
    """Return the content of all six blocks for one position of the slider (a share: 0.01 = 1 %)."""
    plan = with_value(model.start(), model.baseline, COEFFICIENT, growth)
    outcome, reference, chance = model.run(plan), model.reference(), model.uncertainty(plan)
    steps = outcome.waterfall(None, None)
    measures = ["absolute", *("relative" for _step in steps[1:-1]), "total"]
    waterfall = go.Figure(go.Waterfall(x=[step.id for step in steps], y=[step.change for step in steps], measure=measures), layout=_LAYOUT)
    found = standings(outcome, reference, chance)
    rows = list(range(len(found)))
    ranges = go.Bar(y=rows, base=[each.low for each in found], x=[each.high - each.low for each in found], orientation="h", opacity=0.3)
    before = go.Scatter(y=rows, x=[each.before for each in found], mode="markers", marker={"symbol": "circle-open"})
    now = go.Scatter(y=rows, x=[each.balance for each in found], mode="markers+text", text=[f"{each.overspend:.0%}" for each in found])
    bars = [bar for bar in model.tornado(plan) if bar.reach > 0][:9]
    names = [bar.coefficient for bar in bars]
    sides = [
        go.Bar(y=names, x=[bar.low_change for bar in bars], orientation="h"),
        go.Bar(y=names, x=[bar.high_change for bar in bars], orientation="h"),
    ]
    sentences = [html.P(str(reason)) for reason in reasons(outcome, reference)]
    return (
        _cards(outcome, reference, float(chance.county["overspend_probability"])),
        waterfall,
        go.Figure([ranges, before, now], layout=_LAYOUT),
        sentences,
        go.Figure(sides, layout={**_LAYOUT, "barmode": "overlay"}),
        _scenarios(model, outcome),
    )


def page(model: Model) -> dash.Dash:
    """Return the page, every block of which follows the slider."""
    app = dash.Dash("peer", serve_locally=True)
    coefficient = model.baseline.coefficients.coefficients[COEFFICIENT]
    start = model.values(model.start())[COEFFICIENT]
    slider = dcc.Input(
        id="slider", type="range", min=coefficient.lower, max=coefficient.upper, step=coefficient.step, value=start, style={"width": 240}
    )
    charts: Sequence[str] = ("waterfall", "standings", "tornado")
    plain = {"displayModeBar": False}
    graphs = {name: html.Div(dcc.Graph(id=name, config=plain), style={"width": "48%", "display": "inline-block"}) for name in charts}
    blocks = [html.Div(id="cards", style={"display": "flex"}), graphs["waterfall"], graphs["standings"], html.Div(id="sentences")]
    app.layout = html.Div([slider, html.Div([*blocks, graphs["tornado"], html.Div(id="scenarios")], id="board")])
    places = [("cards", "children"), ("waterfall", "figure"), ("standings", "figure"), ("sentences", "children")]
    places += [("tornado", "figure"), ("scenarios", "children")]
    app.callback([Output(*place) for place in places], Input("slider", "value"))(lambda value: drawn(model, float(value)))
    return app


def main() -> None:
    """Serve the page until it is stopped."""
    parser = argparse.ArgumentParser(description="Serve the insurance what-if as a Dash page.")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    model = insurance_model(current_database(COUNTY))
    if not isinstance(model, Model):
        raise SystemExit("the database has no baseline to run on")
    app = page(model)
    app.server.add_url_rule("/_stcore/health", view_func=lambda: "ok")  # where the benchmark asks whether a server is up
    app.run(port=options.port, debug=False)


if __name__ == "__main__":
    main()
