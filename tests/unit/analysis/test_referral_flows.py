"""Flow formulas against numbers computed by hand, properties, and a slow second implementation."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.referrals import (
    at_level,
    balance,
    differences,
    down_up_ratio,
    flow_matrix,
    largest,
    leading_groups,
    retention,
    shares,
    top_share,
)


def frame(rows: list[tuple], columns: str = "origin destination cases") -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns.split())


TOWNS = frame([("A", "H", 30), ("A", "X", 10), ("B", "H", 20), ("B", "B", 5), ("A", "H", 10)])
flow_rows = st.lists(st.tuples(st.sampled_from("ABCD"), st.sampled_from("ABXY"), st.integers(0, 50)), min_size=1, max_size=30)


def test_matrix_by_hand() -> None:
    matrix = flow_matrix(TOWNS, "town")
    assert matrix.index.tolist() == ["A", "B"]
    assert matrix.columns.tolist() == ["B", "H", "X"]
    assert matrix.to_numpy().tolist() == [[0.0, 40.0, 10.0], [5.0, 20.0, 0.0]]


@given(flow_rows)
def test_matrix_keeps_every_case(rows: list[tuple]) -> None:
    flows = frame(rows)
    matrix = flow_matrix(flows, "institution")
    assert matrix.to_numpy().sum() == flows["cases"].sum()
    assert matrix.sum(axis=1).to_dict() == flows.groupby("origin")["cases"].sum().to_dict()
    assert matrix.sum().to_dict() == flows.groupby("destination")["cases"].sum().to_dict()


def test_a_frame_of_several_levels_is_brought_to_one() -> None:
    flows = pd.DataFrame(
        {
            "origin_institution": ["C1", "C2", "C3"],
            "destination_institution": ["H1", "H1", "H2"],
            "origin_community": ["M1", "M1", "M2"],
            "destination_community": ["M1", "M1", "M2"],
            "direction": ["up", "up", "up"],
            "cases": [1, 2, 4],
            "cost": [10.0, np.nan, np.nan],
            "in_county": [True, True, True],
        }
    )
    by_community = at_level(flows, "community", ["direction"])
    assert by_community[["origin", "destination", "direction", "cases"]].to_numpy().tolist() == [
        ["M1", "M1", "up", 3.0],
        ["M2", "M2", "up", 4.0],
    ]
    assert by_community["cost"].iloc[0] == 10.0
    assert math.isnan(by_community["cost"].iloc[1])
    assert "in_county" not in by_community
    assert len(at_level(flows, "institution")) == 3


@pytest.mark.parametrize(
    ("flows", "level", "word"),
    [
        (TOWNS, "village", "level"),
        (frame([("A", "B", -1)]), "town", "negative"),
        (frame([("A", "B", None)]), "town", "missing"),
        (frame([("A", "B", 2), (None, "B", 1)]), "town", "origin"),
        (frame([("A", None, 1)]), "town", "destination"),
        (frame([("A", 1)], "origin cases"), "town", "destination"),
        (frame([("A", "B")], "origin destination"), "town", "cases"),
    ],
)
def test_wrong_flows_are_refused_with_the_reason(flows: pd.DataFrame, level: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        at_level(flows, level)


def test_shares_by_hand() -> None:
    answer = shares(TOWNS).set_index(["origin", "destination"])
    assert answer.loc[("A", "H")].tolist() == [40.0, 0.8, 40 / 60]
    assert answer.loc[("A", "X")].tolist() == [10.0, 0.2, 1.0]
    assert answer.loc[("B", "B")].tolist() == [5.0, 0.2, 1.0]


@given(flow_rows)
def test_shares_add_up_to_one_over_each_side(rows: list[tuple]) -> None:
    answer = shares(frame(rows))
    for side in ("origin", "destination"):
        for _code, part in answer.groupby(side):
            if part["cases"].sum() > 0:
                assert part[f"share_of_{side}"].sum() == pytest.approx(1)
            else:
                assert part[f"share_of_{side}"].isna().all()


@given(flow_rows)
def test_shares_against_a_slow_second_implementation(rows: list[tuple]) -> None:
    answer = shares(frame(rows)).set_index(["origin", "destination"])
    for origin, destination in answer.index:
        pair = sum(cases for start, end, cases in rows if (start, end) == (origin, destination))
        sent = sum(cases for start, _end, cases in rows if start == origin)
        assert answer.loc[(origin, destination), "cases"] == pair
        if sent:
            assert answer.loc[(origin, destination), "share_of_origin"] == pytest.approx(pair / sent)


def test_one_flow_only() -> None:
    answer = shares(frame([("A", "H", 7)]))
    assert answer[["share_of_origin", "share_of_destination"]].to_numpy().tolist() == [[1.0, 1.0]]


def test_down_up_ratio_of_the_sample_county() -> None:
    """The seed's county: 41 down for 109 up in four months (indicator B08)."""
    flows = frame([("up", 100), ("up", 9), ("down", 41), ("out", 500), ("lateral", 3)], "direction cases")
    assert down_up_ratio(flows) == pytest.approx(41 / 109)


