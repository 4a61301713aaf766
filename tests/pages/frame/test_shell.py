from pathlib import Path

import pytest

from dashboard.settings import PROJECT
from dashboard.topics import PAGES
from dashboard.ui.frame import navigation
from dashboard.ui.kit.messages import escaped
from tests.integration.packages import small_county
from tests.kept import KeptCounties
from tests.pages.conftest import OpenApp, texts
from tests.tiny import HOSTILE_NAMES, PLAIN_NAMES, make_tiny_database

DEMONSTRATION = "演示数据：数值为模拟，不代表任何机构的真实情况"
PROBE = """
import streamlit as st
from dashboard.ui.frame.page_frame import page_frame

with page_frame() as frame:
    if frame:
        st.text(repr(frame.filters))
"""


def chosen(app) -> str:
    return app.text[0].value


@pytest.fixture(scope="module")
def county_url(kept_counties: KeptCounties) -> str:
    """A county with every kind of data."""
    return kept_counties.loaded(small_county())


@pytest.fixture
def probe_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pages that print the filter state, in place of the real ones."""
    for page in PAGES:
        (tmp_path / f"{page.name}.py").write_text(PROBE, encoding="utf-8")
    monkeypatch.setattr(navigation, "PAGES_FOLDER", tmp_path)
    return tmp_path


def test_first_visit_shows_latest_month_of_whole_county(open_app: OpenApp, probe_pages: Path) -> None:
    app = open_app()
    assert not app.exception
    assert "2025, 10, 1" in chosen(app)
    assert "community=None" in chosen(app)
    assert "Grain.MONTH" in chosen(app)


def test_demonstration_badge_and_data_date_are_on_the_page(open_app: OpenApp) -> None:
    words = texts(open_app())
    assert DEMONSTRATION in words
    assert escaped("数据截至 2025年10月") in words


def test_county_data_carries_no_demonstration_badge(open_app: OpenApp, tmp_path: Path) -> None:
    url = make_tiny_database(f"duckdb:///{tmp_path / 'county.duckdb'}", PLAIN_NAMES, demonstration=False)
    assert DEMONSTRATION in texts(open_app())
    assert DEMONSTRATION not in texts(open_app(url=url))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"month": "2025-03"}, "2025, 3, 1"),
        ({"grain": "季度"}, "Grain.QUARTER"),
        ({"grain": "ytd"}, "Grain.YEAR_TO_DATE"),
        ({"community": "二院医共体"}, "community='C2'"),
        ({"community": "C4"}, "community='C4'"),
        ({"level": "primary"}, "Level.PRIMARY"),
        ({"scheme": "居民医保"}, "Scheme.RESIDENT"),
        ({"grain": "Quarter"}, "Grain.QUARTER"),
        ({"grain": "季度", "lang": "en"}, "Grain.QUARTER"),
    ],
)
def test_address_sets_filters_by_label_or_code(open_app: OpenApp, probe_pages: Path, query: dict[str, str], expected: str) -> None:
    app = open_app(**query)
    assert expected in chosen(app)
    assert not app.info


@pytest.mark.parametrize("value", ["2031-13", "'; DROP TABLE dim_town; --", "<script>alert(1)</script>", "__import__('os')", ""])
def test_nonsense_in_the_address_is_told_and_replaced(open_app: OpenApp, probe_pages: Path, value: str) -> None:
    app = open_app(month=value, community=value)
    assert "2025, 10, 1" in chosen(app)
    assert "community=None" in chosen(app)
    assert escaped("截止月份、医共体") in app.info[0].value
    assert not app.exception
    app.run()
    assert not app.info


@pytest.mark.parametrize(
    ("page", "query", "names"),
    [
        ("quality", {"quality": "nonsense"}, "看什么"),
        (
            "quality",
            {"quality": "nonsense", "peers": "<script>", "level": "primary", "month": "2031-13"},
            "截止月份、看什么、比较哪一类机构",
        ),
        ("utilisation", {"use": "", "lang": "en"}, "View"),
        ("referrals", {"focus": "arc:site:H1>site:<script>"}, "图上选中的地点"),
        ("performance", {"evaluation": "nobody's"}, "评价方案"),
    ],
)
def test_a_choice_that_nobody_understands_is_told_once(
    open_app: OpenApp, county_url: str, page: str, query: dict[str, str], names: str
) -> None:
    app = open_app(page, url=county_url, **query)
    assert not app.exception
    told = [each.value for each in app.info if "无法识别" in each.value or "not be understood" in each.value]
    assert [escaped(names) in each for each in told] == [True]
    app.run()
    assert not [each for each in app.info if each.value in told]


def test_a_number_in_the_address_out_of_bounds_is_told(open_app: OpenApp, county_url: str) -> None:
    within = open_app("utilisation", url=county_url, use="peers", idle_line="55")
    assert within.slider(key="idle_line").value == 55
    assert not [each for each in within.info if "无法识别" in each.value]
    beyond = open_app("utilisation", url=county_url, use="peers", idle_line="9999")
    assert [escaped("闲置线（%）") in each.value for each in beyond.info if "无法识别" in each.value] == [True]


def test_an_address_that_led_nowhere_is_told_once(open_app: OpenApp, probe_pages: Path) -> None:
    app = open_app(no_page="[x](http://a.example)")
    assert escaped("没有“[x](http://a.example)”这个页面，已打开总览；各页在左边。") in [each.value for each in app.info]
    assert not app.run().info


def test_filters_survive_a_change_of_page(open_app: OpenApp, probe_pages: Path) -> None:
    app = open_app()
    app.selectbox(key="community").set_value("C3").run()
    app.selectbox(key="month").set_value("2025-05").run()
    app.switch_page(str(probe_pages / "resources.py")).run()
    assert "community='C3'" in chosen(app)
    assert "2025, 5, 1" in chosen(app)


def test_english_address_gives_english_shell(open_app: OpenApp) -> None:
    app = open_app(lang="en")
    assert app.title[0].value == "Overview"
    assert "simulated figures" in texts(app)
    assert "Oct 2025" in texts(app)


def test_language_switch_keeps_the_filters(open_app: OpenApp, probe_pages: Path) -> None:
    app = open_app()
    app.selectbox(key="grain").set_value("quarter").run()
    app.segmented_control(key="lang").set_value("en").run()
    assert "Grain.QUARTER" in chosen(app)
    assert app.title[0].value == "Overview"


def test_missing_database_is_explained(open_app: OpenApp, tmp_path: Path) -> None:
    app = open_app(url=f"duckdb:///{tmp_path / 'none.duckdb'}")
    assert "还没有报表数据库" in texts(app)
    assert not app.exception


def test_empty_database_is_explained(open_app: OpenApp, tmp_path: Path) -> None:
    app = open_app(url=make_tiny_database(f"duckdb:///{tmp_path / 'empty.duckdb'}", PLAIN_NAMES, facts=False))
    assert "数据库里还没有任何月份的数据" in texts(app)
    assert not app.exception


def test_unexpected_error_shows_no_internals(open_app: OpenApp, probe_pages: Path, caplog: pytest.LogCaptureFixture) -> None:
    (probe_pages / "overview.py").write_text(PROBE + "        raise RuntimeError('secret path /srv/x')\n", encoding="utf-8")
    app = open_app()
    shown = app.error[0].value
    assert "这个页面暂时无法显示" in shown
    assert "secret" not in texts(app)
    reference = shown.split("错误编号 ")[1][:8]
    assert reference in caplog.text
    assert "secret path" in caplog.text


def test_hostile_names_stay_text(open_app: OpenApp, hostile_url: str) -> None:
    app = open_app(url=hostile_url)
    assert list(app.selectbox(key="community").options)[1:] == list(HOSTILE_NAMES)
    assert not app.exception


def test_two_communities_of_one_name_are_told_apart(open_app: OpenApp, tmp_path: Path) -> None:
    url = make_tiny_database(f"duckdb:///{tmp_path / 'double.duckdb'}", ("同名", "同名", "别名"))
    assert list(open_app(url=url).selectbox(key="community").options) == ["全县", "同名 (C1)", "同名 (C2)", "别名"]


@pytest.mark.parametrize("entry", [entry.name for entry in PAGES if entry.listed])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_built_page_opens(open_app: OpenApp, entry: str, lang: str) -> None:
    app = open_app(page="" if entry == "overview" else entry, lang=lang)
    assert not app.exception
    assert not app.error
    assert app.title


def test_every_declared_page_has_its_file_and_every_file_is_declared() -> None:
    names = [entry.name for entry in PAGES]
    assert len(names) > 5
    assert sorted(names) == sorted(file.stem for file in (PROJECT / "pages").glob("*.py"))
    assert names[0] == "overview"


def test_the_subtitle_names_the_chosen_community(open_app: OpenApp, probe_pages: Path) -> None:
    assert "二院医共体" not in texts(open_app())
    assert "二院医共体" in texts(open_app(community="C2"))


def test_a_filter_that_the_page_does_not_follow_says_why_it_is_greyed(open_app: OpenApp) -> None:
    app = open_app(page="resources")
    greyed = app.selectbox(key="scheme")
    assert greyed.disabled
    assert "本页不按“险种”筛选" in greyed.help
    followed = app.selectbox(key="community")
    assert not followed.disabled
    assert not followed.help


def test_blocks_that_do_not_follow_a_filter_say_so(open_app: OpenApp) -> None:
    assert "不随" not in texts(open_app())
    words = texts(open_app(community="C2", scheme="employee"))
    for names in ("医共体", "医共体、险种", "险种"):  # the heat strip, the shared centres, the beds
        assert escaped(f"不随“{names}”筛选") in words
