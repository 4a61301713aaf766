"""The four reports as outlines: which parts in which order, under which title and name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from dashboard import formatting
from dashboard.analysis.periods import Grain
from dashboard.analysis.suppression import ON_EXPORT
from dashboard.catalogue.overview import overview_plan
from dashboard.documents.content import Block, Bullets, Column, Paragraph, Section, Table
from dashboard.language import marked
from dashboard.services.common.directory import directory
from dashboard.services.meeting.agendas import read_agenda
from dashboard.services.overview.answer import headlines
from dashboard.services.reports.contracts import contracts_part
from dashboard.services.reports.indicators import (
    change_sentences,
    community_part,
    headline_figures,
    headline_part,
    judged_headlines,
    target_sentences,
    trend_part,
)
from dashboard.services.reports.pack import Meeting, item_part
from dashboard.services.reports.parts import Brief, Part, target_cell, value_cell
from dashboard.services.reports.quality import quality_part
from dashboard.services.reports.scores import losses_part, performance_part
from dashboard.services.reports.work import attention_part, bed_part, fund_part, referral_part, shared_part
from dashboard.states import SIGNS, legend

_HIGHLIGHTS_SHOWN = 12


@dataclass(frozen=True)
class Step:
    """One part to make, and what it is called while it is made."""

    label: str
    make: Callable[[], Part]


@dataclass(frozen=True, eq=False)
class Outline:
    """A report before its parts are made. ``name`` and ``version`` make the file's name; ``arrange`` puts the parts in order."""

    name: str
    version: int
    title: str
    subtitle: str
    steps: tuple[Step, ...]
    arrange: Callable[[Sequence[Part]], tuple[Section, ...]]
    versions: tuple[tuple[str, str], ...] = ()
    compact: bool = False
    one_scope: bool = True
    """Whether the brief's filters hold throughout."""


def _steps(brief: Brief, makers: Sequence[tuple[str, Callable[[Brief], Part]]]) -> tuple[Step, ...]:
    return tuple(Step(brief.say(label), partial(make, brief)) for label, make in makers)


def _with_summary(brief: Brief, parts: Sequence[Part]) -> tuple[Section, ...]:
    """Return the summary and, after it, every section."""
    highlights = tuple(dict.fromkeys(sentence for part in parts for sentence in part.highlights))[:_HIGHLIGHTS_SHOWN]
    found = tuple(section for part in parts for section in part.sections)
    if not highlights:
        return found
    message = brief.say(marked("{area}{period}要点"), area=brief.area, period=brief.period)
    rest = (_without(section, highlights) for section in found)
    return (Section(brief.say(marked("要点")), message, (Bullets(highlights),)), *rest)


def _without(section: Section, said: Sequence[str]) -> Section:
    """Return ``section`` without the sentences that the summary has said already."""
    blocks: list[Block] = []
    for block in section.blocks:
        if not isinstance(block, Bullets):
            blocks.append(block)
        elif left := tuple(item for item in block.items if item not in said and item.rstrip("。.") != section.message):
            blocks.append(replace(block, items=left))
    return replace(section, blocks=tuple(blocks))


def _county(brief: Brief) -> str:
    return directory(brief.database).county_name


def _subtitle(brief: Brief) -> str:
    place = _county(brief)
    area = brief.area if brief.filters.community or not place else ""
    return brief.joined((place, area, brief.period), " · ")


_WORK = (
    (marked("核心指标"), headline_part),
    (marked("各医共体对照"), community_part),
    (marked("绩效评价"), performance_part),
    (marked("医保总额预算执行"), fund_part),
    (marked("双向转诊"), referral_part),
    (marked("床位效率"), bed_part),
    (marked("费用与质量"), quality_part),
    (marked("签约与公卫"), contracts_part),
    (marked("共享中心"), shared_part),
    (marked("需要关注"), attention_part),
)


def _regular(brief: Brief, title: str, makers: Sequence[tuple[str, Callable[[Brief], Part]]]) -> Outline:
    """Return a report on one period, of the county or of one community."""
    parts = [brief.say(title), *([brief.area] if brief.filters.community else []), _code(brief)]
    return Outline(
        name="_".join(parts),
        version=brief.database.version.load_id,
        title=brief.say(title),
        subtitle=_subtitle(brief),
        steps=_steps(brief, makers),
        arrange=partial(_with_summary, brief),
    )


def _code(brief: Brief) -> str:
    """Return the period as file names carry it: 2026-06, 2026Q2."""
    period = brief.filters.period
    if period.grain is Grain.QUARTER and len(period.months) == 3:
        return f"{period.last.year}Q{period.last.month // 3}"
    return str(period) if len(period.months) == 1 else f"{period.first:%Y-%m}_{period}"


