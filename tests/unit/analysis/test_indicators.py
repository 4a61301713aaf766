"""The engine against a slow, obvious second implementation, on rows that hypothesis makes up."""

import datetime
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.analysis.indicators import (
    COLUMNS,
    IndicatorData,
    Status,
    any_sided,
    grows_with_period,
    indicator_frame,
    indicator_readings,
    one_sided,
    periods_needed,
    withheld,
)
from dashboard.analysis.measures import CubeRows, Reports, calendar_value, measure_values, month_number
from dashboard.analysis.periods import Grain, Period
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.models import Bilingual, Cube, Indicator, Measure, Top

UNITS = ["U1", "U2"]
NONE = Bilingual(zh="无", en="none")
MARCH = Period.parse("2025-03")
QUARTER = Period.parse("2025-03", Grain.QUARTER)
YEAR = Period.parse("2025-03", Grain.ROLLING_12)


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text + "-01")


def cube(grain: str = "month", **more: Any) -> Cube:
    return Cube(
        name="立方", name_en="cube", query="q", tables=("fact",), grain=grain, attributes=("kind", "group"), attribution=NONE, **more
    )  # type: ignore[arg-type]


def measure(time: str = "flow", **more: Any) -> Measure:
    return Measure(name="量", name_en="measure", cube="cube", column="amount", unit="人次", time=time, **more)  # type: ignore[arg-type]


def indicator(numerator: str, denominator: str | None = None, **more: Any) -> Indicator:
    labels = {"numerator_label": NONE} | ({"denominator_label": NONE} if denominator else {})
    known = {
        "id": "X01", "name": "指标", "name_en": "indicator", "short_name": "指标", "short_name_en": "indicator", "category": "flow",
        "unit": "%", "multiplier": 100.0, "direction": "higher", "levels": ("county", "institution"), "grade": "OWN",
        "formula_grade": "OWN", "source": ("S",), "aggregation": NONE,
    }  # fmt: skip
    return Indicator(numerator=numerator, denominator=denominator, **(known | labels | more))


def prepared(rows: list[dict[str, Any]], its_cube: Cube) -> CubeRows:
    return CubeRows.prepared(its_cube, pd.DataFrame(rows), UNITS)


def row(unit: str, when: str, amount: float | None, **more: Any) -> dict[str, Any]:
    return {"unit_code": unit, "month": day(when), "kind": "p", "group": "g1", "amount": amount} | more


def values(its_measure: Measure, rows: list[dict[str, Any]], period: Period, its_cube: Cube | None = None) -> list[float]:
    return measure_values(its_measure, prepared(rows, its_cube or cube(reporting="reporter")), period).values.tolist()


NAN = pytest.approx(float("nan"), nan_ok=True)


def test_a_flow_adds_the_months_of_the_period_and_leaves_out_other_units() -> None:
    rows = [row("U1", "2025-01", 1), row("U1", "2025-03", 2), row("U1", "2024-12", 4), row("U3", "2025-03", 8)]
    assert values(measure(), rows, QUARTER) == [3, NAN]
    assert values(measure(), rows, MARCH) == [2, NAN]
    assert values(measure(), rows, Period.parse("2025-04")) == [NAN, NAN]


def test_reported_without_a_match_is_zero_and_a_filter_nobody_matches_is_missing() -> None:
    rows = [row("U1", "2025-03", 5, kind="h"), row("U2", "2025-03", 7)]
    assert values(measure(where={"kind": ("h",)}), rows, MARCH) == [5, 0]
    assert values(measure(where={"kind": ("x",)}), rows, MARCH) == [NAN, NAN]


def test_one_table_for_all_gives_zero_to_units_without_rows() -> None:
    assert values(measure(), [row("U1", "2025-03", 5)], MARCH, cube(reporting="table")) == [5, 0]


def test_a_column_not_reported_is_missing_and_a_gap_in_it_partial() -> None:
    rows = [row("U1", "2025-03", None), row("U2", "2025-03", 1), row("U2", "2025-03", None, kind="h")]
    found = measure_values(measure(), prepared(rows, cube(reporting="reporter")), MARCH)
    assert found.values.tolist() == [NAN, 1]
    assert found.partial.tolist() == [True, True]


def test_gaps_inside_a_sum_are_counted_by_the_query() -> None:
    rows = [row("U1", "2025-03", 4, amount_missing=1), row("U2", "2025-03", 4, amount_missing=0)]
    assert measure_values(measure(), prepared(rows, cube()), MARCH).partial.tolist() == [True, False]


