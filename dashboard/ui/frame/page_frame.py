"""The frame of the page that is open: database, filters, places of title and subtitle, and one error boundary."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.analysis.approval import COUNTY
from dashboard.analysis.periods import Grain
from dashboard.services.common.approvals import provisional_of_counties, provisional_words, signer
from dashboard.services.common.clock import today
from dashboard.services.common.counties import unsigned_counties
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory, scope_names, scope_words
from dashboard.services.common.filters import WHOLE_COUNTY, FilterOptions, Filters, Level, Scheme
from dashboard.services.common.reporting import DataAge, block_dates, data_age, date_words, load_words, own_date
from dashboard.services.common.restated import restated_words
from dashboard.states import SIGNS, State
from dashboard.topics import Page
from dashboard.ui.frame.drill import ask, show_asked
from dashboard.ui.frame.filters import LABELS, LEVELS, SCHEMES
from dashboard.ui.kit import formatting
from dashboard.ui.kit.hatch import Hatch, hatch_months
from dashboard.ui.kit.headlines import open_behind_numbers
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import error_boundary, escaped, tell_misread
from dashboard.ui.kit.tables import ExportSource
from dashboard.ui.kit.theme import STATE_BADGE

_OPEN = (WHOLE_COUNTY, Level.ALL.value, Grain.MONTH.value)
"""The codes of filters that leave nothing out."""
_OPEN_VALUES = {"community": None, "level": Level.ALL, "scheme": Scheme.ALL}


@dataclass(frozen=True)
class PageFrame:
    """What a page draws into: the database, what it offers to filter by, the filters, the places of title and subtitle."""

    database: ReportingDatabase
    options: FilterOptions
    filters: Filters
    entry: Page
    _title: DeltaGenerator
    _subtitle: DeltaGenerator
    _link: DeltaGenerator
    actions: DeltaGenerator
    """Where the page puts buttons of its own: behind the subtitle, at no cost in height."""

    def followed(self) -> Filters:
        """Return the filters with those left open that the page does not follow."""
        open_ones = {name: value for name, value in _OPEN_VALUES.items() if name not in self.entry.filters}
        return replace(self.filters, **open_ones)  # type: ignore[arg-type]

    def area(self) -> str:
        """Return whom the page is about: the chosen community on a page that follows that filter, or all that the reader may see.

        Where the database holds several counties, with the one in view.
        """
        if self.entry.several:
            return _("全市")
        chosen = self.options.community(self.filters.community) if "community" in self.entry.filters else None
        part = chosen.short_name if chosen else scope_names(self.database, language()) or _("全县")
        return f"{directory(self.database).county_name} · {part}" if self.database.scope.county else part

    def not_followed(self, *names: str) -> str:
        """Return what a block says that does not follow the filters ``names``; empty where the page does not either, or they are open."""
        codes = self.filters.codes()
        unlike = [name for name in names if name in self.entry.filters and codes[name] not in _OPEN]
        return _("不随“{names}”筛选", names=_("、").join(_(LABELS[name]) for name in unlike)) if unlike else ""

    def beside(self, aside: str, *not_followed: str, tables: Sequence[str] = ()) -> str:
        """Return what stands beside a block's title: ``aside``, which filters the block does not follow, and its own data date.

        The date is that of the block's ``tables``, where they end before the month that the page shows.
        """
        return " · ".join(filter(None, [aside, self.not_followed(*not_followed), self.own_date(*tables)]))

    def dated(self, aside: str, *tables: str) -> str:
        """Return ``aside`` with how far a block made of ``tables`` (those of the page) reaches and when its next report is due."""
        found = block_dates(self.database, tables or self.entry.tables)
        return " · ".join([aside, found.text(today(), language())]) if found else aside

    def own_date(self, *tables: str) -> str:
        """Return "数据到 2025年8月" where ``tables`` end before the month that the page shows; else empty."""
        return date_words(own_date(self.database, tables, self.filters.period.last), language())

    def tell_not_followed(self, *names: str) -> None:
        """Say above a section which of the page's filters it does not follow."""
        words = self.not_followed(*names)
        if words:
            st.caption(escaped(words))

    def to_load(self, *tables: str) -> str:
        """Return what to do about a block made of ``tables`` that cannot be drawn: it asks for those only that are truly lacking."""
        return load_words(self.database, *tables, language=language())

    def provisional(self) -> str:
        """Return "◐ 初步：…" while months that the page shows are not approved; empty otherwise, and on a page of no month."""
        if "month" not in self.entry.filters:
            return ""
        if self.entry.several:
            return provisional_of_counties(unsigned_counties(self.database, self.filters.period.months), language())
        chosen = self.filters.community if "community" in self.entry.filters else None
        return provisional_words(self.database.signed, self.filters.period, chosen, language())

    def restated(self) -> str:
        """Return what a page of an earlier period says since who belongs where has changed; empty where nothing has."""
        if "month" not in self.entry.filters or self.entry.several:
            return ""
        return restated_words(self.database, self.filters.period.last, language())

    def source(self, *details: str) -> ExportSource:
        """Return what an export of this page states about itself: the filters that the page uses, and ``details``, in words."""
        words = [formatting.period(self.filters.period, language()), self.area(), *filter(None, [scope_words(self.database, language())])]
        if "level" in self.entry.filters:
            words.append(_(LEVELS[self.filters.level]))
        if "scheme" in self.entry.filters:
            words.append(_(SCHEMES[self.filters.scheme]))
        words += filter(None, [*details, self.restated()])
        return ExportSource(_("；").join(words), self.database.version, self.provisional())

    def headline(self, finding: str, *details: str) -> None:
        """Write the finding as the page's title and ``details`` behind the period in the subtitle. Both plain text."""
        self._title.title(escaped(finding), anchor=False)
        self.tell_period(*details)

    def tell_period(self, *details: str) -> None:
        """Write the subtitle alone: area, period, ``details`` (plain text) and how old the data are."""
        reader = language()
        county = _("全市") if self.entry.several else directory(self.database).county_name
        chosen = self.options.community(self.filters.community) if "community" in self.entry.filters else None
        area = [name for name in (county, chosen.short_name if chosen else "") if name]
        parts = [*area, formatting.period(self.filters.period, reader), *details]
        words, age = escaped(" · ".join(parts)), self.age()
        if age is not None:
            told = escaped(age.text(reader))
            words += f" · :{STATE_BADGE[State.WARNING]}[**{escaped(SIGNS[State.WARNING])} {told}**]" if age.stale else f" · {told}"
        if provisional := self.provisional():
            words += f" · **{escaped(provisional)}**"
        if restated := self.restated():
            words += f" · **{escaped(restated)}**"
        self._subtitle.caption(words, width="content")

    def tell_misread(self) -> None:
        """Say above the page what of its link nobody understands; called when the page has read all of it."""
        with self._link:
            tell_misread()

    def age(self) -> DataAge | None:
        """Return how old the data of this page are; None without any."""
        through, newest = self.options.first_month(self.entry.name), self.database.version.data_through
        return data_age(through, newest) if through and newest else None


