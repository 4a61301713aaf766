"""Names as labels: short, told apart, never longer than there is room."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.analysis.naming import all_elided, by_code, distinct, elided, elided_name, without_shared

COUNTY = "积石山保安族东乡族撒拉族自治县"


def _named(*names: str) -> "pd.Series[str]":
    return pd.Series(names, index=[f"K{number}" for number in range(len(names))], dtype="object")


class TestWithoutShared:
    def test_the_county_and_the_common_ending_go(self):
        names = _named(*(f"{COUNTY}{name}医共体" for name in ("第一人民医院", "第二人民医院", "中医院")))
        assert without_shared(names, (), ("医疗共同体", "医共体")).tolist() == ["第一人民医院", "第二人民医院", "中医院"]

    def test_an_ending_that_not_all_have_stays(self):
        names = _named("甘州区第一人民医院医共体", "甘州区中医院医疗集团")
        assert without_shared(names, (), ("医共体",)).tolist() == ["第一人民医院医共体", "中医院医疗集团"]

    def test_a_named_county_goes_where_it_stands_and_the_others_stay(self):
        names = _named(f"{COUNTY}第一人民医院", "省人民医院")
        assert without_shared(names, (COUNTY, "")).tolist() == ["第一人民医院", "省人民医院"]

    def test_what_all_share_goes_only_as_far_as_an_area_ends(self):
        names = _named("渭源县第一人民医院门诊部", "渭源县第二人民医院门诊部")
        assert without_shared(names).tolist() == ["第一人民医院门诊部", "第二人民医院门诊部"]

    def test_short_names_and_no_names_stay(self):
        assert without_shared(_named("渭源县一院", "渭源县二院"), ("渭源县",)).tolist() == ["渭源县一院", "渭源县二院"]
        assert without_shared(_named()).tolist() == []

    def test_two_letters_stay_at_least(self):
        names = _named(f"{COUNTY}站", f"{COUNTY}第一人民医院", "院医共体")
        assert without_shared(names, (COUNTY,)).tolist() == [f"{COUNTY}站", "第一人民医院", "院医共体"]
        one = _named(f"{COUNTY}甲医共体")
        assert without_shared(one, (COUNTY,), ("甲医共体",)).tolist() == ["甲医共体"]


class TestDistinct:
    def test_equal_names_carry_the_first_detail_that_tells_them_apart(self):
        names = _named("中心卫生院", "中心卫生院", "一院")
        communities = pd.Series({"K0": "一院医共体", "K1": "二院医共体", "K2": "一院医共体"})
        assert distinct(names, communities).tolist() == ["中心卫生院 (一院医共体)", "中心卫生院 (二院医共体)", "一院"]

    def test_only_as_much_as_is_needed(self):
        names = _named("CT", "CT", "CT", "CT")
        places = pd.Series({"K0": "一院", "K1": "一院", "K2": "二院"})  # K3 stands nowhere
        assert distinct(names, places).tolist() == ["CT (一院 · K0)", "CT (一院 · K1)", "CT (二院)", "CT"]

    def test_without_a_detail_the_code(self):
        assert distinct(_named("甲", "甲")).tolist() == ["甲 (K0)", "甲 (K1)"]

    def test_a_name_that_looks_like_another_with_its_mark(self):
        assert distinct(_named("甲", "甲", "甲 (K0)")).is_unique

    @settings(deadline=None, max_examples=60)
    @given(st.lists(st.tuples(st.sampled_from(["甲", "乙", "甲 (K0)", "甲 (一)"]), st.sampled_from(["一", "二", None])), max_size=8))
    def test_no_two_labels_are_equal_and_every_label_begins_with_its_name(self, rows):
        names = _named(*(name for name, _detail in rows))
        labels = distinct(names, pd.Series([detail for _name, detail in rows], index=names.index, dtype="object"))
        assert labels.is_unique
        assert all(label.startswith(name) for label, name in zip(labels, names, strict=True))


def test_labels_by_code():
    assert by_code(pd.Series({1: "一院", 2: "二院"})) == {"1": "一院", "2": "二院"}


class TestElided:
    @pytest.mark.parametrize(
        ("text", "longest", "shown"),
        [
            ("一院", 8, "一院"),
            (f"{COUNTY}第一人民医院", 9, "积石山保…人民医院"),
            ("General hospital of the county", 8, "General…county"),
        ],
    )
    def test_the_middle_goes(self, text, longest, shown):
        assert elided(text, longest) == shown

    @settings(deadline=None)
    @given(st.text(max_size=40), st.integers(2, 20))
    def test_never_wider_than_the_room(self, text, longest):
        shown = elided(text, longest)
        assert sum(1.0 if ord(letter) > 0xFF else 0.5 for letter in shown) <= longest

    def test_names_that_would_become_equal_stay_whole(self):
        names = ["第一人民医院城东分院", "第一人民医院城西分院", "康复医院"]
        assert all_elided(names, 6) == [*names[:2], "康复医院"]
        assert all_elided(["第一人民医院", "第二人民医院", "第二人民医院"], 5) == ["第一…医院", "第二…医院", "第二…医院"]


def test_a_value_behind_a_name_is_never_elided() -> None:
    assert elided_name("乔司街道社区卫生服务中心 38.8% !", 6) == "乔司街…中心 38.8% !"
    assert elided_name("人民医院", 6) == "人民医院"
    assert elided_name("人民医院 (城关镇)", 6) == elided("人民医院 (城关镇)", 6)
    assert elided_name("某某某某某某某医院 —", 4) == "某某…院 —"
