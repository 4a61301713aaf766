"""``fact_fund_budget``: budgets of each community for the insured of its towns, set against what the fund then paid."""

import pandas as pd

from dashboard.demo.encounters import World
from dashboard.demo.parameters import SCHEMES

_EARLIER_YEARS = 3


def _yearly(world: World, claims: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return a measure in yuan by (community, scheme) × year."""
    community = pd.Index(world.parameters.communities["community_code"]).get_indexer(world.parameters.towns["community_code"])
    frame = pd.DataFrame(
        {
            "community": community[claims["town"]],
            "scheme": claims["scheme"].to_numpy(),
            "year": world.timeline.months.year.to_numpy()[claims["month"]],
            "value": claims[column].to_numpy() / 100,
        }
    )
    return frame.pivot_table(index=["community", "scheme"], columns="year", values="value", aggfunc="sum")


def _with_earlier_years(cost: pd.DataFrame, years: list[int]) -> pd.DataFrame:
    """Return ``cost`` with the years before the first whole one, carried back at the growth of the first two whole years."""
    growth = cost[years[1]] / cost[years[0]]
    earlier = {years[0] - step: cost[years[0]] / growth**step for step in range(1, _EARLIER_YEARS + 1)}
    return pd.concat([pd.DataFrame(earlier), cost[years]], axis=1)


def budget_table(world: World, claims: pd.DataFrame) -> pd.DataFrame:
    """Return the budgets of the whole years and of the current one.

    Base = weighted cost of the three years before (2:3:5); fund base = base × fund share; budget = fund base × (1 + growth factors).
    The volume factor is what is left once the execution aimed at (``communities.csv``) is met.
    """
    rule, line = world.parameters.values["budget"], world.timeline
    years = sorted(year for year in set(line.months.year) if (line.months.year == year).sum() >= 10)
    cost = _with_earlier_years(_yearly(world, claims, "total_cost"), years)
    fund = _yearly(world, claims, "fund_paid")
    costs_by_cell, paid_by_cell = cost.to_dict("index"), fund.to_dict("index")
    weights = [weight / sum(rule["base_weights"]) for weight in rule["base_weights"]]
    known = rule["growth_quality"] + rule["growth_price"] + rule["growth_case_mix"]
    rows = []
    for community, place in enumerate(world.parameters.communities.to_dict("records")):
        for scheme, code in enumerate(SCHEMES):
            costs, paid = costs_by_cell[(community, scheme)], paid_by_cell[(community, scheme)]
            for year in years:
                execution = place[f"execution_{year}"] + rule["scheme_tilt"][code]
                base = sum(weight * costs[year - back] for weight, back in zip(weights, (3, 2, 1), strict=True))
                fund_base = base * paid[year] / costs[year]
                volume = round(paid[year] / execution / fund_base - 1 - known, 4)
                budget = fund_base * (1 + volume + known)
                rows.append(
                    {
                        "community_code": place["community_code"],
                        "scheme": code,
                        "year": year,
                        "base_cost": round(base * 100),
                        "fund_base": round(fund_base * 100),
                        "growth_volume": volume,
                        "growth_quality": rule["growth_quality"],
                        "growth_price": rule["growth_price"],
                        "growth_case_mix": rule["growth_case_mix"],
                        "budget": round(budget * 100),
                        "reserve": round(budget * rule["reserve"] * 100),
                    }
                )
    return pd.DataFrame(rows)
