"""Devices of 床位与设备: use, examinations, positive rate, downtime, age, price per examination; ranking, places, sharing."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from dashboard.analysis.accessibility import distance_minutes
from dashboard.analysis.equipment import equipment_indicators, sharing_candidates, years_between
from dashboard.analysis.naming import distinct
from dashboard.analysis.periods import Period
from dashboard.analysis.small_counts import Guard, People
from dashboard.catalogue.utilisation import utilisation_settings
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.common.filters import Level
from dashboard.services.utilisation.beds import selected_institutions
from dashboard.store.query import run_query

LARGE = "large"
_SUMS = ["available_hours", "working_hours", "examinations", "positives", "downtime_hours", "purchase_value"]
_ANY_SPEED = 40.0
_RATES = ("positive_rate", "positive_low", "positive_high")
EXAMINED = Guard(
    (People("examinations", within=(("institution_code",),)), People("positives", part_of="examinations")),
    dict.fromkeys(_RATES, ("positives", "examinations"))
    | dict.fromkeys(("examinations_per_day", "written_off_per_examination"), ("examinations",)),
)
"""Examinations and positives of devices; rates and prices per examination stand beside them."""
EXAMINED_PLACES = Guard((People("examinations"), People("positives", part_of="examinations")), EXAMINED.gives_away)
"""The same by institution."""


@dataclass(frozen=True, eq=False)
class DeviceType:
    """A kind of device in the selection, with how many pieces there are."""

    code: str
    name: str
    large: bool
    pieces: int


@dataclass(frozen=True, eq=False)
class EquipmentAnswer:
    """The devices asked for.

    ``devices``: by equipment_code: name, type_name, institution_code, institution (name), position, months, the sums, age_years,
    positive_rate_reference, below_reference (the whole interval lies under it), and the columns of ``equipment_indicators``.
    ``places``: the same figures by institution, with devices, longitude and latitude. ``total``: one series over all.
    ``sharing``: pairs of neighbours with the devices of one type, names resolved: type_name, way, place_name, partner_name, ….
    """

    devices: pd.DataFrame
    places: pd.DataFrame
    total: pd.Series
    sharing: pd.DataFrame
    located: bool

    def shown(self) -> "EquipmentAnswer":
        """Return the answer as the screen may show it: few examinations or positives are hidden, and the rates beside them."""
        whole = self.total.to_frame().T.assign(whole=True)
        alone = Guard(
            (People("examinations", totalled=False), People("positives", part_of="examinations", totalled=False)), EXAMINED.gives_away
        )
        return replace(
            self,
            devices=EXAMINED.hide(self.devices).frame,
            places=EXAMINED_PLACES.hide(self.places).frame,
            total=alone.hide(whole).frame.iloc[0],
        )


@cached()
def _register(database: ReportingDatabase, period: Period) -> pd.DataFrame:
    rows = run_query(database, "utilisation/equipment_use", first_month=period.first, last_month=period.last, last_day=period.end)
    figures = [*_SUMS, "positive_rate_reference", "months"]
    rows = rows.astype(dict.fromkeys(figures, "float64") | {"is_large": bool})
    kinds = distinct(rows.groupby("equipment_type_code")["type_name"].first())
    rows["type_name"] = rows["equipment_type_code"].map(kinds)
    return rows.assign(age_years=years_between(rows["purchased_on"], period.end)).set_index("equipment_code")


def _chosen(database: ReportingDatabase, period: Period, community: str | None, level: Level) -> pd.DataFrame:
    register = _register(database, period)
    about = selected_institutions(database, community, level)
    kept = register[register["institution_code"].isin(about.index)]
    codes = kept["institution_code"]
    institution = codes.map(about["short_name"])
    return kept.assign(name=distinct(kept["name"], institution), institution=institution, position=codes.map(about["position"]))


@cached()
def device_types(
    database: ReportingDatabase, period: Period, community: str | None = None, level: Level = Level.ALL
) -> tuple[DeviceType, ...]:
    """Return the kinds of devices of the selection, large equipment first; empty without a register of devices."""
    devices = _chosen(database, period, community, level)
    kinds = devices.groupby("equipment_type_code").agg(name=("type_name", "first"), large=("is_large", "first"), pieces=("name", "size"))
    ordered = kinds.reset_index().sort_values(["large", "equipment_type_code"], ascending=[False, True])
    return tuple(
        DeviceType(str(code), str(name), bool(large), int(pieces))
        for code, name, large, pieces in ordered.itertuples(index=False, name=None)
    )


@cached()
def equipment_answer(
    database: ReportingDatabase, period: Period, kind: str = LARGE, community: str | None = None, level: Level = Level.ALL
) -> EquipmentAnswer | None:
    """Return the devices of one type, or all large equipment (``LARGE``), in ``period``; None when there are none."""
    devices = _chosen(database, period, community, level)
    devices = devices[devices["is_large"] if kind == LARGE else devices["equipment_type_code"].eq(kind)]
    if devices.empty:
        return None
    days = period.days / len(period.months) * devices["months"]
    devices = devices.assign(days=days)
    devices = devices.join(equipment_indicators(devices, utilisation_settings().service_life_years))
    devices = devices.assign(below_reference=devices["positive_high"] < devices["positive_rate_reference"])
    places = _by_place(database, devices, period)
    total = _sums(devices.assign(whole="all"), "whole", period).iloc[0]
    return EquipmentAnswer(devices, places, total, _sharing(devices, places), bool(places["longitude"].notna().any()))


def _sums(devices: pd.DataFrame, key: str, period: Period) -> pd.DataFrame:
    """Return sums and rates of groups of devices; devices that reported nothing count as pieces only."""
    reported = devices[devices["months"] > 0]
    sums = reported.groupby(key)[_SUMS].sum(skipna=False).reindex(devices[key].unique())
    groups = devices.groupby(key)
    sums = sums.assign(age_years=groups["age_years"].mean(), days=float(period.days), devices=groups.size())
    rates = equipment_indicators(sums, utilisation_settings().service_life_years)
    # Price per examination of a group: the devices' own yearly amounts added up, since each has its own age.
    written_off = (devices["written_off_per_examination"] * devices["examinations"]).groupby(devices[key]).sum(min_count=1)
    return sums.join(rates.drop(columns="written_off_per_examination")).assign(
        written_off_per_examination=written_off / sums["examinations"].where(sums["examinations"] > 0)
    )


def _by_place(database: ReportingDatabase, devices: pd.DataFrame, period: Period) -> pd.DataFrame:
    places = _sums(devices, "institution_code", period)
    about = directory(database).institutions.loc[places.index]
    coordinates = about[["longitude", "latitude"]].astype("float64")
    return places.join(coordinates).assign(name=about["short_name"], position=devices.groupby("institution_code")["position"].first())


def _sharing(devices: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of each type, most hours first; empty where institutions have no coordinates."""
    lines = utilisation_settings()
    located = places[["longitude", "latitude"]].dropna()
    distances = distance_minutes(located, located, _ANY_SPEED)[["origin", "destination", "kilometres"]]
    found = []
    for type_name, pieces in devices[devices["months"] > 0].groupby("type_name"):
        sums = pieces.groupby("institution_code")[["working_hours", "available_hours"]].sum()
        sums = sums.assign(devices=pieces.groupby("institution_code").size())
        here = distances[distances["origin"].isin(sums.index) & distances["destination"].isin(sums.index)]
        pairs = sharing_candidates(sums, here, lines.idle_use, lines.busy_use, lines.neighbour_kilometres)
        found.append(pairs.assign(type_name=type_name))
    pairs = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=["place", "partner", "hours", "type_name"])
    names = places["name"]
    pairs = pairs.assign(place_name=pairs["place"].map(names), partner_name=pairs["partner"].map(names))
    return pairs.sort_values("hours", ascending=False, kind="stable", ignore_index=True)


def idle_and_busy(devices: pd.DataFrame) -> tuple[int, int]:
    """Return how many devices are idle and how many busy by the lines of the settings."""
    lines = utilisation_settings()
    return int(np.sum(devices["use"] < lines.idle_use)), int(np.sum(devices["use"] > lines.busy_use))
