"""Blocks of care: the honest chain of each chronic disease, and the other programmes."""

import math
from functools import partial

import pandas as pd
import streamlit as st

from dashboard.services.contracts.care import REACHED, STEPS, Chain, chains, programmes, shown_chain
from dashboard.store.codes import CONTRACT_GROUP, PROGRAMME
from dashboard.ui.contracts.charts import chain_figure, programmes_figure, split_figure
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import show_figure
from dashboard.ui.kit.definition import OWN_GRADE, Definition, catalogue_definition, definition
from dashboard.ui.kit.i18n import _, code_label, language
from dashboard.ui.kit.messages import empty_state, escaped
from dashboard.ui.kit.tables import TableColumn, show_table

_OF_CATALOGUE = {"hypertension": ("G05", "G06", "G07"), "diabetes": ("G08", "G09")}


def disease_name(disease: str) -> str:
    """Return what the reader calls a chronic disease."""
    return code_label(CONTRACT_GROUP, disease)


def chain_words(chain: Chain) -> str:
    """Return the honest end of the chain as part of the page's title; empty without a population."""
    if math.isnan(chain.of_estimated):
        return ""
    return _(
        "{disease}每 100 名估算患者 {count} 名控制达标",
        disease=disease_name(chain.disease),
        count=formatting.number(100 * chain.of_estimated),
    )


def care_card(frame: PageFrame) -> tuple[Chain, ...]:
    """Draw the chain of each disease; return the chains as they may be shown."""
    whole = chains(frame.database, frame.filters.period.last, frame.filters.community)
    found = tuple(shown_chain(chain) for chain in whole)
    with card("contract_care", _("慢病管理链：从估算患病到控制"), _("步步写明分母"), details=partial(_care_details, frame, whole)):
        if not found:
            empty_state(_("这个月没有慢病管理数据。"), _("请载入“基本公共卫生月报”（fact_public_health）的高血压、糖尿病项目。"))
        for chain in found:
            _chain(chain)
    return found


def _chain(chain: Chain) -> None:
    name = disease_name(chain.disease)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
        ends = [_("控制 ÷ 登记 {share}", share=formatting.percent(chain.shares["end_to_end"]))]
        if not math.isnan(chain.of_estimated):
            ends.insert(0, _("控制 ÷ 估算患病 {share}", share=formatting.percent(chain.of_estimated)))
        st.markdown(f"**{escaped(name)}**", width="content")
        st.markdown(f"**{escaped(_('，').join(ends))}**", width="content")
    show_figure(chain_figure(chain), key=f"chart_chain_{chain.disease}", alt=f"{name}{_('：')}{_('，').join(ends)}")
    if len(chain.split):
        show_figure(split_figure(chain), key=f"chart_split_{chain.disease}", alt=_("{disease}四分", disease=name))
        note = _(
            "四分：未随访 {missed}，无读数 {silent}；相加 = {base} 人（管理满 3 个月），已剔除新登记 {new} 人",
            missed=formatting.percent(chain.split["missed"], 0),
            silent=formatting.percent(chain.split["no_reading"], 0),
            base=formatting.people(chain.base, language()),
            new=formatting.people(chain.new, language()),
        )
    elif not math.isnan(chain.new):
        note = _("四分中有少于 5 人的一项，不显示。")
    else:
        note = _("没有“未随访、无读数、新登记”三列（fact_public_health），画不出四分；只有控制人数的分母是管理人数。")
    st.caption(escaped(note))


def _care_details(frame: PageFrame, found: tuple[Chain, ...]) -> None:
    rows = pd.DataFrame(
        [
            (
                disease_name(chain.disease), chain.estimated, chain.registered, chain.managed, chain.to_standard, chain.controlled,
                chain.new,
                *(chain.shares[name] for name in ("managed_share", "to_standard_share", "controlled_share", "end_to_end")),
            )
            for chain in found
        ],
        columns=[
            *("disease", "estimated", "registered", "managed", "to_standard", "controlled", "new"),
            *("managed_share", "to_standard_share", "controlled_share", "end_to_end"),
        ],
    )  # fmt: skip
    columns = [
        TableColumn("disease", _("疾病")),
        TableColumn("estimated", _("估算患病"), "count"),
        TableColumn("registered", _("登记"), "people"),
        TableColumn("managed", _("已管理"), "people"),
        TableColumn("to_standard", _("规范"), "people"),
        TableColumn("controlled", _("控制"), "people"),
        TableColumn("new", _("近 3 个月新登记"), "people"),
        TableColumn("managed_share", _("管理 ÷ 登记"), "percent"),
        TableColumn("to_standard_share", _("规范 ÷ 管理"), "percent"),
        TableColumn("controlled_share", _("控制 ÷ 管理"), "percent"),
        TableColumn("end_to_end", _("控制 ÷ 登记"), "percent"),
    ]
    show_table(rows.round({"estimated": 0}), columns, key="contract_care", title=_("慢病管理链"), source=frame.source(), guard=STEPS)
    for chain in found:
        definition(
            Definition(
                name=_("{disease}估算患病", disease=disease_name(chain.disease)),
                formula=_(
                    "常住人口 × 成人比例 × 患病率 {prevalence}（成人 {adults} 人）",
                    prevalence=formatting.percent(chain.prevalence),
                    adults=formatting.compact(chain.adults, language()),
                ),
                source="fact_population",
                grade=_(OWN_GRADE),
                note=_("患病率和成人比例为假设，请在 contracts.yaml 换成本县调查结果。“登记”是报表里的应管理人数，不是估算患病人数。"),
            )
        )
        for name in _OF_CATALOGUE.get(chain.disease, ()):
            definition(catalogue_definition(name, frame.database.version))


def programmes_card(frame: PageFrame) -> None:
    """Draw the other programmes of basic public health."""
    table = programmes(frame.database, frame.filters.period.last, frame.filters.community)
    with card(
        "contract_programmes",
        _("其他基本公共卫生项目：管理率"),
        _("管理人数 ÷ 应管理人数，年内累计"),
        details=partial(_programme_details, frame, table),
    ):
        if table.empty:
            empty_state(_("这个月没有公共卫生项目数据。"), _("请载入“基本公共卫生月报”（fact_public_health）。"))
            return
        show_figure(programmes_figure(REACHED.hide(table).frame), key="chart_contract_programmes", alt=_("各项目管理率，竖线为去年同月"))


def _programme_details(frame: PageFrame, table: pd.DataFrame) -> None:
    rows = table.assign(programme=[code_label(PROGRAMME, str(code)) for code in table.index])
    columns = [
        TableColumn("programme", _("项目")),
        TableColumn("eligible", _("应管理"), "people"),
        TableColumn("managed", _("已管理"), "people"),
        TableColumn("managed_to_standard", _("规范管理"), "people"),
        TableColumn("managed_share", _("管理率"), "percent"),
        TableColumn("standard_share", _("规范管理 ÷ 已管理"), "percent"),
        TableColumn("last_year", _("去年同月管理率"), "percent"),
    ]
    show_table(rows, columns, key="contract_programmes", title=_("基本公共卫生项目"), source=frame.source(), guard=REACHED)
