"""Native charts in Word: the chart and its workbook as parts of the document, so that a reader can edit the numbers."""

from xml.sax.saxutils import quoteattr

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.text.paragraph import Paragraph
from lxml import etree

from dashboard.documents.content import Chart
from dashboard.documents.look import clean
from dashboard.documents.office_charts import chart_parts

_CHART_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_RELATIONSHIP = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def add_chart(paragraph: Paragraph, chart: Chart, width: int, height: int, size: float = 9) -> None:
    """Append ``chart`` to ``paragraph``, ``width`` by ``height`` EMU, with letters of ``size`` points."""
    document = paragraph.part
    package = document.package
    assert package is not None
    number = 1 + sum(part.content_type == _CHART_TYPE for part in package.iter_parts())
    xml, workbook = chart_parts(chart, size)
    book = Part(PackURI(f"/word/embeddings/chart{number}.xlsx"), _BOOK_TYPE, workbook, package)
    drawing = Part(PackURI(f"/word/charts/chart{number}.xml"), _CHART_TYPE, b"", package)
    drawing._blob = _pointing_to(xml, drawing.relate_to(book, RELATIONSHIP_TYPE.PACKAGE))
    relation = document.relate_to(drawing, RELATIONSHIP_TYPE.CHART)
    run = paragraph.add_run()
    run._r.append(_inline(chart, relation, number, width, height))


def _pointing_to(xml: bytes, relation: str) -> bytes:
    """Return the chart's XML with the relation to its workbook as this package names it."""
    root = etree.fromstring(xml)
    for data in root.iter(f"{{{_CHART}}}externalData"):
        data.set(f"{{{_RELATIONSHIP}}}id", relation)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _inline(chart: Chart, relation: str, number: int, width: int, height: int) -> etree._Element:
    described = quoteattr(clean(f"{chart.title}：{chart.alternative}" if chart.alternative else chart.title))
    return parse_xml(
        f"<w:drawing {nsdecls('w', 'wp', 'a', 'r')}>"
        f'<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{int(width)}" cy="{int(height)}"/>'
        '<wp:effectExtent l="0" t="0" r="0" b="0"/>'
        f'<wp:docPr id="{1000 + number}" name="chart{number}" descr={described}/><wp:cNvGraphicFramePr/>'
        f'<a:graphic><a:graphicData uri="{_CHART}"><c:chart xmlns:c="{_CHART}" r:id="{relation}"/></a:graphicData></a:graphic>'
        "</wp:inline></w:drawing>"
    )
