"""Who overspends is told by community and scheme: schemes do not pay for each other."""

import dataclasses

from dashboard.analysis.projection import YearEnd
from dashboard.services.overview.fund import FundAnswer, FundProgress
from dashboard.services.overview.wording import fund_name, fund_outlook, left_out_text, net_outlook
from dashboard.states import State


def progress(total: float | None, *, scheme: str = "", community: str = "C1", budget: float = 100_000_000) -> FundProgress:
    end = None if total is None else YearEnd(total, 0.9 * total, 1.1 * total, 1.05)
    return FundProgress(community, "一院", 0, budget, 50_000_000, 0.5, end, scheme=scheme)


def fund(employee: float | None, resident: float | None) -> FundAnswer:
    units = (progress(employee, scheme="employee"), progress(resident, scheme="resident"))
    known = employee is not None and resident is not None
    whole = progress((employee or 0) + (resident or 0) if known else None, budget=200_000_000)
    return FundAnswer(2025, (whole,), dataclasses.replace(whole, community=""), has_budget=True, has_claims=True, units=units)


def test_a_surplus_of_one_scheme_does_not_hide_the_overspend_of_the_other() -> None:
    answer = fund(101_000_000, 80_000_000)
    assert answer.communities[0].projected_overspend < 0
    assert fund_outlook(answer, "C1") == ("职工医保超支 100万元", State.BAD)
    assert net_outlook(answer) == ("结余 1,900万元", State.WARNING)
    assert not answer.certain_surplus
    assert [fund_name(unit, "en") for unit in answer.overspending()] == ["一院 · Employee"]


def test_both_schemes_over_are_one_sum() -> None:
    answer = fund(101_000_000, 102_000_000)
    assert fund_outlook(answer, "C1") == ("超支 300万元", State.BAD)
    assert net_outlook(answer) == ("超支 300万元", State.BAD)


def test_nobody_over_is_good_news_only_where_everybody_is_projected() -> None:
    assert fund_outlook(fund(90_000_000, 80_000_000), "C1") == ("结余 3,000万元", State.GOOD)
    assert fund(90_000_000, 80_000_000).certain_surplus
    assert fund_outlook(fund(None, 80_000_000), "C1") == ("", State.NEUTRAL)
    assert net_outlook(fund(None, 80_000_000)) == ("", State.NEUTRAL)
    assert fund_outlook(fund(None, 130_000_000), "C1")[1] is State.BAD, "one that is known to overspend is told all the same"
    assert fund_outlook(FundAnswer(2025, (), None, has_budget=False, has_claims=False)) == ("", State.NEUTRAL)


def test_what_is_on_neither_side_is_named() -> None:
    answer = dataclasses.replace(fund(1, 1), left_out=(("C1", "employee"), ("C9", "other")))
    assert left_out_text(answer, {"C1": "一院"}) == "只有预算或只有结算、没有列入：一院 · 职工医保、C9 · other"
    assert left_out_text(fund(1, 1), {}) == ""
