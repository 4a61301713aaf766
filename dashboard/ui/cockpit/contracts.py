"""Contracts and public health on the cockpit: coverage against targets, services against the time of the year, chronic care to its end."""

import math

import pandas as pd

from dashboard.analysis.suppression import ON_EXPORT
from dashboard.catalogue.contracts import contract_settings
from dashboard.services.contracts.care import Chain, shown_chain
from dashboard.services.contracts.coverage import COVERED, SERVED, Contracts
from dashboard.states import SIGNS, State
from dashboard.store.codes import CONTRACT_GROUP
from dashboard.ui.cockpit.html import Markup, chip, community_class, empty, joined, panel, share_of, short_name, tag
from dashboard.ui.contracts.care import chain_words, disease_name
from dashboard.ui.contracts.charts import pace_state
from dashboard.ui.contracts.coverage import unserved_words
from dashboard.ui.kit import formatting
from dashboard.ui.kit.i18n import _, code_label, language

_GROUPS_SHOWN = 10
_CENTRES_SHOWN = 3


def _marked_bar(share: float, mark: float, colour: str) -> Markup:
    """Return a share as a bar; a known target or due share is a line across it."""
    line = "" if math.isnan(mark) else tag("i", class_="mark", style=f"left:{share_of(mark)}")
    fill = "" if math.isnan(share) else tag("b", style=f"width:{share_of(share)}", class_=colour)
    return tag("div", fill, line, class_="meter")


def _share(value: float, state: State) -> str:
    """Return a share with its sign; what is hidden or unknown has none."""
    return formatting.MISSING if math.isnan(value) else f"{formatting.percent(value)} {SIGNS[state]}".strip()


def coverage_panel(answer: Contracts) -> Markup:
    """Return the share of each group that has a contract, against its target."""
    shown = COVERED.hide(answer.groups, ON_EXPORT).frame.head(_GROUPS_SHOWN)
    rows = []
    for code, row in shown.iterrows():
        state = State(row["state"]) if pd.notna(row["state"]) else State.UNKNOWN
        share = float(row["share"])
        rows += [
            tag("span", code_label(CONTRACT_GROUP, str(code))),
            tag("div", _marked_bar(share, float(row["target"]), ""), class_=f"tone {state}"),
            tag("strong", _share(share, state)),
        ]
    return panel("coverage", _("各类人群签约率"), _("竖线 = 目标"), tag("div", *rows, class_="bars"))


def pace_panel(answer: Contracts, positions: dict[str, int]) -> Markup:
    """Return how far each community's services have come, against what is due by the month; then the centres that sign and do not serve."""
    title = _("履约：到这个月应到 {share}", share=formatting.percent(answer.expected))
    lines = contract_settings()
    communities = answer.communities.assign(community=answer.communities.index).rename_axis(None)
    shown = SERVED.hide(communities, ON_EXPORT).frame
    rows = []
    for _code, row in shown.iterrows():
        share, pace, code = float(row["share"]), float(row["pace"]), str(row["community"])
        state = pace_state(pace, lines.on_pace, lines.off_pace)
        colour = community_class(positions.get(code, -1))
        rows += [
            tag("span", short_name(str(row["name"])), class_=f"who {colour}"),
            _marked_bar(share, answer.expected, colour),
            tag("strong", _share(share, state)),
        ]
    if not answer.reported_fulfilment or not rows:
        body: object = empty(_("没有履约人数。"), _("请在“家庭医生签约月报”（fact_contract）填写 fulfilled。"))
    else:
        body = tag("div", *rows, class_="bars")
    found = SERVED.hide(answer.unserved, ON_EXPORT).frame.head(_CENTRES_SHOWN)
    centres = [tag("li", tag("i", SIGNS[State.BAD], class_="sign bad"), tag("div", _centre_words(row))) for _code, row in found.iterrows()]
    heading = tag("p", chip(unserved_words(answer), State.BAD if len(answer.unserved) else State.NEUTRAL))
    return panel("pace", title, _("1 月清零"), body, heading, tag("ul", *centres) if centres else "")


def _centre_words(row: pd.Series) -> str:
    if pd.isna(row["short"]):
        return str(row["name"])
    return _(
        "{centre} 履约 {share}，少服务 {people} 人",
        centre=row["name"],
        share=formatting.percent(float(row["share"])),
        people=formatting.number(float(row["short"])),
    )


def _steps(chain: Chain) -> Markup:
    reader, unknown = language(), float("nan")
    registered = chain.registered / chain.estimated if chain.estimated > 0 and chain.registered >= ON_EXPORT else unknown
    steps = (
        (_("估算患病"), chain.estimated, unknown),
        (_("登记"), chain.registered, registered),
        (_("已管理"), chain.managed, float(chain.shares["managed_share"])),
        (_("规范"), chain.to_standard, float(chain.shares["to_standard_share"])),
        (_("控制"), chain.controlled, float(chain.shares["controlled_share"])),
    )
    base = max((count for _name, count, _of in steps if not math.isnan(count)), default=unknown)
    cells = []
    for name, count, share in steps:
        told = formatting.people(count, reader, ON_EXPORT)
        cells += [
            tag("span", name),
            _marked_bar(max(count, 0.0) / base if base > 0 else unknown, unknown, ""),
            tag("strong", told if math.isnan(share) else f"{told} · {formatting.percent(share)}"),
        ]
    return tag("div", *cells, class_="bars")


def care_panel(chains: tuple[Chain, ...]) -> Markup:
    """Return the chain of each chronic disease from estimated patients to those whose disease is controlled."""
    title = _("慢病管理链：从估算患病到控制")
    if not chains:
        return panel(
            "care",
            title,
            "",
            empty(_("这个月没有慢病管理数据。"), _("请载入“基本公共卫生月报”（fact_public_health）的高血压、糖尿病项目。")),
        )
    shown = [shown_chain(chain, ON_EXPORT) for chain in chains]
    parts = [joined((tag("p", tag("b", chain_words(chain) or disease_name(chain.disease))), _steps(chain))) for chain in shown]
    return panel("care", title, _("患病率为估算，待核实"), *parts)


def contracts_scene(answer: Contracts | None, chains: tuple[Chain, ...], positions: dict[str, int]) -> Markup:
    """Return the scene's panels; ``positions`` are the communities' places in the order of the county."""
    if answer is None:
        first = panel(
            "coverage",
            _("签约与公卫"),
            "",
            empty(_("这个月没有签约数据。"), _("请载入“家庭医生签约月报”（fact_contract），或换一个月份。")),
        )
        return joined((first, care_panel(chains)))
    return joined((coverage_panel(answer), pace_panel(answer, positions), care_panel(chains)))