def test_days_of_the_month_multiply_before_adding() -> None:
    rows = [row("U1", "2024-02", 10), row("U1", "2024-03", 10), row("U2", "2023-02", 1)]
    assert values(measure(times_days=True), rows, Period.parse("2024-03", Grain.QUARTER)) == [10 * 29 + 10 * 31, NAN]


def test_only_the_largest_groups_of_each_unit_and_period() -> None:
    rows = [
        row("U1", "2025-01", 5, group="a"),
        row("U1", "2025-02", 5, group="b"),
        row("U1", "2025-03", 4, group="a"),
        row("U2", "2025-03", 1),
    ]
    top = measure(top=Top(group="group", count=1))
    assert values(top, rows, QUARTER) == [9, 1]
    assert values(top, rows, Period.parse("2025-02")) == [5, NAN]


def test_the_largest_groups_of_one_period_are_not_those_of_another_and_a_row_of_no_group_is_none() -> None:
    rows = prepared(
        [row("U1", "2025-02", 5, group="b"), row("U1", "2025-03", 4, group="a"), row("U1", "2025-03", 9, group=None)],
        cube(reporting="reporter"),
    )
    top = measure(top=Top(group="group", count=1))
    found = [measure_values(top, rows, Period.parse(f"2025-0{month}")).values.tolist() for month in (2, 3)]
    assert found == [[5, NAN], [4, NAN]]


def stock(when: str, unit: str, reporter: str, amount: float, grain: str = "month") -> dict[str, Any]:
    known = row(unit, when, amount, reporter_code=reporter)
    return known | {grain: day(when) if grain != "year" else int(when[:4])}


def test_a_stock_is_the_latest_report_of_each_reporter_within_its_age() -> None:
    quarterly = cube("quarter", reporting="reporter", max_age_months=12)
    rows = [stock("2025-01", "U1", "a", 5, "quarter"), stock("2024-10", "U1", "a", 9, "quarter"), stock("2024-07", "U1", "b", 2, "quarter"),
            stock("2023-10", "U2", "c", 3, "quarter"), stock("2025-04", "U2", "c", 7, "quarter")]  # fmt: skip
    assert values(measure("stock"), rows, MARCH, quarterly) == [7, NAN]
    assert values(measure("stock"), rows, Period.parse("2024-12"), quarterly) == [11, NAN]


def test_a_yearly_stock_takes_the_year_of_the_end_or_one_before() -> None:
    yearly = cube("year", reporting="reporter", max_age_months=24)
    rows = [stock("2023-01", "U1", "a", 3, "year"), stock("2025-01", "U1", "a", 5, "year"), stock("2022-01", "U2", "b", 1, "year")]
    assert values(measure("stock"), rows, MARCH, yearly) == [5, NAN]
    assert values(measure("stock"), rows, Period.parse("2024-12"), yearly) == [3, 1]


def test_a_monthly_stock_stays_inside_the_period() -> None:
    rows = [stock("2024-12", "U1", "a", 9), stock("2025-02", "U2", "b", 4)]
    assert values(measure("stock"), rows, QUARTER) == [NAN, 4]


def test_an_average_is_the_mean_over_the_months() -> None:
    quarterly = cube("quarter", reporting="reporter", max_age_months=12)
    rows = [stock("2024-10", "U1", "a", 6, "quarter"), stock("2025-01", "U1", "a", 9, "quarter"), stock("2025-01", "U2", "b", 4, "quarter")]
    period = Period.parse("2025-02", Grain.ROLLING_12)
    found = measure_values(measure("average"), prepared(rows, quarterly), period)
    assert found.values.tolist() == [(6 * 3 + 9 * 2) / 5, 4]
    assert found.partial.tolist() == [True, True]


def test_a_yearly_amount_is_spread_over_its_months() -> None:
    yearly = cube("year", reporting="reporter")
    rows = [stock("2024-01", "U1", "a", 120, "year"), stock("2025-01", "U1", "a", 240, "year"), stock("2025-01", "U2", "b", 12, "year")]
    found = measure_values(measure("spread"), prepared(rows, yearly), YEAR)
    assert found.values.tolist() == [120 * 9 / 12 + 240 * 3 / 12, 3]
    assert found.partial.tolist() == [False, True]
    assert values(measure("spread"), rows, Period.parse("2023-03"), yearly) == [NAN, NAN]