def _hatch(frame: PageFrame) -> Hatch:
    """Return which months the page's charts hatch: those of its area that are not approved."""
    signed = frame.database.signed
    chosen = frame.filters.community if "community" in frame.entry.filters else None
    unit = signer("community", chosen) if chosen else COUNTY
    return Hatch(lambda months: set(signed.provisional(months, unit)), bool(frame.provisional()), signed.since is not None)


# One script run is one thread: the page's script finds here what the entry point has opened for it.
_current: ContextVar[PageFrame | None] = ContextVar("page_frame", default=None)


def open_frame(frame: PageFrame | None) -> None:
    """Keep ``frame`` for the page's script of this run; None when there is nothing to draw into."""
    _current.set(frame)


@contextmanager
def page_frame() -> Iterator[PageFrame | None]:
    """Yield the frame that the entry point has opened for this page; errors inside are shown in the one style.

    Yields None when there is no database or no month of data: the shell has then already said so, and the page has
    nothing to draw.
    """
    frame = _current.get()
    if frame is not None:
        open_behind_numbers(lambda indicator: ask(indicator, frame.followed().community))
        hatch_months(_hatch(frame))
    with error_boundary():
        yield frame
    if frame is not None:
        frame.tell_misread()
        show_asked(frame.database, frame.followed(), frame.source())
