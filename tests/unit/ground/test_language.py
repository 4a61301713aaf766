import gettext
import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from dashboard.language import LANGUAGES, LOCALE_FOLDER, marked, translate
from dashboard.settings import PROJECT
from tests.extraction import extract_messages

FOLDER = LOCALE_FOLDER / "en" / "LC_MESSAGES"
TRANSLATED = ("dashboard/**/*.py", "pages/*.py")
FIELD = re.compile(r"{(\w*)[^}]*}")


def catalogue() -> Catalog:
    with (FOLDER / "dashboard.po").open("rb") as file:
        return read_po(file, locale="en")


def extracted() -> set[str]:
    """Return every message id of the product."""
    found = set()
    for part in TRANSLATED:
        for file in sorted(PROJECT.glob(part)):
            with file.open("rb") as source:
                found |= {message for _line, _function, message, _comments in extract_messages(source, (), (), {})}
    return found


def test_compiled_catalogue_is_the_written_one() -> None:
    compiled = BytesIO()
    write_mo(compiled, catalogue())
    compiled.seek(0)
    written = gettext.GNUTranslations(compiled)._catalog  # type: ignore[attr-defined]
    with (FOLDER / "dashboard.mo").open("rb") as file:
        shipped = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    written.pop("", None)
    shipped.pop("", None)
    assert shipped == written, "run `make messages`"


def test_every_text_is_in_the_catalogue() -> None:
    missing = extracted() - {str(message.id) for message in catalogue() if message.id}
    assert not missing, "run `make messages`"


def test_every_text_has_its_english() -> None:
    english = {str(message.id): message.string for message in catalogue()}
    assert not sorted(text for text in extracted() if not english.get(text))


def test_english_fills_the_same_fields() -> None:
    for message in catalogue():
        if message.id and message.string:
            assert set(FIELD.findall(str(message.string))) == set(FIELD.findall(str(message.id))), message.id


def test_update_script_is_there() -> None:
    assert Path(LOCALE_FOLDER / "update.sh").is_file()


def test_translate_fills_fields_and_falls_back_to_chinese() -> None:
    assert translate(marked("数据版本 {load_id}"), "zh", load_id=3) == "数据版本 3"
    assert translate("数据版本 {load_id}", "en", load_id=3) == "Data version 3"
    assert translate("没有译文的文字", "en") == "没有译文的文字"  # noqa: RUF100


@pytest.mark.parametrize("language", LANGUAGES)
def test_translate_leaves_braces_alone_without_details(language: str) -> None:
    assert translate("{原样}", language) == "{原样}"


def test_english_quotes_are_narrow() -> None:
    """The shipped Chinese font draws curly quotes as wide as a Chinese letter: they tear English words apart."""
    assert [str(message.id) for message in catalogue() if message.id and re.search("[\u2018\u2019\u201c\u201d]", str(message.string))] == []