def test_a_register_counts_what_is_valid_on_the_last_day() -> None:
    def entry(unit: str, begun: str | None, ended: str | None) -> dict[str, Any]:
        return {"unit_code": unit, "kind": "p", "group": "g", "amount": 1, "valid_from": begun, "valid_to": ended}

    rows = [entry("U1", None, None), entry("U1", "2025-03-31", None), entry("U1", "2025-04-01", None), entry("U1", None, "2025-03-31"),
            entry("U2", "2020-01-01", "2025-04-01")]  # fmt: skip
    assert values(measure("register"), rows, MARCH, cube("register")) == [2, 1]


def test_the_calendar() -> None:
    assert calendar_value("days", QUARTER) == 90
    assert calendar_value("months", YEAR) == 12
    assert calendar_value("working_days", YEAR) == 251


def reports(*rows: tuple[str, str], closed: dict[str, str] | None = None) -> Reports:
    frame = pd.DataFrame([{"reporter_code": code, "month_number": month_number(day(when).date())} for code, when in rows],
                         columns=["reporter_code", "month_number"])  # fmt: skip
    reporters = pd.DataFrame(
        [
            {"unit_code": "U1", "reporter_code": "a", "kind": "p", "role": "member"},
            {"unit_code": "U1", "reporter_code": "b", "kind": "h", "role": "lead"},
            {"unit_code": "U3", "reporter_code": "c", "kind": "p", "role": "member"},
        ]
    )
    reporters["closed_on"] = pd.to_datetime(reporters["reporter_code"].map(closed or {}))
    return Reports.prepared(frame, reporters, UNITS)


def counted(found: Reports, period: Period, **where: tuple[str, ...]) -> list[tuple[float, float]]:
    complete = found.completeness(period, where)
    return list(zip(complete.present.tolist(), complete.expected.tolist(), strict=True))


def test_reports_are_due_from_the_first_one_to_closure() -> None:
    found = reports(("a", "2025-01"), ("a", "2025-03"), ("b", "2024-06"), ("c", "2025-03"))
    assert counted(found, QUARTER) == [(2, 6), (0, 0)]
    assert counted(found, QUARTER, kind=("p",)) == [(2, 3), (0, 0)]
    assert counted(found, MARCH, group=("unknown attribute",)) == [(1, 2), (0, 0)]
    assert counted(reports(("b", "2023-01")), QUARTER) == [(0, 0), (0, 0)]
    assert counted(reports(("a", "2025-02")), QUARTER) == [(1, 2), (0, 0)]
    assert counted(reports(("a", "2025-01"), ("a", "2025-03"), closed={"a": "2025-02-10"}), QUARTER) == [(2, 2), (0, 0)]
    assert counted(reports(), QUARTER) == [(0, 0), (0, 0)]
    twice = reports(("a", "2025-01"))
    assert counted(twice, QUARTER) == counted(twice, QUARTER) == [(1, 3), (0, 0)]
    same = {"kind": ("p",)}
    asked = [twice.completeness(period, same).expected.tolist() for period in (QUARTER, MARCH, QUARTER)]
    assert asked == [[3, 0], [1, 0], [3, 0]]


def data(rows: list[dict[str, Any]], its_reports: Reports | None = None, **measures: Measure) -> IndicatorData:
    its_cube = cube(reporting="reporter")
    calendar = Measure(name="天", name_en="days", cube="calendar", column="days", unit="天", time="calendar")
    return IndicatorData(
        units=pd.DataFrame({"unit": UNITS, "unit_name": ["一", "二"], "kind": ["p", "h"], "role": ["member", "lead"]}),
        measures={"x": measure(), "p": measure(where={"kind": ("p",)}), "h": measure(where={"kind": ("h",)}), "days": calendar} | measures,
        cubes={"cube": its_cube},
        rows={"cube": prepared(rows, its_cube)},
        reports={"cube": its_reports} if its_reports else {},
    )


def answer(its_indicator: Indicator, its_data: IndicatorData, period: Period = MARCH, level: str = "institution") -> pd.DataFrame:
    return indicator_frame([its_indicator], its_data, level, period)  # type: ignore[arg-type]


ROWS = [row("U1", "2025-03", 3), row("U1", "2025-03", 9, kind="h"), row("U2", "2025-03", 5, kind="h")]


def test_a_rate_with_its_parts() -> None:
    frame = answer(indicator("p", "x"), data(ROWS))
    assert list(frame.columns) == list(COLUMNS)
    assert frame["value"].tolist() == [25, 0]
    assert frame["numerator"].tolist() == [3, 0]
    assert frame["denominator"].tolist() == [12, 5]
    assert frame["status"].tolist() == ["ok", "ok"]
    assert frame["unit_name"].tolist() == ["一", "二"]


