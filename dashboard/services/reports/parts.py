"""What the parts of a report share: the question they answer, the words they speak, and what they hand to the writers."""

import datetime
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from dashboard import __version__, formatting
from dashboard.analysis.suppression import ON_EXPORT
from dashboard.catalogue.loader import load_catalogue
from dashboard.documents.content import Cell, Entry, Labels, Language, Provenance, Quantity, Section
from dashboard.language import marked, translate
from dashboard.services.common.approvals import provisional_words
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory, scope_names, scope_words
from dashboard.services.common.filters import Filters
from dashboard.services.common.indicators import FEW, indicator_definition
from dashboard.services.common.restated import restated_words
from dashboard.services.overview.answer import Reading
from dashboard.services.overview.wording import change_text, target_chip, unit_text, value_text
from dashboard.states import PROVISIONAL
from dashboard.store.codes import INSURANCE_SCHEME
from dashboard.workspace import Workspace

DEMONSTRATION = marked("演示数据：数值为模拟，不代表任何机构的真实情况")
_VERSIONS_IN_LINE = 2
"""More than these stand in the table of sources only: a footer is one line."""
SUPPRESSED = f"<{ON_EXPORT}"


@dataclass(frozen=True, eq=False)
class Brief:
    """What a report is asked: the county's data, what people saved, the filters, and the reader's language."""

    database: ReportingDatabase
    workspace: Workspace
    filters: Filters
    language: Language = "zh"

    def say(self, message: str, **details: object) -> str:
        """Return the Chinese ``message`` in the reader's language, its ``{fields}`` filled from ``details``."""
        return translate(message, self.language, **details)

    def joined(self, parts: Iterable[str], separator: str = "、") -> str:
        """Return ``parts`` as one text, empty ones left out."""
        return self.say(separator).join(part for part in parts if part)

    def under(self, filters: Filters) -> "Brief":
        """Return the same brief under other filters."""
        return replace(self, filters=filters)

    @property
    def area(self) -> str:
        """Whom the report is about: the chosen community, or the whole county."""
        chosen = self.filters.community
        return directory(self.database).community_name(chosen) if chosen else self.say(marked("全县"))

    @property
    def period(self) -> str:
        """The period in words."""
        return formatting.period(self.filters.period, self.language)


@dataclass(frozen=True)
class Part:
    """One part of a report: its sections, the sentences for the summary, the indicators and the versions it used."""

    sections: tuple[Section, ...] = ()
    highlights: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()


def scheme_words(brief: Brief) -> str:
    """Return the insurance scheme that the numbers are limited to, in words."""
    _ = brief.say
    code = brief.filters.scheme_code
    if code is None:
        return _("全部险种")
    scheme = INSURANCE_SCHEME[code]
    return scheme.zh if brief.language == "zh" else scheme.en


def provenance(brief: Brief, title: str, made_at: str, versions: Sequence[tuple[str, str]], *, one_scope: bool = True) -> Provenance:
    """Return where the numbers of a report come from.

    Args:
        brief: its filters are those of the whole report.
        title: of the report.
        made_at: in words.
        versions: schemes, scenarios and agendas with their versions.
        one_scope: whether the filters hold throughout; in a meeting pack each item names its own.
    """
    _ = brief.say
    version = brief.database.version
    through = formatting.month(version.data_through, brief.language)
    scope = brief.joined((brief.period, brief.area, scheme_words(brief)), "；")
    seen = scope_names(brief.database, brief.language)
    provisional = provisional_words(brief.database.signed, brief.filters.period, brief.filters.community, brief.language)
    restated = restated_words(brief.database, brief.filters.period.last, brief.language)
    rows = [
        (_("标题"), title),
        *([(_("数据范围"), seen)] if seen else []),
        (_("筛选条件"), scope if one_scope else _("各议题不同，写在每个议题之下")),
        (_("数据截至"), through),
        *([(_("审定状态"), provisional)] if provisional else []),
        *([(_("归属变动"), restated)] if restated else []),
        (_("数据版本"), str(version.load_id)),
        (_("数据包"), version.package),
        *versions,
        (_("程序版本"), __version__),
        (_("生成时间"), made_at),
        (_("小数保护"), _("1–{most} 的人数、例数显示为 <{limit}，由它能算出的数值一并隐去", most=ON_EXPORT - 1, limit=ON_EXPORT)),
    ]
    demonstration = _(DEMONSTRATION) if version.demonstration else ""
    if demonstration:
        rows.append((_("注意"), demonstration))
    line = brief.joined(
        (
            scope_words(brief.database, brief.language),
            _("数据截至 {date}", date=through),
            provisional,
            _("数据版本 {version}", version=version.load_id),
            *(f"{name} {text}" for name, text in versions if len(versions) <= _VERSIONS_IN_LINE),
            _("程序 {version}", version=__version__),
        ),
        " · ",
    )
    return Provenance(tuple(rows), line, demonstration)


