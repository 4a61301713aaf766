"""Family-doctor contracts, basic public health and the workload that standard equivalents are counted from."""

import numpy as np
import pandas as pd

from dashboard.demo.activity import Activity
from dashboard.demo.encounters import World
from dashboard.demo.population import by_month

_GROUP_COLUMNS = {"all": "resident", "key": "key_groups", "child": "age_0_6", "elderly": "age_65_over"}
_YEAR_START_FULFILMENT = 0.10


def group_population(world: World) -> dict[str, np.ndarray]:
    """Return the people of each contract group as town × month."""
    people = {group: by_month(world.population, column, world.parameters, world.timeline) for group, column in _GROUP_COLUMNS.items()}
    aged = world.parameters.towns["aged"].to_numpy()[:, None] / 0.14
    for group, share in world.parameters.values["contracts"]["share"].items():
        older = aged if group in ("hypertension", "diabetes") else 1.0
        people[group] = np.rint(people["all"] * share * older).astype(np.int64)
    return people


def _long(world: World) -> tuple[np.ndarray, pd.DatetimeIndex]:
    centres = world.network.of("centre")
    centre, month = np.divmod(np.arange(len(centres) * len(world.timeline.months)), len(world.timeline.months))
    return world.network.codes[centres][centre], world.timeline.months[month]


def _within_year(world: World) -> np.ndarray:
    """Return the part of the year's work that is done by the end of each month."""
    return world.timeline.months.month.to_numpy() / 12


def _town_effect(world: World, topic: str, spread: float) -> np.ndarray:
    return world.rng(topic).normal(0, spread, (len(world.parameters.towns), 1))


