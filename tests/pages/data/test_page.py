import datetime
import io

import openpyxl
import pytest

from dashboard.services.common.database import EMPTY, open_database
from dashboard.services.common.workspace import current_workspace
from dashboard.services.data.reports import CellState
from dashboard.ui.data.dictionary import LISTS, whole_dictionary
from dashboard.ui.data.grid import month_heads, sign_and_meaning
from dashboard.ui.data.page import SECTIONS
from dashboard.ui.data.steps import Step, current_step, step_texts
from dashboard.ui.kit.i18n import speaking
from dashboard.ui.kit.messages import escaped
from dashboard.ui.kit.tables import ExportSource
from dashboard.workspace import Action
from tests.integration.packages import small_county
from tests.kept import KeptCounties
from tests.pages.conftest import OpenApp, texts

SAYS = {
    "reports": ("四个数，各带分子分母", "Four figures with both sides"),
    "load": ("这次载入的边界", "The bounds of this load"),
    "profile": ("还没有文件", "No file yet"),
    "approval": ("您现在可以做的", "What you can do now"),
    "reconciliation": ("1 = 各机构自身常态", "1 = each institution's own usual"),
    "findings": ("载入批次", "loads"),
    "lineage": ("从数字到文件", "From the number to the file"),
    "dictionary": ("共", "in all"),
    "sizing": ("TB", "TB"),
}


@pytest.fixture(scope="module")
def loaded_url(kept_counties: KeptCounties) -> str:
    """A county that came in by a package, with files on record."""
    return kept_counties.loaded(small_county())


@pytest.mark.parametrize("section", SECTIONS.labels)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_section_says_what_it_is_for(open_app: OpenApp, section: str, lang: str) -> None:
    app = open_app("data", about=section, lang=lang)
    assert not app.exception
    assert not app.error
    assert escaped(SAYS[section][lang == "en"]) in texts(app)


def test_the_dictionary_is_searched(open_app: OpenApp) -> None:
    app = open_app("data", about="dictionary")
    assert "指标" in app.title[0].value
    app.text_input(key="dictionary_word").set_value("床位使用率").run()
    assert not app.exception
    assert int(app.title[0].value.split()[1]) in range(1, 10)
    app.text_input(key="dictionary_word").set_value("没有这个词").run()
    assert "没有找到" in "\n".join(info.value for info in app.info)


def test_the_dictionary_says_what_changed_when(open_app: OpenApp, loaded_url: str) -> None:
    app = open_app("data", url=loaded_url, about="dictionary", listed="changes")
    assert not app.exception
    shown = app.dataframe[0].value
    assert {"指标", "表", "本县字典表"} == set(shown["kind"])
    assert "分子 open_bed_days / calendar_days → open_bed_days / reported_bed_month_days" in set(shown["what"])
    app.text_input(key="dictionary_word").set_value("dim_town").run()
    assert set(app.dataframe[0].value["subject"]) == {"dim_town"}


def test_the_whole_dictionary_is_a_sheet_for_each_list(tiny_url: str) -> None:
    with speaking("en"):
        content = whole_dictionary(open_database(tiny_url), ExportSource("whole", EMPTY))
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert len(book.sheetnames) == len(LISTS) + 1
    for sheet in book.worksheets[:-1]:
        assert sheet.max_row > 20, sheet.title
    assert next(cell.value for cell in book.worksheets[0][2]) == "A01"


def test_the_record_is_filtered_and_each_part_that_was_read_is_noted(open_app: OpenApp, loaded_url: str) -> None:
    app = open_app("data", url=loaded_url, about="findings")
    assert not app.exception
    every = len(app.dataframe[-1].value)
    assert every > 10
    app.selectbox(key="load_table").set_value("fact_bed").run()
    assert set(app.dataframe[-1].value["table_name"]) == {"fact_bed"}
    app.selectbox(key="load_table").set_value("all").run()
    entries = current_workspace().audit.entries(action=Action.READ_DATA)
    assert [each.details.get("filters") for each in entries] == ["“床位月报”（fact_bed）", None]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_legend_of_the_grid_says_each_sign_and_each_meaning_once(lang: str) -> None:
    with speaking(lang):
        told = [sign_and_meaning(state) for state in CellState if state is not CellState.NOT_EXPECTED]
    signs, meanings = [sign for sign, _meaning in told], [meaning for _sign, meaning in told]
    assert len(set(signs)) == len(set(meanings)) == len(told)
    assert not {sign.casefold() for sign in signs} & {meaning.casefold() for meaning in meanings}
    assert all(0 < len(sign) <= 3 for sign in signs), "what a cell has room for"
    assert all(meanings)


def test_the_grid_names_every_year_where_it_begins() -> None:
    months = [datetime.date(2026, 1, 1), *(datetime.date(2025, month, 1) for month in range(12, 0, -1)), datetime.date(2024, 12, 1)]
    heads = month_heads(months, dict.fromkeys(months, (1, 2, False)))
    assert [head.partition("<br>")[0] for head in heads] == ["2026", "2025", *[""] * 11, "2024"]
    assert heads[1] == "2025<br><b>12</b><br>1/2"
    assert all(head.endswith("<br>锁") for head in month_heads(months, dict.fromkeys(months, (1, 2, True))))


def test_the_steps_of_a_load_follow_what_was_done() -> None:
    def now(**done: bool) -> Step:
        return current_step(**({"files": False, "checked": False, "passed": False, "reasoned": False} | done))

    assert now() is Step.FILES
    assert now(reasoned=True) is Step.FILES
    assert now(files=True) is Step.CHECK
    assert now(files=True, checked=True) is Step.CHECK
    assert now(files=True, checked=True, passed=True) is Step.DIFFERENCE
    assert now(files=True, checked=True, passed=True, reasoned=True) is Step.LOAD
    with speaking("zh"):
        assert [words for words, _colour in step_texts(Step.DIFFERENCE, failed=False, loads=True)] == [
            "✓ 选文件", "✓ 对列", "✓ 检查文件", "4 看差异", "5 载入",
        ]  # fmt: skip
        assert step_texts(Step.CHECK, failed=True, loads=False)[2:] == [("✕ 检查文件", "red"), ("4 看差异", "gray"), ("5 提交", "gray")]


def test_the_size_follows_the_years_of_images(open_app: OpenApp) -> None:
    app = open_app("data", about="sizing")
    assert escaped("毛容量 723.9 TB") in app.title[0].value
    app.number_input(key="sizing_years_imaging").set_value(10).run()
    assert escaped("毛容量 723.9 TB") not in app.title[0].value
