"""A bounded memory keeps the newest."""

from dashboard.newest import keep_newest


def test_the_oldest_goes_and_what_is_kept_anew_is_the_newest() -> None:
    known: dict[str, int] = {}
    for number, name in enumerate("abcab"):
        keep_newest(known, name, number, 3)
    assert list(known.items()) == [("c", 2), ("a", 3), ("b", 4)]
    keep_newest(known, "d", 5, 3)
    assert list(known) == ["a", "b", "d"]
    keep_newest(known, "e", 6, 1)
    assert list(known) == ["e"]