def test_no_value_tells_why() -> None:
    zero = answer(indicator("x", "p"), data(ROWS))
    assert zero["status"].tolist() == ["ok", "zero_denominator"]
    assert np.isnan(zero["value"].iloc[1])
    missing = answer(indicator("x", "days"), data(ROWS), QUARTER.previous())
    assert missing["status"].tolist() == ["missing_data"] * 2
    assert missing["missing"].tolist() == ["fact"] * 2
    assert answer(indicator("x", levels=("county",)), data(ROWS))["status"].tolist() == ["not_at_level"] * 2
    lacking = Indicator.model_validate(indicator("x").model_dump() | {"numerator": None, "numerator_label": None, "lacks": NONE})
    assert answer(lacking, data(ROWS))["status"].tolist() == ["not_in_schema"] * 2
    only_hospitals = indicator("x", applies_to={"kind": ("h",)})
    assert answer(only_hospitals, data(ROWS))["status"].tolist() == ["not_at_level", "ok"]
    assert answer(only_hospitals, data(ROWS), level="county")["status"].tolist() == ["ok", "ok"]


def test_a_late_report_makes_a_value_incomplete_and_an_empty_filter_missing() -> None:
    late = reports(("a", "2025-03"), ("b", "2025-02"))
    found = data([row("U1", "2025-03", 3), row("U2", "2025-03", 5, kind="h")], late)
    total = answer(indicator("x"), found)
    assert total["status"].tolist() == ["incomplete", "ok"]
    assert total["months_present"].tolist() == [1, 0]
    assert total["months_expected"].tolist() == [2, 0]
    # the hospital of U1 did not report: its part is missing, not 0; the primary institution did
    assert answer(indicator("h"), found)["status"].tolist() == ["missing_data", "ok"]
    assert answer(indicator("p"), found)["status"].tolist() == ["ok", "ok"]


def test_one_measure_is_computed_once_for_many_indicators() -> None:
    found = data(ROWS)
    frame = indicator_frame([indicator("p", "x"), indicator("h", "x"), indicator("p")], found, "institution", QUARTER)
    assert len(frame) == 6
    assert found.values("x", QUARTER) is found.values("x", QUARTER)
    assert indicator_frame([indicator("p")], found, "institution", YEAR)["value"].iloc[0] == 300


def test_the_readings_of_many_periods_are_those_of_their_frames() -> None:
    rows = [*ROWS, row("U1", "2025-02", 4), row("U2", "2025-02", 6), row("U2", "2025-01", None)]
    periods = [Period.parse(f"2025-0{month}") for month in (1, 2, 3)]
    for its_indicator in (indicator("p", "x"), indicator("x"), indicator("x", applies_to={"kind": ("h",)})):
        found = indicator_readings(its_indicator, data(rows), "institution", periods)
        for place, period in enumerate(periods):
            frame = answer(its_indicator, data(rows), period)
            for name in ("value", "numerator", "denominator"):
                np.testing.assert_array_equal(getattr(found, name)[place], frame[name])
            assert found.status[place].tolist() == frame["status"].tolist()
    withheld_from = found.without(np.array([True, False]), Status.OUT_OF_SCOPE)
    assert withheld_from.status[:, 0].tolist() == ["out_of_scope"] * 3
    assert np.isnan(withheld_from.value[:, 0]).all()
    assert withheld_from.status[:, 1].tolist() == found.status[:, 1].tolist()


def test_a_quarterly_report_is_complete_when_it_is_young_enough() -> None:
    found = data(ROWS, s=measure("stock"))
    found.cubes = {"cube": cube("quarter", reporting="reporter", max_age_months=12)}
    found.rows = {"cube": prepared([stock("2025-01", "U1", "a", 5, "quarter")], found.cubes["cube"])}
    found.measures = found.measures | {"s2": measure("stock", where={"kind": ("p",)})}
    assert answer(indicator("s2", "s"), found)["value"].iloc[0] == 100
    frame = answer(indicator("s"), found)
    assert frame["status"].tolist() == ["ok", "missing_data"]
    assert (frame["months_present"].iloc[0], frame["months_expected"].iloc[0]) == (1, 1)


def test_last_year_is_asked_for_and_used() -> None:
    growth = indicator("x - last_year(x)", "last_year(x)")
    found = data([row("U1", "2024-03", 8), row("U1", "2025-03", 10)])
    assert answer(growth, found)["value"].tolist() == [25, NAN]
    assert periods_needed([growth, indicator("days")], found.measures, [MARCH]) == {"cube": {MARCH, MARCH.last_year()}}


