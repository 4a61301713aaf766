"""Native Office charts, editable with their numbers behind them: one builder for slides and for Word.

python-pptx writes the chart's XML and the workbook behind it. A slide takes both as they are; Word takes the same two parts (chart and
workbook are defined by the same standard for all of Office), see ``docs/decisions/008-documents.md``.
"""

from typing import Any

from lxml import etree
from pptx import Presentation
from pptx.chart.chart import Chart as OfficeChart
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_MARKER_STYLE, XL_TICK_LABEL_POSITION, XL_TICK_MARK
from pptx.enum.dml import MSO_LINE
from pptx.oxml.ns import qn
from pptx.util import Emu, Pt

from dashboard.documents.content import Chart
from dashboard.documents.look import BORDER, FONT, MUTED, SERIES, TEXT, clean

_TYPES = {
    "bar": XL_CHART_TYPE.BAR_CLUSTERED,
    "column": XL_CHART_TYPE.COLUMN_CLUSTERED,
    "line": XL_CHART_TYPE.LINE_MARKERS,
}
_MOST_LABELS = 40


def add_chart(shapes: Any, chart: Chart, left: int, top: int, width: int, height: int, size: float) -> OfficeChart:
    """Put ``chart`` on a slide's ``shapes`` at this place (EMU) with letters of ``size`` points; return it."""
    data = CategoryChartData(number_format=chart.format)
    data.categories = [clean(name) for name in chart.categories]
    for series in chart.series:
        data.add_series(clean(series.name), series.values)
    frame = shapes.add_chart(_TYPES[chart.kind], Emu(left), Emu(top), Emu(width), Emu(height), data)
    frame._element.nvGraphicFramePr.cNvPr.set("descr", clean(f"{chart.title}：{chart.alternative}" if chart.alternative else chart.title))
    _style(frame.chart, chart, size)
    return frame.chart


def chart_parts(chart: Chart, size: float) -> tuple[bytes, bytes]:
    """Return the XML of ``chart`` and the workbook behind it, for a document that is no presentation."""
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    office = add_chart(slide.shapes, chart, 0, 0, 5_000_000, 3_000_000, size)
    part: Any = office.part
    return part.blob, part.chart_workbook.xlsx_part.blob


def _style(office: OfficeChart, chart: Chart, size: float) -> None:
    office.font.size = Pt(size)
    office.font.name = FONT
    office.font.color.rgb = RGBColor.from_string(TEXT)
    _east_asian(office._chartSpace)
    office.has_title = True
    office.chart_title.include_in_layout = False
    office.chart_title.text_frame.text = clean(chart.title)
    title = office.chart_title.text_frame.paragraphs[0].runs[0].font
    title.size, title.bold, title.name = Pt(size + 1), True, FONT
    title.color.rgb = RGBColor.from_string(TEXT)
    office.has_legend = len(chart.series) > 1
    if office.has_legend:
        office.legend.position = XL_LEGEND_POSITION.BOTTOM
        office.legend.include_in_layout = False
    _axes(office, chart)
    for number, (plotted, series) in enumerate(zip(office.plots[0].series, chart.series, strict=True)):
        place = number if series.position is None else series.position
        _colour(plotted, chart, RGBColor.from_string(SERIES[place % len(SERIES)]), first=number == 0)
    if chart.kind != "line":
        office.plots[0].gap_width = 60
        office.plots[0].overlap = -5
        if sum(len(series.values) for series in chart.series) <= _MOST_LABELS:
            _labels(office, chart, size)
    _square_corners(office._chartSpace)
    _east_asian(office._chartSpace)


def _axes(office: OfficeChart, chart: Chart) -> None:
    values, categories = office.value_axis, office.category_axis
    values.has_major_gridlines = True
    values.major_gridlines.format.line.color.rgb = RGBColor.from_string(BORDER)
    values.format.line.fill.background()
    values.tick_labels.number_format, values.tick_labels.number_format_is_linked = chart.format, False
    categories.format.line.color.rgb = RGBColor.from_string(MUTED)
    categories.major_tick_mark = XL_TICK_MARK.NONE
    known = [value for series in chart.series for value in series.values if value is not None]
    if chart.kind == "line":
        _every_third(categories)
        return
    if not known or min(known) >= 0:
        values.minimum_scale = 0
    else:
        categories.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    if chart.kind == "bar":
        categories.reverse_order = True  # first row on top, as in the table
        values.visible = False
        values.has_major_gridlines = False


def _every_third(categories: Any) -> None:
    """Name every third month only, so that the names stay on one line; the schema wants the element before ``noMultiLvlLbl``."""
    axis = categories._element
    skip = axis.makeelement(qn("c:tickLblSkip"), {"val": "3"})
    last = axis.find(qn("c:noMultiLvlLbl"))
    if last is None:
        axis.append(skip)
    else:
        last.addprevious(skip)


def _colour(plotted: Any, chart: Chart, colour: RGBColor, *, first: bool) -> None:
    if chart.kind != "line":
        plotted.format.fill.solid()
        plotted.format.fill.fore_color.rgb = colour
        plotted.invert_if_negative = False
        return
    plotted.smooth = False
    plotted.format.line.color.rgb = colour
    plotted.format.line.width = Pt(2 if first else 1.25)
    if first:
        plotted.marker.size = 4
        plotted.marker.format.fill.solid()
        plotted.marker.format.fill.fore_color.rgb = colour
        plotted.marker.format.line.color.rgb = colour
    else:  # a target: dashed, without points
        plotted.format.line.dash_style = MSO_LINE.DASH
        plotted.marker.style = XL_MARKER_STYLE.NONE


def _labels(office: OfficeChart, chart: Chart, size: float) -> None:
    plot = office.plots[0]
    plot.has_data_labels = True
    labels = plot.data_labels
    labels.number_format, labels.number_format_is_linked = chart.format, False
    labels.position = XL_LABEL_POSITION.OUTSIDE_END
    labels.show_value = True
    labels.font.size = Pt(size - 1)
    labels.font.name = FONT


def _east_asian(space: Any) -> None:
    """Name the Chinese font beside each Latin one: python-pptx only knows the latter."""
    for latin in space.iter(qn("a:latin")):
        after = latin.getnext()
        if after is None or after.tag != qn("a:ea"):
            letters = etree.SubElement(latin.getparent(), qn("a:ea"))
            letters.set("typeface", FONT)
            latin.addnext(letters)


def _square_corners(space: Any) -> None:
    """Say that the frame has no round corners: Office draws them where nothing is said."""
    if space.find(qn("c:roundedCorners")) is None:
        corners = etree.Element(qn("c:roundedCorners"))
        corners.set("val", "0")
        date = space.find(qn("c:date1904"))
        if date is None:
            space.insert(0, corners)
        else:
            date.addnext(corners)
