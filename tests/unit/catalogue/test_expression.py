import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.expressions import evaluate
from dashboard.catalogue.expression import MAXIMUM_DEPTH, MAXIMUM_LENGTH, ExpressionError, in_words, names, parse

VALUES = {"a": 6.0, "b": 3.0, "c": 0.0, "d": float("nan")}


def computed(text: str) -> float:
    return float(np.ravel(evaluate(parse(text), lambda name, years: np.array([VALUES[name] - 2 * years])))[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 4 - 3", 3),
        ("24 / 4 / 2", 3),
        ("-a + b", -3),
        ("--a", 6),
        ("2 * -b", -6),
        ("a × b ÷ 2 − 1", 8),
        ("（a，b）", None),
        ("min(a, b, 1)", 1),
        ("max（a，b）", 6),
        ("sum(a, b, .5)", 9.5),
        ("share(a, b)", 6 / 9),
        ("ratio(a, b)", 2),
        ("a - last_year(a)", 2),
        ("last_year(last_year(a) + b)", 1 + 2),
    ],
)
def test_values(text: str, expected: float | None) -> None:
    if expected is None:
        with pytest.raises(ExpressionError):
            parse(text)
    else:
        assert computed(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["a / c", "ratio(a, c)", "share(c, c)", "c / c", "a + d", "max(a, d)", "0 * d"])
def test_zero_denominators_and_missing_values_are_missing(text: str) -> None:
    assert np.isnan(computed(text))


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 1),
        ("a +", 4),
        ("a b", 3),
        ("(a + b", 7),
        ("a + b)", 6),
        ("a $ b", 3),
        ("a ** b", 4),
        ("__import__('os')", 12),
        ("eval(a)", 1),
        ("a + power(b, 2)", 5),
        ("min(a)", 1),
        ("share(a, b, c)", 1),
        ("a.b", 2),
        ("a, b", 2),
        ("1..2", 2),
        ("* a", 1),
        ("min()", 5),
        ("last_year a", 11),
    ],
)
def test_errors_point_at_the_character(text: str, position: int) -> None:
    with pytest.raises(ExpressionError) as error:
        parse(text)
    assert error.value.position == position
    assert str(position) in error.value.what()


def test_length_and_depth_are_bounded() -> None:
    with pytest.raises(ExpressionError):
        parse("a+" * MAXIMUM_LENGTH + "a")
    with pytest.raises(ExpressionError):
        parse("(" * (MAXIMUM_DEPTH + 1) + "a" + ")" * (MAXIMUM_DEPTH + 1))
    with pytest.raises(ExpressionError):
        parse("-" * (MAXIMUM_DEPTH + 1) + "a")
    assert parse("+".join(["a"] * 200)) is not None


def test_names_tell_how_many_years_back() -> None:
    found = [(name.name, years) for name, years in names(parse("-a + last_year(b / last_year(c)) + min(a, 2)"))]
    assert found == [("a", 0), ("b", 1), ("c", 2), ("a", 0)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a / b", "诊疗 ÷ 人口"),
        ("a - (b - a)", "诊疗 － (人口 － 诊疗)"),
        ("(a + b) * 2", "(诊疗 ＋ 人口) × 2"),
        ("-a", "－诊疗"),
        ("last_year(a)", "上年同期(诊疗)"),
        ("max(a, x)", "最大值(诊疗, x)"),
    ],
)
def test_words(text: str, words: str) -> None:
    assert in_words(parse(text), {"a": "诊疗", "b": "人口"}) == words


def trees() -> st.SearchStrategy[str]:
    leaf = st.sampled_from(["a", "b", "1", "2.5", "40"])
    return st.recursive(
        leaf,
        lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"),
        max_leaves=8,
    )


@given(trees())
def test_arithmetic_is_that_of_python(text: str) -> None:
    try:
        expected = eval(text, {"__builtins__": {}}, {"a": 6.0, "b": 3.0})
    except ZeroDivisionError:
        assert np.isnan(computed(text))
    else:
        assert computed(text) == pytest.approx(expected)


def refusal(text: str) -> int | None:
    try:
        parse(text)
    except ExpressionError as error:
        return error.position
    return None


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_with_a_position(text: str) -> None:
    position = refusal(text)
    assert position is None or 1 <= position <= len(text) + 1