def test_months_of_one_table_for_all_count_for_every_unit() -> None:
    found = data([row("U1", "2025-01", 1), row("U1", "2025-03", 1)], x=measure())
    found.cubes = {"cube": cube(reporting="table")}
    frame = answer(indicator("x"), found, QUARTER)
    assert (frame["months_present"].iloc[0], frame["months_expected"].iloc[0]) == (2, 3)
    assert frame["status"].iloc[0] == "incomplete"


def test_no_indicator_and_no_unit_give_an_empty_frame_with_its_columns() -> None:
    found = data(ROWS)
    assert list(indicator_frame([], found, "county", MARCH).columns) == list(COLUMNS)
    found.units = found.units.iloc[:0]
    assert answer(indicator("days"), found).empty


# The second implementation: row by row, in plain Python ------------------------------------------------------------------


def oracle_sum(rows: list[dict[str, Any]], unit: str, period: Period, kinds: tuple[str, ...]) -> float | None:
    of_period = [each for each in rows if period.first <= each["month"].date() <= period.last]
    if not [each for each in of_period if each["kind"] in kinds]:
        return None
    own = [each for each in of_period if each["unit_code"] == unit]
    if not own:
        return None
    matching = [each for each in own if each["kind"] in kinds]
    amounts = [each["amount"] for each in matching if each["amount"] is not None]
    if matching and not amounts:
        return None
    return float(sum(amounts))


def oracle_rate(rows: list[dict[str, Any]], unit: str, period: Period) -> float | None:
    numerator, denominator = oracle_sum(rows, unit, period, ("p",)), oracle_sum(rows, unit, period, ("p", "h"))
    if numerator is None or denominator is None or denominator == 0:
        return None
    return 100 * numerator / denominator


def made_rows() -> st.SearchStrategy[list[dict[str, Any]]]:
    months = st.integers(0, 17).map(lambda step: f"{2023 + (step + 9) // 12}-{(step + 9) % 12 + 1:02}")
    amounts = st.one_of(st.none(), st.integers(0, 50).map(float))
    made: Callable[..., dict[str, Any]] = lambda unit, when, kind, amount: row(unit, when, amount, kind=kind)  # noqa: E731
    return st.lists(st.builds(made, st.sampled_from(UNITS), months, st.sampled_from("ph"), amounts), min_size=1, max_size=25)


def made_periods() -> st.SearchStrategy[Period]:
    return st.builds(Period, st.sampled_from(list(Grain)), st.dates(datetime.date(2023, 10, 1), datetime.date(2025, 3, 31)))


@settings(max_examples=80, deadline=None)
@given(made_rows(), made_periods())
def test_values_agree_with_the_second_implementation(rows: list[dict[str, Any]], period: Period) -> None:
    complete = reports()  # nobody is due: completeness is tested above
    frame = answer(indicator("p", "x"), data(rows, complete), period)
    expected = [oracle_rate(rows, unit, period) for unit in UNITS]
    assert [None if np.isnan(value) else value for value in frame["value"]] == pytest.approx(expected)


@settings(max_examples=40, deadline=None)
@given(made_rows(), made_periods(), st.integers(2, 5))
def test_splitting_rows_changes_nothing(rows: list[dict[str, Any]], period: Period, parts: int) -> None:
    split = [each | {"amount": None if each["amount"] is None else each["amount"] / parts} for each in rows for _ in range(parts)]
    whole, broken = (answer(indicator("p", "x"), data(each, reports()), period) for each in (rows, split))
    assert broken["value"].tolist() == pytest.approx(whole["value"].tolist(), nan_ok=True)
    assert broken["status"].tolist() == whole["status"].tolist()


@settings(max_examples=40, deadline=None)
@given(made_rows(), made_periods(), st.integers(2, 1000))
def test_a_rate_does_not_depend_on_the_unit_of_its_parts(rows: list[dict[str, Any]], period: Period, factor: int) -> None:
    scaled = [each | {"amount": None if each["amount"] is None else each["amount"] * factor} for each in rows]
    small, large = (answer(indicator("p", "x"), data(each, reports()), period) for each in (rows, scaled))
    assert large["value"].tolist() == pytest.approx(small["value"].tolist(), nan_ok=True)


