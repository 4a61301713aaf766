"""A county's own Word template: places are filled wherever Word may have put them, and nothing else changes."""

import io
import zipfile

from docx import Document
from docx.enum.section import WD_SECTION
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from dashboard.documents.official import fill_template
from tests.unit.report_sample import sample


def _filled(document) -> tuple:
    buffer = io.BytesIO()
    document.save(buffer)
    content = fill_template(buffer.getvalue(), sample())
    return Document(io.BytesIO(content)), set(zipfile.ZipFile(buffer).namelist()), set(zipfile.ZipFile(io.BytesIO(content)).namelist())


def _link(paragraph, text: str) -> None:
    link, run, words = OxmlElement("w:hyperlink"), OxmlElement("w:r"), OxmlElement("w:t")
    link.set(qn("w:anchor"), "place")
    words.text = text
    run.append(words)
    link.append(run)
    paragraph._p.append(link)


def test_places_in_links_and_cut_into_runs_are_filled_where_they_stand() -> None:
    document = Document()
    mixed = document.add_paragraph("见 ")
    _link(mixed, "{{标题}}")
    mixed.add_run(" 第 {{副").bold = True
    mixed.add_run("标题}} 号")
    _link(document.add_paragraph(), "{{标题}}")
    filled, _, _ = _filled(document)
    report = sample()
    assert [each.text for each in filled.paragraphs] == [f"见 {report.title} 第 {report.subtitle} 号", report.title]
    assert filled.paragraphs[0].hyperlinks[0].text == report.title
    assert [run.text for run in filled.paragraphs[0].runs] == ["见 ", f" 第 {report.subtitle}", " 号"]
    assert filled.paragraphs[0].runs[1].bold


def test_headers_of_first_and_even_pages_are_filled_and_linked_ones_stay_linked() -> None:
    document = Document()
    document.add_paragraph("{{标题}}")
    section = document.sections[0]
    section.different_first_page_header_footer = document.settings.odd_and_even_pages_header_footer = True
    edges = ("first_page_header", "first_page_footer", "even_page_header", "even_page_footer")
    for name in edges:
        edge = getattr(section, name)
        edge.is_linked_to_previous = False
        edge.paragraphs[0].text = "{{副标题}}"
    document.add_section(WD_SECTION.NEW_PAGE)
    filled, before, after = _filled(document)
    assert {getattr(filled.sections[0], name).paragraphs[0].text for name in edges} == {sample().subtitle}
    assert all(getattr(filled.sections[1], name).is_linked_to_previous for name in (*edges, "header", "footer"))
    assert before == after
