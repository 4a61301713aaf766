"""What the lead hospitals do for their members: postings, support, shared centres."""

import numpy as np
import pandas as pd

from dashboard.demo.encounters import World


def _pairs(world: World) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return lead, centre and residents in thousands of each pair of a centre and its lead hospital."""
    net = world.network
    centres = net.of("centre")
    leads = net.leads[net.table["community"].to_numpy()[centres]]
    return leads, centres, world.parameters.towns["residents"].to_numpy(dtype=float)


def _long(world: World, leads: np.ndarray, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray, pd.DatetimeIndex]:
    pair, month = np.divmod(np.arange(len(centres) * len(world.timeline.months)), len(world.timeline.months))
    return world.network.codes[leads][pair], world.network.codes[centres][pair], world.timeline.months[month]


def _weak(world: World, centres: np.ndarray) -> np.ndarray:
    """Return how much of the usual cooperation each centre gets: less in the community of the weak-down-referral story."""
    story = world.parameters.position(world.parameters.stories["weak_down_referral"]["community"])
    return np.where(world.network.table["community"].to_numpy()[centres] == story, 0.78, 1.0)


def posting_table(world: World) -> pd.DataFrame:
    """Return ``fact_posting``: physicians posted down, short tours, attachments upward."""
    rule, rng, trained = world.parameters.values["posting"], world.rng("posting"), world.rng("training of three months")
    leads, centres, people = _pairs(world)
    size = (0.6 + people / people.mean() * 0.4) * _weak(world, centres)
    work = 21 * world.timeline.festival("inpatient")
    frames = []
    kinds = (
        ("posting_down", "people_per_centre", 1.0),
        ("short_support", "tours_per_centre", 0.09),
        ("training_up", "training_per_centre", 0.9),
    )
    for kind, level, presence in kinds:
        aimed = size[:, None] * world.timeline.between(*rule[level])
        people_there = np.floor(aimed + rng.random(aimed.shape)).astype(np.int64)
        origin, target, months = _long(world, *((centres, leads) if kind == "training_up" else (leads, centres)))
        days = np.rint(people_there * work * presence)
        ended = trained.binomial(people_there, rule["training_three_months"]).ravel()
        known = ended if kind == "training_up" else [pd.NA] * people_there.size
        qualified = rng.binomial(people_there, rule["qualified"]) if kind == "posting_down" else np.zeros(people_there.shape)
        frames.append(
            pd.DataFrame(
                {
                    "from_code": origin,
                    "to_code": target,
                    "kind": kind,
                    "month": months,
                    "people": people_there.ravel(),
                    "person_days": days.ravel().astype("int64"),
                    "qualified_people": qualified.ravel().astype("int64"),
                    "people_3_months": pd.array(known, dtype="Int64"),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def support_table(world: World) -> pd.DataFrame:
    """Return ``fact_support``: sessions and people by kind of support."""
    rng = world.rng("support")
    leads, centres, people = _pairs(world)
    size = (0.5 + people / people.mean() * 0.5) * _weak(world, centres)
    lead, member, months = _long(world, leads, centres)
    time = world.timeline.between(0.75, 1.2) * world.timeline.festival("outpatient")
    story = world.parameters.stories["passed_over"]
    passed_over = world.parameters.towns["town_code"].isin(story["towns"]).to_numpy()
    since = (world.timeline.months >= pd.Timestamp(story["from"])) & ~world.timeline.months.isin(pd.to_datetime(story["but"]))
    frames = []
    for kind, (sessions, each) in world.parameters.values["support"].items():
        held = rng.poisson(size[:, None] * sessions * time)
        if kind in story["kinds"]:
            held[np.ix_(passed_over, since)] = 0
        frames.append(
            pd.DataFrame(
                {
                    "lead_code": lead,
                    "member_code": member,
                    "kind": kind,
                    "month": months,
                    "sessions": held.ravel(),
                    "people": rng.poisson(held * each).ravel(),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def shared_service_table(world: World) -> pd.DataFrame:
    """Return ``fact_shared_service``: what the centres ask of the shared centres that the lead hospitals run."""
    rng, values = world.rng("shared services"), world.parameters.values
    leads, centres, people = _pairs(world)
    lead, requester, months = _long(world, leads, centres)
    time = world.timeline.between(0.55, 1.0) * world.timeline.activity("steady", "outpatient")
    recognised = np.tile(world.timeline.between(*values["recognition"]), len(centres))
    frames = []
    for centre, rule in values["centres_shared"].items():
        requests = rng.poisson(people[:, None] * rule["requests"] * time).ravel()
        tested = rng.binomial(requests, 0.38) if centre in ("imaging", "laboratory") else np.zeros(len(requests), dtype=int)
        accepted = rng.binomial(tested, recognised)
        minutes = np.tile(world.timeline.between(rule["before_minutes"], rule["minutes"]), len(centres)) * rng.lognormal(
            0, 0.10, len(requests)
        )
        reports = rng.binomial(requests, 0.985)
        frames.append(
            pd.DataFrame(
                {
                    "centre": centre,
                    "requester_code": requester,
                    "provider_code": lead,
                    "month": months,
                    "requests": requests,
                    "reports": reports,
                    "median_turnaround_minutes": np.where(reports > 0, np.round(minutes, 1), np.nan),
                    "recognised_results": accepted,
                    "repeated_results": tested - accepted,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)