def test_which_values_grow_with_the_period() -> None:
    """By hand: times a bed turns over, money and admissions per head, counts; not shares, costs per case or indices."""
    catalogue = load_catalogue()
    grows = {name for name in catalogue.indicators if grows_with_period(catalogue.indicator(name), catalogue.measures)}
    assert {"C03", "C04", "F07", "F08", "C12a", "B06a", "B07a"} <= grows
    assert not grows & {"B01", "B02", "C01", "C05", "C07", "C08", "D01", "D02", "D03a", "E01", "E03", "F04", "F05", "A01", "A02", "G01"}


def test_what_grows_is_read_from_the_formula_whatever_its_form() -> None:
    measures = {"a": measure(), "b": measure("stock")}
    assert grows_with_period(indicator("-a"), measures)
    assert not grows_with_period(indicator("-b"), measures)
    assert grows_with_period(indicator("max(a, b)"), measures)
    assert not grows_with_period(indicator("share(a, a)"), measures)


def test_a_filter_that_reaches_one_side_is_told() -> None:
    both, one = cube(by_scheme=True), cube(by_scheme=("other",))
    measures = {"a": measure(), "b": Measure(name="量", name_en="m", cube="other", column="amount", unit="人次")}
    assert one_sided(indicator("a", "b"), measures, {"cube": both, "other": one})
    assert not one_sided(indicator("a", "b"), measures, {"cube": both, "other": both})
    assert any_sided(indicator("a", "b"), measures, {"cube": both, "other": one})
    assert not any_sided(indicator("a", "b"), measures, {"cube": one, "other": one})


def test_days_are_those_of_the_months_that_came() -> None:
    rows = [row("U1", "2025-01", 1), row("U1", "2025-03", 1), row("U1", "2024-12", 1)]
    days = Measure(name="天数", name_en="days", cube="cube", column="days", unit="天", time="reported")
    working = days.model_copy(update={"column": "working_days"})
    assert values(days, rows, QUARTER) == [31 + 31, NAN]
    assert values(working, rows, QUARTER) == [pytest.approx(62 * 251 / 365), NAN]
    assert values(days, rows, Period.parse("2023-03")) == [NAN, NAN]


def test_who_counts_people() -> None:
    public = Measure(name="居民", name_en="residents", cube="cube", column="amount", unit="人", public=True)
    measures = {"a": measure(), "b": public}
    assert indicator("a", "b").counts_people("numerator", measures)
    assert not indicator("a", "b").counts_people("denominator", measures)
    assert not indicator("a").counts_people("denominator", measures)


def test_what_a_reader_may_not_see_has_its_reason_and_is_not_computed() -> None:
    found = indicator_frame([indicator("x"), indicator("nothing", id="X02")], data(ROWS), "institution", MARCH, out_of_scope={"X02"})
    assert found["status"].tolist()[2:] == ["out_of_scope"] * 2
    assert found["value"].isna().tolist() == [False, False, True, True]
    hidden = withheld(found, np.array([True, False, False, False]), Status.OUT_OF_SCOPE)
    assert hidden["status"].tolist()[:2] == ["out_of_scope", found["status"].iloc[1]]
    assert hidden["value"].isna().tolist()[:2] == [True, False]


def test_measures_that_were_computed_before_give_the_same_indicator_and_nothing_else() -> None:
    measured = pd.DataFrame(
        [("U1", "a", 30.0, False, 2, 2), ("U1", "b", 60.0, False, 2, 2), ("U2", "a", 10.0, True, 1, 2), ("U2", "b", 40.0, False, 2, 2)],
        columns=["unit", "measure", "value", "incomplete", "reported", "expected"],
    ).assign(month=day("2025-03"))
    units = pd.DataFrame({"unit": UNITS, "unit_name": UNITS})
    measures = {"a": measure(), "b": measure(), "days": measure(time="calendar").model_copy(update={"column": "days"})}
    data = IndicatorData.given(units, measures, {"cube": cube()}, measured)
    shown = indicator_frame([indicator("a", "b")], data, "county", MARCH)
    assert shown["value"].tolist() == [50.0, 25.0]
    assert shown["status"].tolist() == [Status.OK, Status.INCOMPLETE]
    assert data.complete("a", MARCH).present.tolist() == [2.0, 1.0]
    other = Period.parse("2025-04")
    assert indicator_frame([indicator("a", "b")], data, "county", other)["value"].isna().all()
    assert data.complete("a", other).expected.tolist() == [0.0, 0.0]
    assert data.values("days", MARCH).values.tolist() == [calendar_value("days", MARCH)] * 2