def contract_table(world: World) -> pd.DataFrame:
    """Return ``fact_contract``. Fees are those of all contracts; the group ``all`` holds the whole."""
    rule, rng = world.parameters.values["contracts"], world.rng("contracts")
    people, effect = group_population(world), _town_effect(world, "contract towns", 0.018)
    codes, months = _long(world)
    done = _YEAR_START_FULFILMENT + (rule["fulfilment"] - _YEAR_START_FULFILMENT) * _within_year(world)
    served = _at_town(world, "signs_without_serving", 1.0)
    paid, teams = world.rng("paid packages"), np.ceil(people["all"] / rule["people_of_a_team"]).astype(np.int64)
    frames = []
    for group, (before, after) in rule["coverage"].items():
        coverage = np.clip(world.timeline.between(before, after) + effect + rng.normal(0, 0.002, people[group].shape), 0.05, 0.99)
        contracted = np.rint(people[group] * coverage).astype(np.int64)
        due = np.rint(contracted / 12 * rng.normal(1, 0.08, contracted.shape).clip(0.7, 1.3)).astype(np.int64)
        fee = contracted * rule["fee"] * 100
        frames.append(
            pd.DataFrame(
                {
                    "institution_code": codes,
                    "population_group": group,
                    "month": months,
                    "population": people[group].ravel(),
                    "contracted": contracted.ravel(),
                    "fulfilled": np.floor(contracted * np.clip(done + effect, 0, 1) * served).ravel().astype("int64"),
                    "due": due.ravel(),
                    "renewed": rng.binomial(due, np.clip(rule["renewal"] + effect, 0, 1)).ravel(),
                    **{
                        f"fee_{payer}": np.rint(fee * share).ravel().astype("int64")
                        for payer, share in zip(("fiscal", "fund", "person"), rule["fee_split"], strict=True)
                    },
                    "paid_people": paid.binomial(contracted, rule["paid_share"]).ravel(),
                    "teams": pd.array(teams.ravel(), dtype="Int64") if group == "all" else pd.array([pd.NA] * len(codes), dtype="Int64"),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _at_town(world: World, story: str, otherwise: float) -> np.ndarray:
    """Return the factor of a planted story for its town and ``otherwise`` for the rest, town × month; from the story's first month on."""
    told = world.parameters.stories[story]
    factors = np.full((len(world.parameters.towns), len(world.timeline.months)), otherwise)
    from_month = world.timeline.months >= pd.Timestamp(told["from"])
    factors[world.parameters.towns["town_code"].tolist().index(told["town"]), from_month] = told["factor"]
    return factors


def contract_use_table(world: World, contracts: pd.DataFrame) -> pd.DataFrame:
    """Return ``fact_contract_use``: where people with and without a contract go, drawn for each centre and month."""
    rule, rng = world.parameters.values["contract_use"], world.rng("care by contract status")
    frames = []
    for group, visits_each in rule["groups"].items():
        own = contracts[contracts["population_group"] == group]
        for status in ("signed", "unsigned"):
            habits = rule[status]
            people = (own["contracted"] if status == "signed" else own["population"] - own["contracted"]).to_numpy()
            visits = rng.poisson(people * visits_each * habits["visits"])
            first = rng.binomial(visits, habits["first"])
            chronic = rng.binomial(visits, rule["chronic"][group])
            frames.append(
                own[["institution_code", "population_group", "month"]].assign(
                    contract_status=status,
                    people=people,
                    visits=visits,
                    own_visits=rng.binomial(visits, habits["own"]),
                    first_visits=first,
                    primary_first_visits=rng.binomial(first, habits["primary_first"]),
                    admissions=rng.poisson(people * rule["admitted"][group] * habits["admitted"]),
                    chronic_visits=chronic,
                    lead_chronic_visits=rng.binomial(chronic, habits["lead_chronic"]),
                )
            )
    return pd.concat(frames, ignore_index=True)


def public_health_table(world: World) -> pd.DataFrame:
    """Return ``fact_public_health``; managed and managed to standard grow through the year."""
    people, rng = group_population(world), world.rng("public health")
    eligible_group = {"record": "all", "tcm": "elderly", "vaccination": "child"}
    codes, months = _long(world)
    year, drift = 0.30 + 0.70 * _within_year(world), world.timeline.between(0.96, 1.02)
    effect = _town_effect(world, "public health towns", 0.02)
    followed = world.rng("follow-up")
    rates = world.parameters.values["follow_up"]
    frames = []
    for programme, (managed, standard, controlled) in world.parameters.values["programmes"].items():
        eligible = people[eligible_group.get(programme, programme)]
        pace = np.ones(len(year)) if programme == "record" else year
        reached = np.floor(eligible * np.clip((managed + effect) * drift * pace + rng.normal(0, 0.004, eligible.shape), 0, 1))
        to_standard = np.floor(reached * np.clip((standard + effect) * drift, 0, 1))
        in_control = np.floor(reached * np.clip((controlled + effect) * drift, 0, 1))
        if programme == world.parameters.stories["all_controlled"]["programme"]:
            in_control = np.where(_at_town(world, "all_controlled", 0.0) > 0, reached, in_control)
        asked = programme in rates["programmes"]
        rest = (reached - in_control).astype(np.int64)
        missed = followed.binomial(rest, rates["missed"])
        blank = followed.binomial(rest - missed, rates["no_reading"])
        new = np.minimum(followed.binomial(reached.astype(np.int64), rates["new"]), rest - missed - blank)
        frames.append(
            pd.DataFrame(
                {
                    "institution_code": codes,
                    "programme": programme,
                    "month": months,
                    "eligible": eligible.ravel(),
                    "managed": reached.ravel().astype("int64"),
                    "managed_to_standard": to_standard.ravel().astype("int64"),
                    "controlled": in_control.ravel().astype("int64"),
                    **{
                        name: pd.array(values.ravel() if asked else [pd.NA] * len(codes), dtype="Int64")
                        for name, values in (("missed", missed), ("no_reading", blank), ("new_3m", new))
                    },
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _town_visits(world: World, done: Activity) -> np.ndarray:
    """Return the visits of each town's centre and stations (town × month): a centre reports for its stations."""
    towns, table = len(world.parameters.towns), world.network.table
    primary = table["level"].isin(["centre", "station"]).to_numpy()
    visits = np.zeros((towns, len(world.timeline.months)))
    np.add.at(visits, table["town"].to_numpy()[primary], done.visits[primary])
    return visits


def workload(world: World, done: Activity, beds: pd.DataFrame) -> pd.DataFrame:
    """Return ``fact_workload`` of the centres. W01 is the visits of ``fact_outpatient``, W03 the occupied bed-days of ``fact_bed``."""
    people, rng, line = group_population(world), world.rng("workload"), world.timeline
    centres = world.network.codes[world.network.of("centre")]
    visits = _town_visits(world, done)
    bed_days = (
        beds.pivot_table(index="institution_code", columns="month", values="occupied_bed_days", aggfunc="sum")
        .reindex(centres)
        .fillna(0)
        .to_numpy()
    )
    season = line.activity("steady", "outpatient")
    per_month = {
        "W01": visits,
        "W02": visits * 0.075,
        "W03": bed_days,
        "W04": people["elderly"] * 0.006 * season,
        "W05": people["all"] * 0.035 * season,
        "W06": people["hypertension"] * 0.82 / 3 * season,
        "W07": people["diabetes"] * 0.81 / 3 * season,
        "W08": people["elderly"] * 0.72 * np.array([0, 0, 0.10, 0.18, 0.20, 0.16, 0.08, 0.06, 0.10, 0.08, 0.04, 0])[line.months.month - 1],
        "W09": people["child"] * 0.28 * season,
        "W10": people["maternal"] * 0.16 * season,
        "W11": people["child"] * 0.16 * season,
        "W12": people["severe_mental"] / 3 * season,
        "W13": np.sqrt(people["all"]) / 70 * season,
    }
    items = world.parameters.service_items.set_index("service_item_code")
    codes, months = _long(world)
    exact = ("W01", "W03")
    frames = []
    for item, expected in per_month.items():
        quantity = np.rint(expected if item in exact else expected * rng.normal(1, 0.04, expected.shape).clip(0.8, 1.2))
        quality = np.clip(items.loc[item, "quality"] + _town_effect(world, f"quality {item}", 0.015), 0.7, 1.0)
        frames.append(
            pd.DataFrame(
                {
                    "institution_code": codes,
                    "service_item_code": item,
                    "month": months,
                    "quantity": quantity.ravel(),
                    "quality_coefficient": np.broadcast_to(quality.round(4), quantity.shape).ravel(),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def purchased(world: World, work: pd.DataFrame) -> np.ndarray:
    """Return the fiscal purchase by standard equivalents in cents, centre × month: quantity × equivalent × quality × unit value."""
    weight = work["service_item_code"].map(world.parameters.service_items.set_index("service_item_code")["standard_equivalent"])
    amount = work["quantity"] * weight * work["quality_coefficient"] * world.parameters.values["finance"]["unit_value"] * 100
    wide = work.assign(amount=amount).pivot_table(index="institution_code", columns="month", values="amount", aggfunc="sum")
    return np.rint(wide.loc[world.network.codes[world.network.of("centre")]].to_numpy()).astype(np.int64)
