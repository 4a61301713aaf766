"""People: residents by town and year, the insured by town, scheme and month."""

import numpy as np
import pandas as pd

from dashboard.demo.parameters import Parameters
from dashboard.demo.timeline import Timeline

_LAST_YEAR = 2025


def population_table(parameters: Parameters, timeline: Timeline) -> pd.DataFrame:
    """Return ``fact_population``, one row for each town and year."""
    rule, towns = parameters.values["population"], parameters.towns
    frames = []
    for year in sorted(set(timeline.months.year)):
        elapsed = year - _LAST_YEAR
        resident = (towns["residents"] * 1000 * (1 + towns["growth"]) ** elapsed).round()
        employee = rule["insured_employee"] + rule["employee_shift"] * elapsed
        frames.append(
            pd.DataFrame(
                {
                    "town_code": towns["town_code"],
                    "year": year,
                    "registered": resident * np.clip(rule["registered"] + towns["aged"] - 0.13, 0.5, 0.98),
                    "resident": resident,
                    "age_0_6": resident * (rule["age_0_6"] + 0.12 * (0.14 - towns["aged"])),
                    "age_65_over": resident * (towns["aged"] + 0.004 * elapsed),
                    "key_groups": resident * (rule["key_groups"] + 0.9 * (towns["aged"] - 0.14)),
                    "insured_employee": resident * (employee - 0.8 * (towns["aged"] - 0.13)),
                    "insured_resident": resident
                    * (rule["insured_resident"] - rule["employee_shift"] * elapsed + 0.9 * (towns["aged"] - 0.13)),
                }
            )
        )
    table = pd.concat(frames, ignore_index=True)
    counts = table.columns.drop(["town_code", "year"])
    return table.assign(**{name: table[name].round().astype("int64") for name in counts})


def by_month(table: pd.DataFrame, column: str, parameters: Parameters, timeline: Timeline) -> np.ndarray:
    """Return a column of ``fact_population`` as town × month."""
    wide = table.pivot(index="town_code", columns="year", values=column).loc[parameters.towns["town_code"]]
    return wide[timeline.months.year].to_numpy()


def insured(table: pd.DataFrame, parameters: Parameters, timeline: Timeline) -> np.ndarray:
    """Return the insured as town × scheme × month."""
    return np.stack([by_month(table, f"insured_{scheme}", parameters, timeline) for scheme in ("employee", "resident")], axis=1).astype(
        float
    )
