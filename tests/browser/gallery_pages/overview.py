"""Every component of the app on the names of the loaded data."""

import pandas as pd
import streamlit as st

from dashboard.ui.frame.page_frame import page_frame
from dashboard.ui.kit.attention import AttentionLine, attention_list
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import BarRow, Bubble, HeatCell, ProgressRow, bars, heat_strip, progress_bars, quadrants, show_figure
from dashboard.ui.kit.definition import Definition
from dashboard.ui.kit.headlines import HeadlineCard, headline_row
from dashboard.ui.kit.messages import empty_state
from dashboard.ui.kit.tables import ExportSource, TableColumn, show_table
from dashboard.ui.kit.theme import State, palette

with page_frame() as frame:
    if frame:
        colours = palette()
        names = [community.short_name for community in frame.options.communities]
        frame.headline(" ".join(names), names[0])
        headline_row(
            "gallery",
            [
                HeadlineCard(
                    key=f"k{order}",
                    definition=Definition(
                        name=name, meaning=name, formula=name, numerator=name, denominator=name, source=name, note=name, grade=name
                    ),
                    value="91.3%",
                    state=State.GOOD,
                    target=name,
                    previous_change=name,
                    last_year_change="+0.8 pt",
                    share=0.9,
                    target_share=0.92,
                    trend=[1.0, None, 3.0, 2.0],
                )
                for order, name in enumerate(names)
            ],
        )
        with card("charts", names[1], names[2]):
            cells = [[HeatCell(order % 4, name, name), HeatCell(None, "—")] for order, name in enumerate(names)]
            show_figure(heat_strip(names, [names[0], names[1]], cells), key="heat", alt=names[0])
            progress = [ProgressRow(name, 0.8, name, name, colours.community(order)) for order, name in enumerate(names)]
            show_figure(progress_bars(progress, expected=0.8), key="progress", alt=names[0])
            show_figure(bars([BarRow(name, 3, name) for name in names], unit=names[0]), key="bars", alt=names[0])
            bubbles = [Bubble(name, 0.5, 2 + order, 10, colours.community(order), name) for order, name in enumerate(names)]
            corners = (names[0], names[1], names[2], names[3])
            figure = quadrants(bubbles, x_line=0.6, y_line=3, x_title=names[0], y_title=names[1], names=corners)
            show_figure(figure, key="quadrants", alt=names[0])
        with card("words"):
            attention_list("names", [AttentionLine(name, name, State.WARNING) for name in names])
            empty_state(names[0], names[1])
            table = pd.DataFrame({"name": names, "share": [0.5] * len(names)})
            columns = [TableColumn("name", names[0]), TableColumn("share", names[1], "percent")]
            show_table(table, columns, key="names", title=names[0], source=ExportSource(names[2], frame.database.version))
        st.caption("end")
