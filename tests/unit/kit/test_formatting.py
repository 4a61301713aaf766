import datetime
from decimal import Decimal

import numpy as np
import pytest

from dashboard.analysis.periods import Period
from dashboard.ui.kit import formatting


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (0, "0", "0"),
        (None, "—", "—"),
        (float("nan"), "—", "—"),
        (float("inf"), "—", "—"),
        (Decimal("NaN"), "—", "—"),
        (np.int64(999), "999", "999"),
        (999.5, "1,000", "1.00K"),
        (9_999, "9,999", "10.0K"),
        (9_999.4, "9,999", "10.0K"),
        (9_999.5, "1.00万", "10.0K"),
        (10_000, "1.00万", "10.0K"),
        (12_345, "1.23万", "12.3K"),
        (99_949, "9.99万", "99.9K"),
        (99_950, "10.0万", "100K"),
        (999_499, "99.9万", "999K"),
        (999_500, "100万", "1.00M"),
        (11_200_000, "1,120万", "11.2M"),
        (99_994_999, "9,999万", "100M"),
        (99_995_000, "1.00亿", "100M"),
        (100_000_000, "1.00亿", "100M"),
        (1_842_000_000, "18.42亿", "1.84B"),
        (999_500_000, "10.00亿", "1.00B"),
        (-11_200_000, "−1,120万", "−11.2M"),
        (-0.4, "0", "0"),
        (Decimal("1842000000.00"), "18.42亿", "1.84B"),
        (np.float64(15_400_000), "1,540万", "15.4M"),
    ],
)
def test_compact(value: object, zh: str, en: str) -> None:
    assert formatting.compact(value, "zh") == zh
    assert formatting.compact(value, "en") == en


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (860, "860元", "¥860"),
        (11_200_000, "1,120万元", "¥11.2M"),
        (-15_400_000, "−1,540万元", "−¥15.4M"),
        (None, "—", "—"),
    ],
)
def test_money(value: object, zh: str, en: str) -> None:
    assert formatting.money(value, "zh") == zh
    assert formatting.money(value, "en") == en


def test_signed_money_shows_gains() -> None:
    assert formatting.money(23_100_000, "zh", signed=True) == "+2,310万元"
    assert formatting.money(23_100_000, "en", signed=True) == "+¥23.1M"
    assert formatting.money(0, "zh", signed=True) == "0元"


def test_given_decimals_are_kept() -> None:
    assert formatting.compact(11_200_000, "zh", 2) == "1,120.00万"


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (0.913, "91.3%"),
        (0.91349, "91.3%"),
        (0.9135, "91.4%"),
        (0.00049, "0.0%"),
        (1.0837, "108.4%"),
        (-0.014, "−1.4%"),
        (Decimal("0.125"), "12.5%"),
        (None, "—"),
        (float("nan"), "—"),
    ],
)
def test_percent(ratio: object, text: str) -> None:
    assert formatting.percent(ratio) == text


@pytest.mark.parametrize(
    ("difference", "text"),
    [(0.008, "+0.8 pt"), (-0.014, "−1.4 pt"), (0, "0.0 pt"), (0.0004, "0.0 pt"), (-0.0004, "0.0 pt"), (None, "—")],
)
def test_points(difference: object, text: str) -> None:
    assert formatting.points(difference) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(1234.5, 0, "1,235"), (-1234.5, 0, "−1,235"), (2.675, 2, "2.68"), (0.125, 2, "0.13"), (1e22, 0, "10,000,000,000,000,000,000,000")],
)
def test_number_rounds_half_away_from_zero(value: float, decimals: int, text: str) -> None:
    assert formatting.number(value, decimals) == text


def test_number_too_large_to_round_is_missing() -> None:
    assert formatting.number(Decimal("1e400"), 2) == "—"


@pytest.mark.parametrize(
    ("value", "smallest", "text"),
    [(0, 5, "0"), (1, 5, "<5"), (4, 5, "<5"), (5, 5, "5"), (9, 10, "<10"), (10, 10, "10"), (3, 0, "3"), (None, 5, "—"), (1284, 5, "1,284")],
)
def test_small_counts_are_hidden(value: object, smallest: int, text: str) -> None:
    assert formatting.count(value, smallest=smallest) == text


def test_yuan_in_full() -> None:
    assert formatting.yuan(Decimal("1234.5")) == "1,234.50"


@pytest.mark.parametrize(
    ("grain", "last", "zh", "en"),
    [
        ("month", "2025-10", "2025年10月", "Oct 2025"),
        ("quarter", "2025-09", "2025年三季度", "Q3 2025"),
        ("quarter", "2025-11", "2025年10–11月", "Oct–Nov 2025"),
        ("quarter", "2025-10", "2025年10月", "Oct 2025"),
        ("ytd", "2025-10", "2025年1–10月", "Jan–Oct 2025"),
        ("ytd", "2025-01", "2025年1月", "Jan 2025"),
        ("rolling12", "2025-10", "2024年11月–2025年10月", "Nov 2024–Oct 2025"),
        ("rolling12", "2025-12", "2025年1–12月", "Jan–Dec 2025"),
    ],
)
def test_period(grain: str, last: str, zh: str, en: str) -> None:
    span = Period.parse(last, grain)
    assert formatting.period(span, "zh") == zh
    assert formatting.period(span, "en") == en


def test_days_and_months() -> None:
    date = datetime.date(2025, 10, 31)
    assert (formatting.day(date), formatting.day(date, "en")) == ("2025年10月31日", "31 Oct 2025")
    assert (formatting.month(date), formatting.month(date, "en")) == ("2025年10月", "Oct 2025")
    assert formatting.day(None) == formatting.month(None) == "—"


def test_a_text_is_cut_only_where_it_runs_too_wide() -> None:
    assert formatting.shortened("一院", 24, 12, 7) == "一院"
    assert formatting.shortened("第一人民医院", 60, 12, 7) == "第一人民…"
    assert formatting.shortened("North Cumbria", 60, 12, 7) == "North…"
    assert formatting.shortened("一院", 5, 12, 7) == "…"