def labels(brief: Brief) -> Labels:
    """Return the words that the writers add."""
    _ = brief.say
    heads = (_("指标"), _("公式"), _("分子"), _("分母"), _("来源表"), _("目标"), _("依据"))
    return Labels(
        contents=_("目录"),
        source=_("来源"),
        dictionary=_("数据字典"),
        charts=_("图表"),
        page=_("第 {page} 页，共 {pages} 页", page="{page}", pages="{pages}"),
        continued=_("（续）"),
        heads=heads,
        item=_("项目"),
        content=_("内容"),
        update=_("打开时选择“更新域”即可更新页码"),
    )


def dictionary(brief: Brief, indicators: Iterable[str]) -> tuple[Entry, ...]:
    """Return the definition of each indicator once, in the order of the catalogue."""
    wanted = set(indicators)
    found = []
    for name in load_catalogue().indicators:
        if name not in wanted:
            continue
        about = indicator_definition(name, brief.language)
        found.append(
            Entry(
                name=f"{about.id} {about.name}",
                formula=about.formula_in_words,
                numerator=about.numerator,
                denominator=about.denominator,
                source=brief.joined(about.sources),
                target=about.target,
                grade=f"{about.evidence_label} · {about.evidence}",
            )
        )
    return tuple(found)


def made_at(brief: Brief, moment: datetime.datetime) -> str:
    """Return when the report was made, by the county's clock."""
    when = formatting.moment(moment)
    return f"{formatting.day(formatting.local_time(moment).date(), brief.language)} {when.split()[1]}"


# Cells -----------------------------------------------------------------------------------------------------------------


def is_small(reading: Reading) -> bool:
    """Return whether a reading stands on fewer than ten people or cases (0 may be shown), or would give such a count away."""
    return reading.status == FEW


def side_cell(reading: Reading, side: Literal["numerator", "denominator"]) -> Cell:
    """Return numerator or denominator as a cell, hidden where the reading is."""
    value = reading.numerator if side == "numerator" else reading.denominator
    if is_small(reading):
        return SUPPRESSED if reading.indicator.counts_people(side, load_catalogue().measures) else None
    return None if math.isnan(value) else Quantity(value, formatting.number(value), "#,##0")


def value_cell(brief: Brief, reading: Reading, sign: str = "") -> Cell:
    """Return the value of a reading with its unit; hidden where it would give away a small count."""
    if is_small(reading):
        return SUPPRESSED
    if math.isnan(reading.value):
        return None
    text = value_text(reading, brief.language)
    decimals = "." + "0" * reading.indicator.decimals if reading.indicator.decimals else ""
    shown = " ".join(filter(None, (text, sign, PROVISIONAL if reading.provisional else "")))
    if reading.indicator.unit == "%":
        return Quantity(reading.value / 100, shown, f"0{decimals}%")
    unit = unit_text(reading.indicator.unit, brief.language)
    return Quantity(reading.value, shown, f'#,##0{decimals}"{unit}"' if unit else f"#,##0{decimals}")


def change_cell(change: float, unit: str, beyond_noise: bool) -> Cell:
    """Return a change; ● marks one beyond noise."""
    text = change_text(change, unit)
    if not text:
        return None
    mark = "● " if beyond_noise else ""
    if unit == "pt":
        return Quantity(change, mark + text, f'"{mark}"+0.0" pt";"{mark}"−0.0" pt";0.0" pt"')
    return Quantity(change / 100, mark + text, f'"{mark}"+0.0%;"{mark}"−0.0%;0.0%')


def count_cell(brief: Brief, value: float) -> Cell:
    """Return a count of people or cases as a guard let it through, hidden where it is small or protects another."""
    if math.isnan(value):
        return None
    return formatting.people(value, brief.language, ON_EXPORT) if 0 < value < ON_EXPORT else int(value)


def target_cell(brief: Brief, reading: Reading) -> str:
    """Return the target of a reading, "—" without one."""
    return target_chip(reading.target, brief.language) or formatting.MISSING
