"""The words and headline numbers of 转诊流向: title, headline strip, the reading, and what every block's export states."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import streamlit as st

from dashboard.services.referrals.detail import CLAIM_HEADLINES, REFERRAL_HEADLINES, flow_headlines, focus_community
from dashboard.services.referrals.flows import DIRECTIONS, Places, Span, View, disease_groups, places
from dashboard.services.referrals.reading import Sentence, reading
from dashboard.store.codes import INSURANCE_SCHEME, SERVICE_KIND
from dashboard.ui.frame.drill import ask
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.headlines import HeadlineCard, headline_row
from dashboard.ui.kit.i18n import _, code_label, language
from dashboard.ui.kit.messages import empty_state, escaped
from dashboard.ui.kit.readings import headline_content
from dashboard.ui.kit.tables import ExportSource
from dashboard.ui.referrals.controls import VIEWS, Controls, focus_name, place_name, set_focus
from dashboard.ui.referrals.map import cases_text

SOURCES = {View.REFERRALS: "fact_referral", View.CLAIMS: "fact_claim"}
_MONEY = ("cost", "returnable", "county_cost", "fund")


def filter_details(frame: PageFrame, asked: Controls) -> list[str]:
    """Return what the page is filtered to besides the period, in words: source, community, disease group, kind of care, focus."""
    question, where = asked.question, places(frame.database)
    community = frame.options.community(frame.filters.community)
    parts = [_(VIEWS[question.view]), community.short_name if community else _("全县")]
    if question.view is View.CLAIMS and question.scheme is not None:
        parts.append(code_label(INSURANCE_SCHEME, question.scheme))
    if question.group is not None:
        parts.append(str(disease_groups(frame.database)["name"].get(question.group, question.group)))
    if question.care is not None:
        parts.append(code_label(SERVICE_KIND, question.care))
    if asked.selection.directions:
        parts.append(_("、").join(_(DIRECTIONS[question.view][code]) for code in asked.selection.directions))
    if asked.selection.focus:
        parts.append(focus_name(where, asked.selection.focus))
    return parts


def export_source(frame: PageFrame, asked: Controls) -> ExportSource:
    """Return what an export of this page states about itself."""
    period = formatting.period(asked.question.period, language())
    words = (period, *filter_details(frame, asked), _("1–9 人次以 <10 表示，并作互补隐藏"))
    return ExportSource(_("；").join(words), frame.database.version, frame.provisional())


# What the county did not supply ----------------------------------------------------------------------------------------


def nothing_loaded(frame: PageFrame) -> None:
    """Say that neither source has a row."""
    remedy = _("有其中一张即可：{tables}", tables=frame.to_load("fact_referral", "fact_claim"))
    empty_state(_("没有转诊记录，也没有医保结算数据，画不出流向。"), remedy)


def what_is_missing(offered: Mapping[View, Span]) -> None:
    """Say which of the two sources is missing and what the page shows instead."""
    if View.REFERRALS not in offered:
        empty_state(_("没有转诊记录，以下按参保人就医去向显示。"), _("上转、下转和履约需要“转诊月报”（fact_referral）。"))
    if View.CLAIMS not in offered:
        empty_state(_("没有医保结算数据，只显示转诊记录。"), _("就医去向、县域内就诊占比和基金需要“医保结算月报”（fact_claim）。"))


# Title and reading -----------------------------------------------------------------------------------------------------


def finding(frame: PageFrame, asked: Controls) -> str:
    """Return the page's title: the first thing that the figures say."""
    sentences = {sentence.kind: sentence for sentence in reading(frame.database, asked.question, asked.selection)}
    where = places(frame.database)
    prefix = f"{focus_name(where, asked.selection.focus)}{_('：')}" if asked.selection.focus else ""
    if asked.question.group is not None:  # the cards beside count every group: what is said of one carries its name
        name = str(disease_groups(frame.database)["name"].get(asked.question.group, asked.question.group))
        prefix = f"{prefix}{name}{_('：')}"
    if "balance" in sentences:
        return prefix + _balance_title(sentences["balance"])
    if "few" in sentences:
        return prefix + _wordings()["few"].format(**_counts(sentences["few"].numbers))
    if "leaving" in sentences:
        return prefix + _leaving_title(sentences["leaving"])
    if "outflow" in sentences:
        return prefix + _("转往县域外 {count} 人次", count=cases_text(sentences["outflow"].numbers["cases"]))
    return prefix + _("转诊流向")


def _leaving_title(sentence: Sentence) -> str:
    share = sentence.numbers["share"]
    if sentence.numbers["cases"] == 0:
        return _("就诊 {total} 人次，没有流向县域外").format(**_counts(sentence.numbers))
    if math.isnan(share):
        return _("就诊 {total} 人次，其中县域外 {cases} 人次").format(**_counts(sentence.numbers))
    return _("每 100 人次就诊有 {count} 人次在县域外", count=formatting.number(100 * share, 1))


