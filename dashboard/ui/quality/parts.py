"""What the sections of 费用与质量 share: what the page is asked for, words of a judgement, definitions of its own numbers."""

from dataclasses import dataclass

import pandas as pd

from dashboard.language import marked
from dashboard.services.quality.cells import Peers, Scope, shown_units
from dashboard.states import SIGNS, State
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import choice
from dashboard.ui.kit.definition import MODEL_GRADE, OWN_GRADE, Definition
from dashboard.ui.kit.i18n import _

ALL = "all"
PEERS = {Peers.HOSPITAL.value: marked("医院"), Peers.CENTRE.value: marked("基层住院机构")}
ITEM_NAMES = {
    "drug": marked("药品"),
    "herbal": marked("中药饮片"),
    "consumable": marked("耗材"),
    "examination": marked("检查"),
    "laboratory": marked("化验"),
    "service": marked("医疗服务"),
    "other": marked("其他"),
}
_HIGH = {
    "action": marked("{sign} 高于预期，越过 99.8% 线"),
    "warning": marked("{sign} 高于预期，只越过 95% 线"),
}
_LOW = {"action": marked("低于预期，越过 99.8% 线"), "warning": marked("低于预期，只越过 95% 线")}
_STATES = {"action": State.BAD, "warning": State.WARNING}


@dataclass(frozen=True, eq=False)
class Asked:
    """The page's frame with what its sections are asked for."""

    frame: PageFrame
    scope: Scope

    @property
    def peers(self) -> str:
        """What the institutions shown are called; a part of the county's is not called by the whole's name."""
        name = _(PEERS[self.scope.peers.value])
        return name if self.compares else _("您范围内的{peers}", peers=name)

    @property
    def compares(self) -> bool:
        """Whether the reader may see what compares everybody."""
        return self.frame.database.scope.every_row

    def names(self) -> dict[str, str]:
        """Return the institutions shown by code."""
        units = shown_units(self.frame.database, self.scope)
        return dict(zip(units.index.astype(str), units["short_name"].astype(str), strict=True))


def unit_choice(asked: Asked, key: str, label: str, everyone: str) -> str | None:
    """Draw the choice of one institution; None for all of them, which ``everyone`` names."""
    chosen = choice(key, label, {ALL: everyone} | asked.names(), width=260)
    return None if chosen == ALL else chosen


def level_words(level: str, side: str) -> str:
    """Return how far something lies from what was expected, with the sign of its state where it lies on the bad side."""
    if level == "few":
        return _("数据太少，不判断")
    if level == "":
        return _("· 偶然范围内")
    if side == "low":
        return _(_LOW[level])
    return _(_HIGH[level], sign=SIGNS[_STATES[level]])


def judgements(table: pd.DataFrame) -> list[str]:
    """Return ``level_words`` of every row."""
    return [level_words(str(level), str(side)) for level, side in zip(table["level"], table["side"], strict=True)]


def listed(names: list[str], most: int = 3, *, wards: bool = False) -> str:
    """Return names joined, the first ``most`` of them, and how many institutions (or ``wards``) there are."""
    words = _("、").join(names[:most])
    if len(names) <= most:
        return words
    return (
        _("{names}等 {count} 个科室", names=words, count=len(names)) if wards else _("{names}等 {count} 家", names=words, count=len(names))
    )


def signed_yuan(value: float) -> str:
    """Return yuan a case with its sign."""
    return formatting.number(value, signed=True)


def own(name: str, formula: str = "", meaning: str = "", source: str = "fact_claim", *, model: bool = False, note: str = "") -> Definition:
    """Return the definition of a number that is the page's own."""
    grade = _(MODEL_GRADE if model else OWN_GRADE)
    return Definition(name=name, formula=formula, meaning=meaning, source=source, grade=grade, note=note)


def settled_cost() -> Definition:
    """Return what the mean cost of the settled cases is."""
    return own(
        _("结算次均费用"),
        _("住院结算总费用 ÷ 住院结算人次"),
        _("只含本县参保人在所选同类机构的住院；与“住院次均费用”（全部患者、财务收入）口径不同。"),
        note=_("同比只用两年都有上报的月份。"),
    )


def ward_cost() -> Definition:
    """Return what the mean cost of a department's discharges is."""
    return own(
        _("出院次均费用（分科室）"),
        _("Σ 住院总费用 ÷ Σ 出院例数"),
        _("病案首页的全部出院患者，不分付费方式；与按医保结算病例的次均费用口径不同。"),
        "fact_discharge_group",
        note=_("医保结算和财务都不知道科室：只有“出院病组月报”的住院总费用（total_cost，可选）知道。"),
    )


def own_ratio() -> Definition:
    """Return what a department's cost beside that of its own institution is."""
    return own(
        _("÷ 本院"),
        _("科室的（观察 ÷ 预期）÷ 全院各科室合计的（观察 ÷ 预期）"),
        _("一家医院整体贵，它的科室都贵：整体高低见同病种费用，这里只判断科室在本院之内的差别。"),
        "fact_discharge_group",
    )


def lacks_ward_costs() -> tuple[str, str]:
    """Return that nobody tells what departments cost, and what to do."""
    return (
        _("没有分科室的费用：医保结算和财务月报都不分科室。"),
        _("请在“出院病组月报”（fact_discharge_group）填写住院总费用（total_cost）。"),
    )


def bridge_definitions() -> list[Definition]:
    """Return how the change of a mean is split."""
    return [
        settled_cost(),
        own(
            _("病种组合"),
            _("Σ（今年占比 − 去年占比）× 两年均费的平均"),
            _("病人变了：重的、贵的病种多了。各项相加等于合计变化，一分不差（对称分解）。"),
        ),
        own(
            _("同病种"),
            _("Σ 两年占比的平均 ×（今年均费 − 去年均费）"),
            _("同样的病种，每例多花或少花了多少。"),
        ),
        own(
            _("同病种各费用项目"),
            _("项目均费变化 − 病种组合 × 两年该项目占比的平均"),
            _("财务只知道机构的项目，不知道病组的项目：病种组合按项目占比分摊。没有价格资料，量与价不分开。"),
            "fact_claim、fact_finance",
            model=True,
        ),
    ]


def funnel_definitions(events: bool, overdispersion: float) -> list[Definition]:
    """Return what a ratio of observed to expected is, and what its limits mean."""
    factor = formatting.number(overdispersion, 1)
    source = "fact_discharge_group" if events else "fact_claim"
    interval = _("Byar 法，泊松分布") if events else _("比值 ± 1.96 × 单例变异系数 ÷ √例数")
    return [
        own(
            _("观察 ÷ 预期"),
            _("观察数 ÷ Σ（本机构各病组例数 × 全县同类机构该病组的水平）"),
            _("间接标化：病人的差别已扣除，1 为全县同类机构的平均。"),
            source,
        ),
        own(_("95% 区间"), interval, source=source),
        own(
            _("控制限"),
            _("1 ± z × √（过度离散 ÷ 预期数），z = 1.96（95%）、3.09（99.8%）"),
            _(
                "机构之间本来就有的差别（过度离散 {factor} 倍）已放宽。越过 95% 线：每 20 家正常的约有 1 家；"
                "越过 99.8% 线：每 500 家约 1 家。",
                factor=factor,
            ),
            source,
        ),
    ]
