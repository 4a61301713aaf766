import pytest

from dashboard.ui.data.page import SECTIONS
from dashboard.ui.kit.messages import escaped
from tests.pages.conftest import OpenApp, texts

SAYS = {
    "reports": ("四个数，各带分子分母", "Four figures with both sides"),
    "load": ("这次载入的边界", "The bounds of this load"),
    "profile": ("还没有文件", "No file yet"),
    "approval": ("您现在可以做的", "What you can do now"),
    "reconciliation": ("1 = 各机构自身常态", "1 = each institution's own usual"),
    "findings": ("载入批次", "Loads"),
    "lineage": ("从数字到文件", "From the number to the file"),
    "dictionary": ("共", "in all"),
    "sizing": ("TB", "TB"),
}


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


def test_the_size_follows_the_years_of_images(open_app: OpenApp) -> None:
    app = open_app("data", about="sizing")
    assert escaped("毛容量 723.9 TB") in app.title[0].value
    app.number_input(key="sizing_years_imaging").set_value(10).run()
    assert escaped("毛容量 723.9 TB") not in app.title[0].value
