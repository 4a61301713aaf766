"""The calendar of reforms and events, with the two reforms whose effects are planted."""

import pandas as pd

from dashboard.demo.encounters import World


def event_table(world: World) -> pd.DataFrame:
    """Return ``dim_event``: the events of ``events.csv``, the booking pool of one community, the TCM clinics of the centres one by one."""
    stories = world.parameters.stories
    pool, clinics = stories["booking_pool"], stories["tcm_clinics"]
    centres = dict(zip(world.parameters.towns["town_code"], world.network.codes[world.network.of("centre")], strict=True))
    rows = [
        {"event_code": "V10", "reform_code": "booking_pool", "title": "统一预约号源池", "kind": "reform", "starts_on": pool["from"],
         "community_code": pool["community"], "source": "演示：当月一次性生效"},
    ]  # fmt: skip
    rows += [
        {"event_code": f"V2{place}", "reform_code": "tcm_clinics", "title": "中医馆建设", "kind": "reform", "starts_on": start,
         "institution_code": centres[town], "source": "演示：分批推开"}
        for place, (town, start) in enumerate((town, start) for start, towns in clinics["starts"].items() for town in towns)
    ]  # fmt: skip
    return pd.concat([world.parameters.events, pd.DataFrame(rows)], ignore_index=True)
