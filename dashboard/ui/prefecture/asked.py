"""What a reader of 全市各县 looks at: which indicator, which county. It stands in the address."""

import datetime
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from dashboard.analysis.counties import like_size
from dashboard.catalogue.prefecture import prefecture_settings
from dashboard.services.prefecture.answer import Compared, Prefecture
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import asked, misread, put
from dashboard.ui.kit.i18n import _, language

INDICATOR, COUNTY = "compared", "marked"
"""The names in the address."""


@dataclass(frozen=True, eq=False)
class Asked:
    """The frame, all counties, the indicator compared and the county marked."""

    frame: PageFrame
    answer: Prefecture
    indicator: str
    county: str

    @property
    def compared(self) -> Compared:
        """The indicator that map, funnel and lines show."""
        return self.answer.compared[self.indicator]

    def name(self, code: str) -> str:
        """Return what the county ``code`` is called."""
        return str(self.answer.counties["name"][code])

    @cached_property
    def pictured(self) -> list[str]:
        """The counties that pictures of many show: those most like the one marked in size, itself among them."""
        counties = self.answer.counties
        return [str(code) for code in like_size(counties["residents"], counties["group"], self.county, prefecture_settings().pictured)]

    def with_names(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return ``table``, whose index are counties, with what they are called as the column ``name``."""
        return table.assign(name=[self.name(str(code)) for code in table.index])

    def month(self, moment: object) -> str:
        """Return a month as a cell says it: "2025年9月"."""
        return formatting.month(moment.date(), language()) if hasattr(moment, "date") else formatting.MISSING


def row_of(table: pd.DataFrame, code: str) -> dict[str, Any]:
    """Return the row of a county as a mapping from column to value."""
    return {str(name): table[name][code] for name in table.columns}


def short_month(moment: datetime.date) -> str:
    """Return a month without its year, as small print says it: "9月", "Sep"."""
    text = formatting.month(moment, language())
    return text.partition("年")[2] if language() == "zh" else text.partition(" ")[0]


def read(frame: PageFrame, answer: Prefecture) -> Asked:
    """Return what the address asks for; without a word in it the indicator of the settings, and the county that stands worst."""
    indicator, county = asked(INDICATOR), asked(COUNTY)
    for name, known, label in (
        (INDICATOR, indicator in answer.compared, _("指标")),
        (COUNTY, county in answer.counties.index, _("县(市、区)")),
    ):
        if asked(name) and not known:
            misread(name, label)
            put(**{name: ""})
    if indicator not in answer.compared:
        indicator = prefecture_settings().first
    if county not in answer.counties.index:
        county = _worst(answer, indicator)
    return Asked(frame, answer, indicator, county)


def _worst(answer: Prefecture, indicator: str) -> str:
    ranks = answer.compared[indicator].table["rank"]
    return str(ranks.idxmax() if ranks.notna().any() else answer.counties.index[0])


def picked(pick: str) -> None:
    """Take over a click on a mark: "indicator:B03" or "county:330110"."""
    kind, _separator, code = pick.partition(":")
    if kind in ("indicator", "county") and code:
        put(**{INDICATOR if kind == "indicator" else COUNTY: code})
