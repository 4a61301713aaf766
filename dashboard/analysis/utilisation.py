"""How well beds are used: occupancy, turnover, stay; Pabon Lasso; idle months; what the peer median would free.

Formulas: indicators C01–C07 (C01, C02, C05 after accreditation definitions [FOUND-2 R17], C03, C04, C06, C07 [OWN]); Pabon Lasso [FOUND
R29]; the comparison with the peer median is a model of ours [INFER].
"""

from collections.abc import Mapping
from typing import Literal

import pandas as pd

from dashboard.analysis.sequences import Numbers, aligned_counts, counts, number_series, on_index, ratio
from dashboard.analysis.small_counts import Guard, People
from dashboard.analysis.suppression import ON_EXPORT

_DISCHARGED = Guard((People("discharges"),))
_BED_COLUMNS = ("open_bed_days", "occupied_bed_days", "discharges", "discharged_bed_days", "days")
SECTORS = ("I", "II", "III", "IV")


def _columns(frame: pd.DataFrame | Mapping[str, Numbers], names: tuple[str, ...]) -> pd.DataFrame:
    table = frame if isinstance(frame, pd.DataFrame) else pd.DataFrame(frame)
    missing = [name for name in names if name not in table.columns]
    if missing:
        raise ValueError(f"missing columns: {', '.join(missing)}")
    return pd.DataFrame({name: counts(table[name], name) for name in names}, index=table.index)


def bed_indicators(frame: pd.DataFrame | Mapping[str, Numbers]) -> pd.DataFrame:
    """Return the bed indicators of every row (institution, department, month …).

    Args:
        frame: one row per unit with the columns ``open_bed_days`` 实际开放总床日, ``occupied_bed_days`` 实际占用总床日, ``discharges``
            出院人数, ``discharged_bed_days`` 出院者占用总床日 and ``days`` 日历天数 of the period; optionally ``approved_bed_days``
            核定床日. Other columns are ignored. Sum the columns first when rows are to be joined: rates are never averaged.

    Returns:
        A frame on the same index:

        * ``occupancy`` 病床使用率 in **per cent** (85.0 means 85 %): occupied ÷ open bed-days × 100. Above 100 is legal (加床) and kept.
        * ``turnover`` 病床周转次数 in times per period: discharges ÷ average open beds, average open beds = open bed-days ÷ days.
        * ``alos`` 出院者平均住院日 in days: bed-days of the discharged ÷ discharges (*not* occupied bed-days).
        * ``bed_working_days`` 病床工作日 in days: occupied bed-days ÷ average open beds.
        * ``turnover_interval`` 病床周转间隔 in days: (open − occupied bed-days) ÷ discharges; negative with more than 100 % occupancy;
          missing too when no bed was open, since then no bed stood empty.
        * ``approved_occupancy`` 核定床位使用率 in per cent, only with ``approved_bed_days``.

        A value is missing (NaN), never 0 or infinite, where its denominator is 0 or a figure it needs is missing.

    Raises:
        ValueError: a column is missing (all are named), or holds negative, infinite or non-numeric values.
    """
    with_approved = "approved_bed_days" in frame
    beds = _columns(frame, (*_BED_COLUMNS, "approved_bed_days") if with_approved else _BED_COLUMNS)
    some_open = beds["open_bed_days"].where(beds["open_bed_days"] != 0)
    average_open_beds = ratio(beds["open_bed_days"], beds["days"])
    result = pd.DataFrame(
        {
            "occupancy": ratio(beds["occupied_bed_days"], beds["open_bed_days"]) * 100,
            "turnover": ratio(beds["discharges"], average_open_beds),
            "alos": ratio(beds["discharged_bed_days"], beds["discharges"]),
            "bed_working_days": ratio(beds["occupied_bed_days"], average_open_beds),
            "turnover_interval": ratio(some_open - beds["occupied_bed_days"], beds["discharges"]),
        },
        index=beds.index,
    )
    if with_approved:
        result["approved_occupancy"] = ratio(beds["occupied_bed_days"], beds["approved_bed_days"]) * 100
    return result


def without_few(sums: pd.DataFrame, smallest: int = ON_EXPORT) -> pd.DataFrame:
    """Return ``sums`` (column ``discharges``, one row per unit or month) with discharges missing where they are few or would follow.

    Turnover, length of stay and interval beside the open beds are the discharges in another unit: computed from this they are missing too.
    ``few_discharged`` says which rows that are. One rule for screen, files and wall, so ``smallest`` is that of files.
    """
    hidden = _DISCHARGED.hide(sums, smallest).hidden["discharges"]
    return sums.assign(discharges=sums["discharges"].mask(hidden), few_discharged=hidden)


def bed_efficiency_index(occupancy: Numbers, turnover: Numbers, standard_occupancy: float, standard_turnover: float) -> pd.Series:
    """Return 床位效率指数: occupancy × turnover ÷ (standard occupancy × standard turnover); 1 means as the standard.

    Both occupancies are in the same unit. Missing where a figure is missing or the standard is 0.
    """
    beds = aligned_counts(occupancy=occupancy, turnover=turnover)
    standard = pd.Series(standard_occupancy * standard_turnover, index=beds.index, dtype="float64")
    return ratio(beds["occupancy"] * beds["turnover"], standard).rename("bed_efficiency_index")


