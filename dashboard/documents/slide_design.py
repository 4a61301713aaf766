"""The design of our slides: wide format, title on top, page number and source at the bottom, one font for Latin and Chinese letters."""

import copy
from typing import Any

from lxml import etree
from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Inches, Pt

from dashboard.documents.look import FONT, MUTED, PRIMARY, WARNING

TITLE, BLANK_TITLE = 0, 5
"""Places of "Title Slide" and "Title Only" among the layouts of the default template."""
_WIDE = (Inches(13.333), Inches(7.5))
_SLIDE_NUMBER, _FOOTER, _DATE = 12, 11, 10


def prepare_design(deck: Any) -> None:
    """Turn the plain 4:3 template into our wide design: fonts of the theme, places and looks of the placeholders."""
    deck.slide_width, deck.slide_height = _WIDE
    master = deck.slide_master
    _theme_fonts(master)
    _title_look(master)
    for layout in (deck.slide_layouts[TITLE], deck.slide_layouts[BLANK_TITLE]):
        for shape in list(layout.placeholders):
            kind = shape.placeholder_format.idx
            if kind == _DATE:
                shape._element.getparent().remove(shape._element)
            elif kind == _SLIDE_NUMBER:
                _place(shape, 12.0, 7.02, 0.73, 0.3)
            elif kind == _FOOTER:
                _place(shape, 0.6, 7.02, 11.2, 0.3)
    only = deck.slide_layouts[BLANK_TITLE]
    _place(only.placeholders[0], 0.6, 0.55, 12.13, 0.8)
    first = deck.slide_layouts[TITLE]
    _place(first.placeholders[0], 0.9, 2.3, 11.5, 1.1)
    _place(first.placeholders[1], 0.9, 3.5, 11.5, 1.6)
    for shape in (first.placeholders[0], first.placeholders[1], only.placeholders[0]):
        _left(shape)


def _place(shape: Any, left: float, top: float, width: float, height: float) -> None:
    shape.left, shape.top, shape.width, shape.height = Inches(left), Inches(top), Inches(width), Inches(height)


def _theme_fonts(master: Any) -> None:
    """Name our font in the theme for Latin and Chinese letters; every text on every slide follows it."""
    part = next(relation.target_part for relation in master.part.rels.values() if relation.reltype.endswith("/theme"))
    root = etree.fromstring(part.blob)
    for kind in ("a:majorFont", "a:minorFont"):
        for fonts in root.iter(qn(kind)):
            for script in ("a:latin", "a:ea"):
                fonts.find(qn(script)).set("typeface", FONT)
            for font in fonts.findall(qn("a:font")):
                if font.get("script") == "Hans":
                    font.set("typeface", FONT)
    part._blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _title_look(master: Any) -> None:
    """Set the size and colour of all titles where the master keeps them."""
    styles = master._element.find(f"{qn('p:txStyles')}/{qn('p:titleStyle')}/{qn('a:lvl1pPr')}")
    styles.set("algn", "l")
    properties = styles.find(qn("a:defRPr"))
    properties.set("sz", "2400")
    properties.set("b", "1")


def _left(shape: Any) -> None:
    frame = shape.text_frame
    frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    frame.word_wrap = True
    body = shape._element.find(qn("p:txBody"))
    levels = body.find(qn("a:lstStyle"))
    for level in list(levels):
        levels.remove(level)
    size = {0: "3600"}.get(shape.placeholder_format.idx, "1600") if shape.placeholder_format.type in (3, 4) else "2400"
    level = levels.makeelement(qn("a:lvl1pPr"), {"algn": "l", "marL": "0", "indent": "0"})
    level.append(level.makeelement(qn("a:buNone"), {}))
    properties = level.makeelement(qn("a:defRPr"), {"sz": size})
    if size == "1600":
        fill = properties.makeelement(qn("a:solidFill"), {})
        fill.append(fill.makeelement(qn("a:srgbClr"), {"val": MUTED}))
        properties.append(fill)
    level.append(properties)
    levels.append(level)


def running_texts(slide: Any, kicker: str, source: str, demonstration: str) -> None:
    """Put page number and source at the bottom of ``slide``, the section's name over its title, the mark of made-up figures beside it."""
    for shape in slide.slide_layout.placeholders:
        if shape.placeholder_format.idx in (_SLIDE_NUMBER, _FOOTER):
            slide.shapes._spTree.append(copy.deepcopy(shape._element))
    for shape in slide.placeholders:
        kind = shape.placeholder_format.idx
        if kind == _FOOTER:
            shape.text_frame.text = source
            _small(shape.text_frame.paragraphs[0], MUTED)
        elif kind == _SLIDE_NUMBER:
            _small(shape.text_frame.paragraphs[0], MUTED, PP_ALIGN.RIGHT)
    if kicker:
        _line(slide, kicker, Inches(0.6), Inches(7.0), PRIMARY)
    if demonstration:
        _line(slide, demonstration, Inches(7.6), Inches(5.13), WARNING, PP_ALIGN.RIGHT)


def _small(paragraph: Any, colour: str, side: Any = PP_ALIGN.LEFT) -> None:
    paragraph.alignment = side
    paragraph.font.size = Pt(10)
    paragraph.font.color.rgb = RGBColor.from_string(colour)


def _line(slide: Any, text: str, left: int, width: int, colour: str, side: Any = PP_ALIGN.LEFT) -> None:
    box = slide.shapes.add_textbox(left, Inches(0.28), width, Inches(0.3))
    box.text_frame.word_wrap = True
    box.text_frame.text = text
    _small(box.text_frame.paragraphs[0], colour, side)
    box.text_frame.paragraphs[0].font.size = Pt(11)
