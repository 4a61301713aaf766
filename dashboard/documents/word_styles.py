"""The styles of our Word documents: Chinese and Latin fonts named on every style, line heights that no font can break."""

from typing import Any

from docx.document import Document as DocumentType
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor

from dashboard.documents.look import FONT, MUTED, PRIMARY, TEXT

CAPTION = "Caption"
NOTE = "Report Note"
CONTENTS_TITLE = "Report Contents"
TABLE_TEXT = "Report Table Text"
_THEMES = ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme")

# name: (points, bold, colour, points before, points after)
_SIZES: dict[str, tuple[float, bool, str, float, float]] = {
    "Normal": (10.5, False, TEXT, 0, 4),
    "Title": (24, True, TEXT, 24, 6),
    "Subtitle": (12, False, MUTED, 0, 12),
    "Heading 1": (15, True, PRIMARY, 14, 6),
    "Heading 2": (12.5, True, TEXT, 10, 4),
    "Heading 3": (11, True, TEXT, 8, 4),
    "List Bullet": (10.5, False, TEXT, 0, 3),
    "List Number": (10.5, False, TEXT, 0, 3),
    CAPTION: (9.5, True, MUTED, 8, 3),
    "Header": (8, False, MUTED, 0, 0),
    "Footer": (8, False, MUTED, 0, 0),
    "TOC 1": (10.5, False, TEXT, 2, 2),
    "TOC 2": (10, False, TEXT, 0, 0),
    NOTE: (8.5, False, MUTED, 2, 6),
    CONTENTS_TITLE: (13, True, TEXT, 18, 6),
    TABLE_TEXT: (8.5, False, TEXT, 1, 1),
}
_COMPACT: dict[str, tuple[float, bool, str, float, float]] = {
    "Normal": (9, False, TEXT, 0, 2),
    "Title": (17, True, TEXT, 0, 1),
    "Subtitle": (9, False, MUTED, 0, 5),
    "Heading 1": (11, True, PRIMARY, 5, 2),
    "List Bullet": (9, False, TEXT, 0, 1.5),
    NOTE: (7.5, False, MUTED, 0, 1),
    TABLE_TEXT: (8, False, TEXT, 0.4, 0.4),
}


def prepare_styles(document: DocumentType, *, compact: bool = False) -> None:
    """Set fonts, sizes and spacing of every style that reports use; the built-in ones keep their names, so that Word's own tools work."""
    styles = document.styles
    _default_fonts(styles.element)
    for name, look in (_SIZES | (_COMPACT if compact else {})).items():
        known = {style.name for style in styles}
        if name not in known:
            created = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
            created.base_style = styles["Normal"]
        _set(styles[name], *look)
    styles["TOC 2"].paragraph_format.left_indent = Pt(14)
    for name in ("Title", "Heading 1"):
        _no_border(styles[name].element)


def _set(style: Any, points: float, bold: bool, colour: str, before: float, after: float) -> None:
    style.font.size, style.font.bold, style.font.italic = Pt(points), bold, False
    style.font.color.rgb = RGBColor.from_string(colour)
    name_fonts(style.element.get_or_add_rPr())
    spacing = style.paragraph_format
    spacing.space_before, spacing.space_after = Pt(before), Pt(after)
    # A fixed multiple of the font's own height; without the document grid no line jumps to twice its height.
    spacing.line_spacing_rule, spacing.line_spacing = WD_LINE_SPACING.MULTIPLE, 1.15
    paragraph = style.element.get_or_add_pPr()
    if paragraph.find(qn("w:snapToGrid")) is None:
        snap = OxmlElement("w:snapToGrid")
        snap.set(qn("w:val"), "0")
        paragraph.insert_element_before(
            snap, "w:spacing", "w:ind", "w:contextualSpacing", "w:jc", "w:outlineLvl", "w:rPr", "w:sectPr", "w:pPrChange"
        )


def name_fonts(properties: Any) -> None:
    """Name the font for Latin and Chinese letters in run properties, and drop the theme's fonts, which would win over both."""
    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = OxmlElement("w:rFonts")
        properties.insert(0, fonts)
    for theme in _THEMES:
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), FONT)


def _default_fonts(styles: Any) -> None:
    """Set fonts and language that count where no style says anything."""
    properties = styles.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    name_fonts(properties)
    language = properties.find(qn("w:lang"))
    if language is not None:
        language.set(qn("w:eastAsia"), "zh-CN")


def _no_border(style: Any) -> None:
    """Take the line under the title of the default template away."""
    border = style.find(f"{qn('w:pPr')}/{qn('w:pBdr')}")
    if border is not None:
        border.getparent().remove(border)