def monthly(brief: Brief) -> Outline:
    """Return the monthly assessment."""
    return _regular(brief, marked("月度考核"), _WORK)


def quarterly(brief: Brief) -> Outline:
    """Return the quarterly bulletin: the same matters over the quarter, and thirteen months of trend."""
    makers = list(_WORK)
    makers.insert(1, (marked("近 13 个月走势"), trend_part))
    return _regular(brief, marked("季度通报"), makers)


def one_pager(brief: Brief) -> Outline:
    """Return one page on one community: its figures, its place among the others, where it loses, its money, what needs attention."""
    assert brief.filters.community is not None
    makers: tuple[tuple[str, Callable[[Brief], Part]], ...] = (
        (marked("核心指标"), community_figures),
        (marked("与全县和目标比较"), beside_county),
        (marked("绩效得分与失分"), lambda asked: losses_part(asked, str(asked.filters.community))),
        (marked("基金与转诊"), money_and_referrals),
    )
    outline = _regular(brief, marked("医共体一页纸"), makers)
    return replace(outline, title=brief.area, subtitle=brief.joined((_county(brief), brief.period), " · "), arrange=_in_order, compact=True)


def _in_order(parts: Sequence[Part]) -> tuple[Section, ...]:
    return tuple(section for part in parts for section in part.sections)


def community_figures(brief: Brief) -> Part:
    """Return the headline figures of one community and what truly changed."""
    judged = judged_headlines(brief)
    sentences = (*target_sentences(brief, [each.reading for each in judged])[:1], *change_sentences(brief, judged)[:2])
    section = Section(brief.say(marked("核心指标")), "", (headline_figures(brief, judged), Bullets(sentences)))
    return Part((section,), (), tuple(each.reading.indicator.id for each in judged))


def beside_county(brief: Brief) -> Part:
    """Return every dimension of one community beside the county and the target."""
    _ = brief.say
    names = tuple(dimension.indicator for dimension in overview_plan().dimensions)
    period, scheme = brief.filters.period, brief.filters.scheme_code
    own = headlines(brief.database, period, brief.filters.community, scheme, names, ON_EXPORT)
    county = headlines(brief.database, period, None, scheme, names, ON_EXPORT)
    rows = tuple(
        (
            each.reading.indicator.label(brief.language),
            value_cell(brief, each.reading, SIGNS[each.reading.state]),
            value_cell(brief, whole.reading),
            target_cell(brief, each.reading),
        )
        for each, whole in zip(own, county, strict=True)
    )
    columns = (Column(_("指标"), wide=True), Column(brief.area, "number"), Column(_("全县"), "number"), Column(_("目标")))
    heading = _("与全县和目标比较")
    table = Table("beside", heading, columns, rows, _("{signs}。", signs=legend(brief.language)))
    return Part((Section(heading, "", (table,)),), (), names)


def money_and_referrals(brief: Brief) -> Part:
    """Return fund, referrals, costs and what needs attention as sentences."""
    _ = brief.say
    sentences: list[str] = []
    for part in (fund_part(brief), referral_part(brief)):
        lacking = (block.text for section in part.sections for block in section.blocks if isinstance(block, Paragraph))
        sentences += part.highlights or tuple(lacking)
    sentences += (*quality_part(brief).highlights, *contracts_part(brief).highlights)
    attention = [block for section in attention_part(brief).sections for block in section.blocks if isinstance(block, Table)]
    sentences += [f"{row[1]}（{row[2]}）" for table in attention for row in table.rows[:4]]
    return Part((Section(_("基金、转诊与需要关注"), "", (Bullets(tuple(sentences)),)),), (), ("B08",))


def pack(brief: Brief, agenda_id: str) -> Outline:
    """Return a meeting's material: agenda, items, decisions. Raises ``MissingDocumentError``, ``MeetingError``."""
    _ = brief.say
    saved = read_agenda(brief.workspace, agenda_id)
    meeting, agenda = Meeting(saved), saved.agenda
    steps = [Step(_("议程"), partial(meeting.agenda_part, brief))]
    steps += [Step(item.title, partial(item_part, brief, item, number)) for number, item in enumerate(agenda.items, start=1)]
    steps.append(Step(_("决定记录"), partial(meeting.decisions_part, brief)))
    return Outline(
        name="_".join((_("会议材料"), f"{agenda.date:%Y-%m-%d}", agenda.title)),
        version=saved.version,
        title=agenda.title,
        subtitle=brief.joined((_county(brief), _("会议材料"), formatting.day(agenda.date, brief.language)), " · "),
        steps=tuple(steps),
        arrange=_in_order,
        versions=((_("议程"), f"{agenda.title} v{saved.version}"),),
        one_scope=False,
    )