def _balance_title(sentence: Sentence) -> str:
    ratio, change = sentence.numbers["ratio"], sentence.numbers["change"]
    if math.isnan(ratio):
        return _("下转 {count} 人次，没有上转", count=cases_text(sentence.numbers["down"]))
    text = _("每上转 100 人有 {count} 人转回基层", count=formatting.number(100 * ratio))
    if ratio < 1:
        text = _("上转多、下转少：每上转 100 人只有 {count} 人转回基层", count=formatting.number(100 * ratio))
    if math.isnan(change):
        return text
    return text + _("，比去年同期 {change} 人", change=formatting.number(100 * change, signed=True))


def _wordings() -> dict[str, str]:
    return {
        "balance": _("上转 {up} 人次，下转 {down} 人次，下转/上转 {ratio}，去年同期 {before}。"),
        "few": _("上转 {up} 人次，下转 {down} 人次"),
        "lowest_community": _("{place}下转最少：下转/上转 {ratio}，全县 {county}。"),
        "outflow": _(
            "转往县域外 {cases} 人次，费用 {cost}：其中费用前 {top} 个病组占 {share}；全部费用中，本县可诊治病组的费用为 {returnable}。"
        ),
        "leaving": _("{total} 人次就诊中 {cases} 人次在县域外，占 {share}（同比 {change}），费用 {cost}。"),
        "lowest_town": _("{place}居民留在县域内的比例最低：{kept}，全县 {county_share}。"),
        "treatable": _("县外 {cases} 人次属于本县可诊治病组（费用最高：{first}），费用 {cost}；按县内次均费用为 {county_cost}。"),
    }


def _counts(numbers: Mapping[str, float]) -> dict[str, str]:
    """Return the counts of a finding as texts, 1 to 4 as "<5"."""
    return {name: cases_text(numbers[name]) for name in ("up", "down", "cases", "total") if name in numbers}


def sentence_text(sentence: Sentence, where: Places) -> str:
    """Return a finding in the reader's language."""
    numbers, reader = sentence.numbers, language()
    money = {name: formatting.money(numbers[name], reader) for name in _MONEY if name in numbers}
    texts = {**money, **_counts(numbers), **sentence.names, "place": place_name(where, sentence.place) if sentence.place else ""}
    if sentence.kind in ("balance", "lowest_community"):
        texts |= {"ratio": formatting.number(numbers["ratio"], 2), "county": formatting.number(numbers.get("county"), 2)}
        texts["before"] = formatting.number(numbers["ratio"] - numbers.get("change", math.nan), 2)
    if sentence.kind == "lowest_town":
        texts |= {"kept": formatting.percent(numbers["share"]), "county_share": formatting.percent(numbers["county"])}
    if sentence.kind in ("outflow", "leaving"):
        texts |= {"share": formatting.percent(numbers["share"]), "change": formatting.points(numbers.get("change"))}
        texts["top"] = formatting.number(numbers.get("top"))
    text = _wordings()[sentence.kind].format(**texts)
    if sentence.beyond_chance is None:
        return text
    return text + (_("差异超出随机波动（3σ）。") if sentence.beyond_chance else _("差异未超出随机波动（3σ）。"))


def _follow(sentence: Sentence) -> tuple[str, Callable[[], None]] | None:
    """Return what the link of a finding says and does: filter the page to a place or to a direction."""
    if sentence.place:
        return _("看这里的流向"), lambda: set_focus((sentence.place,))
    if sentence.direction:
        return _("只看这个方向"), lambda: st.session_state.update(direction=sentence.direction)
    return None


def reading_block(frame: PageFrame, asked: Controls) -> None:
    """Draw the findings in words, each with its numbers and a link that filters the page to it."""
    where = places(frame.database)
    sentences = reading(frame.database, asked.question, asked.selection)
    with card("flow_reading", _("读图"), _("由数据自动生成，数字与图表同源")):
        if not sentences:
            st.caption(escaped(_("这个筛选条件下没有流向。")))
        for number, sentence in enumerate(sentences):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(f"{number + 1}\\. {escaped(sentence_text(sentence, where))}", width="stretch")
                link = _follow(sentence)
                if link:
                    st.button(
                        link[0],
                        on_click=link[1],
                        key=f"reading_{number}",
                        type="tertiary",
                        icon=":material/arrow_forward:",
                        width="content",
                    )


# Headline strip --------------------------------------------------------------------------------------------------------


def _without_unit(value: str) -> str:
    """Return a value without the word for "ratio": a card has no room for it and it tells nothing."""
    return value.removesuffix(f" {_('比值')}")


def _without_units(content: HeadlineCard) -> HeadlineCard:
    return replace(content, value=_without_unit(content.value), target=_without_unit(content.target))


def headline_strip(frame: PageFrame, asked: Controls) -> None:
    """Draw the headline numbers of both sources, parted: referral records on the left, where residents are treated on the right."""
    shown = {
        headline.reading.indicator.id: headline_content(headline, frame.database.version)
        for headline in flow_headlines(frame.database, asked.question, asked.selection)
    }
    community = asked.question.community or focus_community(places(frame.database), asked.selection.focus)
    cards = [shown[name] for name in _order(list(shown))]
    headline_row("flow", [_without_units(content) for content in cards], slim=True, ask=lambda indicator: ask(indicator, community))


def _order(names: Sequence[str]) -> list[str]:
    return [name for name in (*REFERRAL_HEADLINES, *CLAIM_HEADLINES) if name in names]