def pabon_lasso(
    occupancy: Numbers, turnover: Numbers, occupancy_line: float | None = None, turnover_line: float | None = None
) -> pd.Series:
    """Return the Pabon Lasso sector of every unit.

    I: low occupancy, low turnover (idle). II: low occupancy, high turnover (short stays, spare beds). III: high, high (efficient).
    IV: high occupancy, low turnover (long stays). A unit exactly on a line counts as low.

    Args:
        occupancy: x axis, any unit as long as the line has the same; above 100 % is legal.
        turnover: y axis, discharges per bed in the period.
        occupancy_line: where high begins; default the plain mean over the units with both figures.
        turnover_line: likewise.

    Returns:
        Series of ``"I"`` … ``"IV"`` on the units' index, missing where a figure is missing. The lines used are in
        ``.attrs["occupancy_line"]`` and ``.attrs["turnover_line"]`` (NaN when there is no unit to take a mean of).
        A single unit, or units all alike, lie on their own mean and are in sector I: set the lines in that case.

    Raises:
        ValueError: lengths or labels differ, or a value is negative, infinite or no number.
    """
    units = aligned_counts(occupancy=occupancy, turnover=turnover)
    known = units.dropna()
    x_line = float(known["occupancy"].mean()) if occupancy_line is None else float(occupancy_line)
    y_line = float(known["turnover"].mean()) if turnover_line is None else float(turnover_line)
    sector_number = (known["occupancy"] > x_line) * 2 + (known["turnover"] > y_line)
    names = {0: "I", 1: "II", 2: "IV", 3: "III"}
    sectors = sector_number.map(names).astype("str").reindex(units.index).rename("sector")
    sectors.attrs = {"occupancy_line": x_line, "turnover_line": y_line}
    return sectors


def against_peers(values: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """Return every value as a multiple of the median of its unit's own kind, so that a ward of 20 beds is not measured by a hospital.

    Args:
        values: one row per unit, any non-negative figures.
        groups: on the same index: ``narrow`` and ``wide`` group, and ``single_kind``: whether the narrow one is large enough to compare in.
            A unit without a group stands alone.

    Returns:
        Frame like ``values``: 1 at the median of the group; missing for a unit without peers or figure, or with a median of 0.
    """

    def medians(name: str) -> pd.DataFrame:
        return values.groupby(groups[name].to_numpy()).median().reindex(groups[name].to_numpy()).set_axis(values.index)

    median = medians("narrow").where(groups["single_kind"], medians("wide"), axis="index")
    return values / median.where(median > 0)


def months_in_a_row(values: Numbers, line: float, side: Literal["above", "below"] = "below") -> pd.Series:
    """Return for every month how many months in a row, this one included, lay strictly on that side of ``line``.

    The months come in order. A month on the line, or missing, ends the row and counts 0. The last value answers
    "for how many months has this ward been idle (or overfull)?".
    """
    if side not in ("above", "below"):
        raise ValueError(f"side: 'above' or 'below', not {side!r}")
    series = number_series(values, "values")
    beyond = series > line if side == "above" else series < line
    rows = (~beyond).cumsum()
    return beyond.astype("int64").groupby(rows.to_numpy()).cumsum().rename("months_in_a_row")


def peer_opportunity(frame: pd.DataFrame | Mapping[str, Numbers], peers: Numbers | None = None) -> pd.DataFrame:
    """Return what would be freed (positive) or needed (negative) if every unit worked like the median of its peers.

    With the medians taken over the units of one peer group that have the figure, the unit itself included:

    * ``bed_days_freed`` = discharged bed-days − discharges × median ALOS (the same patients, the median stay);
    * ``beds_freed_by_occupancy`` = average open beds − occupied bed-days ÷ days ÷ (median occupancy ÷ 100)
      (the same bed-days at the median occupancy);
    * ``beds_freed`` = average open beds − (occupied bed-days − ``bed_days_freed``) ÷ days ÷ (median occupancy ÷ 100) (both);
    * ``cost_freed`` = ``bed_days_freed`` × ``cost_per_bed_day``, only when that column (yuan) is given. It values bed-days at their
      average cost: an upper bound, since fixed cost stays.

    Args:
        frame: the columns of ``bed_indicators``, and optionally ``cost_per_bed_day``.
        peers: the peer group of every unit (same type and tier); None means all units are peers. A unit without a group gets no result.

    Returns:
        Frame on the same index with ``median_alos``, ``median_occupancy`` and the columns above; missing where a figure is missing.
        Grade [INFER]: show it as a model, not as a saving to be cashed.

    Raises:
        ValueError: as ``bed_indicators``; or ``peers`` has another length or other labels.
    """
    indicators = bed_indicators(frame)
    beds = _columns(frame, _BED_COLUMNS)
    group = pd.Series("all", index=beds.index) if peers is None else on_index(peers, beds.index, "peers")
    # Not transform("median"), which fails when no unit has a group.
    medians = indicators[["alos", "occupancy"]].groupby(group.to_numpy()).median().reindex(group.to_numpy()).set_axis(beds.index)
    open_beds = ratio(beds["open_bed_days"], beds["days"])
    bed_days_freed = beds["discharged_bed_days"] - beds["discharges"] * medians["alos"]
    bed_days_per_bed = beds["days"] * medians["occupancy"] / 100
    result = pd.DataFrame(
        {
            "median_alos": medians["alos"],
            "median_occupancy": medians["occupancy"],
            "bed_days_freed": bed_days_freed,
            "beds_freed_by_occupancy": open_beds - ratio(beds["occupied_bed_days"], bed_days_per_bed),
            "beds_freed": open_beds - ratio(beds["occupied_bed_days"] - bed_days_freed, bed_days_per_bed),
        },
        index=beds.index,
    )
    if "cost_per_bed_day" in frame:
        result["cost_freed"] = bed_days_freed * _columns(frame, ("cost_per_bed_day",))["cost_per_bed_day"]
    return result
