"""Components are put together from plain modules: each in its own scope, nothing imported in the browser, no number made a word there."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from dashboard.ui.kit.component import bundled, styled

UI = Path(__file__).resolve().parents[3] / "dashboard" / "ui"
SCRIPTS = sorted(UI.rglob("*.js"))
COMPONENTS = [script for script in SCRIPTS if "export default" in script.read_text(encoding="utf-8")]


def write(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return folder / "main.js"


def run(text: str, folder: Path) -> str:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed (apt-get install nodejs)")
    module = folder / "bundled.mjs"
    module.write_text(text + "\nconsole.log(answer);\n", encoding="utf-8")
    return subprocess.run([node, module], check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def test_modules_are_put_in_front_once_each_in_a_scope_of_its_own(tmp_path: Path) -> None:
    main = write(
        tmp_path,
        deep="let count = 0;\nexport function next() { count += 1; return count; }\n",
        one='import { next } from "./deep.js";\nconst secret = 10;\nexport const first = () => secret + next();\n',
        two='import { next } from "./deep.js";\nconst secret = 100;\nexport class Second { get value() { return secret + next(); } }\n',
        main='import { first } from "./one.js";\nimport { Second } from "./two.js";\n'
        "const answer = [first(), new Second().value, first()].join();\nexport default function () {}\n",
    )
    text = bundled(main)
    assert text.count("let count = 0") == 1
    assert run(text, tmp_path) == "11,102,13"  # both share the one module below them


def test_a_style_sheet_takes_in_another_where_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "deep.css").write_text("p { margin: 0; }", encoding="utf-8")
    (tmp_path / "about.css").write_text('@import "./deep.css";\n.about { color: red; }', encoding="utf-8")
    main = tmp_path / "main.css"
    main.write_text('@import "./about.css";\nh5 { margin: 0; }', encoding="utf-8")
    assert styled(main) == "p { margin: 0; }\n.about { color: red; }\nh5 { margin: 0; }"
    main.write_text('@import "./gone.css";', encoding="utf-8")
    with pytest.raises(FileNotFoundError):
        styled(main)


def test_no_style_sheet_of_ours_asks_the_browser_for_another() -> None:
    sheets = [sheet for sheet in UI.rglob("*.css") if sheet.with_suffix(".js").exists()]
    assert len(sheets) >= 8
    assert not [sheet.name for sheet in sheets if "@import" in styled(sheet)]


@pytest.mark.parametrize(
    ("main", "reason"),
    [
        ('import { absent } from "./one.js";\n', "exports no absent"),
        ('import one from "./one.js";\n', "not put together here"),
        ('import * as one from "./one.js";\n', "not put together here"),
        ('import { one } from "https://example.org/one.js";\n', "not put together here"),
        ("const one = 1;\nexport { one };\n", "not put together here"),
        ('import { two } from "./circle.js";\nexport const one = 1;\n', "import each other"),
    ],
)
def test_other_forms_are_refused_in_words(tmp_path: Path, main: str, reason: str) -> None:
    script = write(tmp_path, one="export const one = 1;\n", circle='import { one } from "./main.js";\nexport const two = 2;\n', main=main)
    with pytest.raises(ValueError, match=reason):
        bundled(script)


def test_a_missing_module_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"absent\.js"):
        bundled(write(tmp_path, main='import { one } from "./absent.js";\n'))


@pytest.mark.parametrize("script", COMPONENTS, ids=lambda script: script.stem)
def test_every_component_of_ours_is_one_module_that_imports_nothing(script: Path) -> None:
    text = bundled(script)
    assert not re.search(r"^\s*(import|export (?!default function \())", text, re.MULTILINE)
    assert text.count("export default function (") == 1
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in text


def test_no_script_makes_a_word_of_a_number_or_a_date() -> None:
    assert len(COMPONENTS) >= 7
    formatters = re.compile(r"\.(toFixed|toPrecision|toExponential|toLocale\w*|padStart)\(|\bIntl\.|[亿万]|%'")
    assert formatters.search("(1).toFixed(2)")
    found = {str(script.relative_to(UI)): formatters.findall(script.read_text(encoding="utf-8")) for script in SCRIPTS}
    assert {name: hits for name, hits in found.items() if hits} == {}
