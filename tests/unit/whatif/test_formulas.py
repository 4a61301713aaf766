"""One description, three readers: arrays, single numbers and the text of Excel agree."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.catalogue.expression import parse
from dashboard.whatif.budget import growth_factor, settle, settlement_bands
from dashboard.whatif.formulas import FORMULAS, PARTS, described, excel, growth_levels, substituted, value

NAMES = sorted(set(re.findall(r"[a-z_]+", " ".join(FORMULAS.values()))) - {"min", "max"} | {"band", "spending"})
SHARES = st.floats(-0.2, 0.2)


@pytest.mark.parametrize("name", sorted(FORMULAS))
@given(numbers=st.lists(st.floats(0.01, 2.0), min_size=len(NAMES), max_size=len(NAMES)))
def test_the_text_of_excel_computes_what_the_model_computes(name: str, numbers: list[float]) -> None:
    known = dict(zip(NAMES, numbers, strict=True))
    text = excel(described(name), {each: f"known[{each!r}]" for each in known})
    assert eval(text, {"MIN": min, "MAX": max, "known": known}) == pytest.approx(float(value(name, known)), rel=1e-9, abs=1e-9)


@given(st.lists(SHARES, min_size=4, max_size=4), st.sampled_from(["additive", "multiplicative"]))
def test_the_front_door_of_growth_is_the_formula_of_the_chain(parts: list[float], form: str) -> None:
    door = growth_factor(*parts, form=form, floor=0.0, cap=9.0)  # type: ignore[arg-type]
    by_hand = float(np.prod([1 + part for part in parts])) if form == "multiplicative" else 1 + sum(parts)
    given_parts = dict(zip(PARTS, [*parts, 0.0], strict=True))
    assert float(growth_levels(given_parts, float(form == "multiplicative"))[-1]) == pytest.approx(by_hand, abs=1e-12)
    assert door.factor == pytest.approx(by_hand, abs=1e-12)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 0.9), st.floats(0, 1))
def test_the_front_door_of_settlement_is_the_formula_of_the_chain(
    budget: float, actual: float, kept: float, borne: float, band: float, gate: float
) -> None:
    door = settle(budget, actual, bands=settlement_bands(kept, borne, band), quality=gate).community
    known = {"budget": budget, "spending": actual, "surplus_share": kept, "deficit_share": borne, "band": band, "gate": gate}
    assert float(value("community_share", known)) == pytest.approx(door, abs=1e-6)


def test_a_sign_before_a_name_stays_through_replacement_and_in_excel() -> None:
    formula = substituted(parse("-balance"), {"balance": parse("budget - spending")})
    assert float(value(formula, {"budget": 5.0, "spending": 2.0})) == -3.0
    assert excel(parse("-balance"), {"balance": "C3"}) == "(-C3)"


def test_excel_keeps_a_sum_together_on_either_side_of_a_product_or_quotient() -> None:
    cells = {"a": "A1", "b": "B1", "c": "C1"}
    assert excel(parse("(a + b) * c"), cells) == "(A1+B1)*C1"
    assert excel(parse("c * (a - b)"), cells) == "C1*(A1-B1)"
    assert excel(parse("c / (a * b)"), cells) == "C1/(A1*B1)"
    assert excel(parse("a + b * c"), cells) == "A1+B1*C1"
    assert excel(parse("a - (b + c)"), cells) == "A1-(B1+C1)"