def test_down_up_ratio_without_one_side() -> None:
    assert math.isnan(down_up_ratio(frame([("down", 4)], "direction cases")))
    assert down_up_ratio(frame([("up", 4)], "direction cases")) == 0.0


def test_retention_by_hand() -> None:
    answer = retention(TOWNS, {"H", "B"})
    assert answer.loc["A"].tolist() == [50.0, 40.0, 0.8]
    assert answer.loc["B"].tolist() == [25.0, 25.0, 1.0]


def test_retention_with_an_inside_of_its_own_for_each_origin() -> None:
    own = TOWNS["origin"] == TOWNS["destination"]
    assert retention(TOWNS, own)["retention"].to_dict() == {"A": 0.0, "B": 0.2}
    with pytest.raises(ValueError, match="inside"):
        retention(TOWNS, own.iloc[:2])


def test_retention_of_nobody_is_missing() -> None:
    assert math.isnan(retention(frame([("A", "H", 0)]), ["H"])["retention"]["A"])


@given(flow_rows, st.sets(st.sampled_from("ABXY")))
def test_retention_lies_between_0_and_1_and_both_sides_add_up(rows: list[tuple], inside: set[str]) -> None:
    flows = frame(rows)
    inner, outer = retention(flows, inside), retention(flows, set("ABXY") - inside)
    assert (inner["kept"] + outer["kept"] == inner["cases"]).all()
    assert inner["retention"].dropna().between(0, 1).all()


def test_balance_leaves_flows_to_itself_out() -> None:
    answer = balance(TOWNS)
    assert answer.loc["A"].tolist() == [50.0, 0.0, -50.0]
    assert answer.loc["B"].tolist() == [20.0, 0.0, -20.0]
    assert answer.loc["H"].tolist() == [0.0, 60.0, 60.0]


@given(flow_rows)
def test_balances_add_up_to_zero(rows: list[tuple]) -> None:
    assert balance(frame(rows))["net"].sum() == pytest.approx(0)


def test_differences_name_what_grew_shrank_began_and_stopped() -> None:
    current, before = frame([("A", "H", 6), ("B", "H", 4)]), frame([("A", "H", 4), ("C", "H", 5)])
    answer = differences(current, before).set_index("origin")
    assert answer["change"].to_dict() == {"A": 2.0, "B": 4.0, "C": -5.0}
    assert answer["growth"]["A"] == 0.5
    assert math.isnan(answer["growth"]["B"])
    assert answer["growth"]["C"] == -1.0
    with pytest.raises(ValueError, match="before"):
        differences(current, frame([("A", "H", 4), ("A", "H", 5)]))


def test_the_smallest_are_summed_into_a_remainder() -> None:
    flows = frame([("A", "H", 30), ("A", "X", 10), ("B", "H", 20), ("B", "X", 2), ("C", "X", 0)])
    drawn = largest(flows, 2, 5)
    assert drawn.flows["cases"].tolist() == [30.0, 20.0]
    assert (drawn.hidden_pairs, drawn.hidden_cases) == (2, 12.0)
    everything = largest(flows, 100)
    assert (everything.hidden_pairs, everything.hidden_cases) == (0, 0.0)
    with pytest.raises(ValueError, match="limit"):
        largest(flows, -1)


@given(flow_rows, st.integers(0, 20), st.integers(0, 20))
def test_drawn_and_hidden_are_everything(rows: list[tuple], limit: int, smallest: int) -> None:
    flows = frame(rows)
    drawn = largest(flows, limit, smallest)
    assert len(drawn.flows) <= limit
    assert drawn.flows["cases"].sum() + drawn.hidden_cases == flows["cases"].sum()
    assert len(drawn.flows) + drawn.hidden_pairs == (flows["cases"] > 0).sum()
    assert drawn.flows["cases"].is_monotonic_decreasing


def test_leading_groups_of_each_flow() -> None:
    flows = frame(
        [("A", "H", "G1", 3), ("A", "H", "G2", 5), ("A", "H", "G3", 3), ("A", "H", "G4", 1), ("B", "H", "G1", 0), ("B", "H", "G9", 2)],
        "origin destination disease_group_code cases",
    )
    answer = leading_groups(flows)
    assert answer.loc[answer["origin"] == "A", "disease_group_code"].tolist() == ["G2", "G1", "G3"]
    assert answer.loc[answer["origin"] == "B", "disease_group_code"].tolist() == ["G9"]
    assert answer["rank"].tolist() == [1, 2, 3, 1]


def test_top_share() -> None:
    assert top_share(pd.Series([5.0, 3.0, 2.0, np.nan]), 2) == pytest.approx(0.8)
    assert math.isnan(top_share(pd.Series([0.0, 0.0])))
    with pytest.raises(ValueError, match="negative"):
        top_share(pd.Series([-1.0]))
