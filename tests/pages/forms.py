"""Every form in which people type what is then written: where it is, what opens it, its fields, what sends it and what it leaves behind.

``text_fields`` finds the fields in the source, so that a form nobody listed here fails ``tests/pages/frame/test_typed_text.py``.
"""

import ast
import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from streamlit.testing.v1 import AppTest

from dashboard.services.common.database import open_database
from dashboard.services.common.identity import Identity
from dashboard.services.common.workspace import current_workspace
from dashboard.services.data.inbox import Inbox, open_inbox
from dashboard.services.data.loading import Checked, check, load
from dashboard.services.data.submissions import submit
from dashboard.services.insurance.answer import insurance_model
from dashboard.services.insurance.scenarios import save_plan
from dashboard.services.meeting.agendas import SavedAgenda, agenda_of, save_agenda, text_item
from dashboard.services.meeting.decisions import decision_of, list_decisions, record_decision
from dashboard.services.performance.schemes import save_scheme, scheme_choices
from dashboard.services.reports.assessing import assess, compile_bulletin
from dashboard.services.reports.assessment import bulletin_id, quarter_of
from dashboard.services.reports.editions import approve, freeze, write
from dashboard.settings import PROJECT, settings
from dashboard.store.scope import Scope
from dashboard.workspace import Kind

UI = PROJECT / "dashboard" / "ui"
_FIELDS = ("text_input", "text_area")
DAY = datetime.date(2026, 11, 30)


@dataclass(frozen=True)
class TextField:
    """A field in the source: its module below ``dashboard/ui``, its label, and whether it stays through runs that do not draw it."""

    module: str
    label: str
    kept: bool


def _constants(node: ast.AST) -> Iterator[str]:
    return (each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str))


def text_fields() -> tuple[TextField, ...]:
    """Return every field of free text that the pages draw."""
    found = []
    for file in sorted(UI.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _FIELDS:
                module = file.relative_to(UI).with_suffix("").as_posix()
                kept = any(each.arg == "persist_state" for each in node.keywords)
                found += [TextField(module, label, kept) for label in _constants(node.args[0]) or ()][:1]
    return tuple(found)


def _nothing() -> None:
    return None


def _as_it_stands(_app: AppTest, _prepared: object) -> None:
    return None


@dataclass(frozen=True)
class Form:
    """A form that writes.

    ``county`` names the database that it needs (``tests/pages/frame/test_typed_text.py``); ``prepare`` puts into the workspace what must
    lie there, and what it returns goes to ``draw``, which makes the next run draw the form as the click did that opened it. ``fields`` are
    (label, text) as typed; ``within`` is part of the key of all of them where others bear the same label. ``send`` begins the label of the
    button; ``written`` counts what it writes. Once saved the fields are empty but for ``stays``, or not drawn at all. What a form
    ``in_hand`` changes is written by another one: no database is asked when it is sent. ``goes_on`` are the troubles
    through which it writes all the same (a load goes on while only its trace cannot be written, which the log says); ``also`` are labels
    that its fields bear at other times.
    """

    name: str
    module: str
    page: str
    fields: tuple[tuple[str, object], ...]
    send: str
    written: Callable[[AppTest], int]
    county: str = "tiny"
    query: dict[str, str] = field(default_factory=dict)
    prepare: Callable[[], object] = _nothing
    draw: Callable[[AppTest, object], None] = _as_it_stands
    within: str = ""
    stays: tuple[str, ...] = ()
    in_hand: bool = False
    goes_on: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return what its test is called by."""
        return self.name


def versions(kind: Kind) -> Callable[[AppTest], int]:
    """Return what counts the versions of the documents of a kind."""
    return lambda _app: sum(each.newest.version for each in current_workspace().list_documents(kind))


def _state(**state: object) -> Callable[[AppTest, object], None]:
    def draw(app: AppTest, _prepared: object) -> None:
        for key, value in state.items():
            app.session_state[key] = value

    return draw


def _click(key: str) -> Callable[[AppTest, object], None]:
    def draw(app: AppTest, prepared: object) -> None:
        for each in app.button:
            if each.key == key.format(prepared):
                each.click()

    return draw


def _agenda() -> SavedAgenda:
    return save_agenda(current_workspace(), agenda_of("九月例会", DAY, [text_item("开场", "x")]), author=None)


def items_in_hand(app: AppTest) -> int:
    """Count the items of the agendas in hand: they are saved with the agenda."""
    held = app.session_state["meeting_working"] if "meeting_working" in app.session_state else {}  # noqa: SIM401 - an AppTest's has no get
    return sum(len(each.agenda.items) for each in held.values())


def _item() -> str:
    return _agenda().agenda.items[0].item_id


def _decision() -> str:
    saved = _agenda()
    content = decision_of(
        agenda_id=saved.agenda_id, item_id=saved.agenda.items[0].item_id, agenda_title="九月例会", agenda_date=DAY, item_title="开场",
        decision="定了", responsible="李伟", due=DAY,
    )  # fmt: skip
    record_decision(current_workspace(), content, author=None)
    return list_decisions(current_workspace(), agenda_id=saved.agenda_id)[0].decision_id


def _scenario() -> None:
    model = insurance_model(open_database(settings().reporting_database_url))
    save_plan(current_workspace(), model.start(), model="insurance", name="稳一点", author="", reason="", load_id=None)


def _scheme() -> str:
    choice = next(each for each in scheme_choices(current_workspace()) if each.key == "file:minimal_example")
    return save_scheme(current_workspace(), choice, choice.scheme, name="本县方案", author=None, reason="试行", data_version=1).key


def _bulletin(app: AppTest, prepared: object) -> None:
    app.session_state["bulletin_opened"] = prepared


def _edition() -> str:
    """Write the bulletin of the quarter and its months, as the page does."""
    database, workspace, last = open_database(settings().reporting_database_url), current_workspace(), datetime.date(2025, 6, 1)
    for month in quarter_of(last):
        made = write(workspace, assess(database, workspace, month, DAY), author=None, over=None, reason="")
        made = approve(workspace, made, author=None, reason="核对")
        freeze(workspace, made, author=None, reason="冻结")
    write(workspace, compile_bulletin(database, workspace, last, ""), author=None, over=None, reason="")
    return bulletin_id(last)


def _inbox(content: bytes) -> Inbox:
    found = open_inbox(None)
    found.put("fact_outpatient.csv", content)
    return found


def _visits(visits: int) -> bytes:
    return f"institution_code,month,visits\nH1,2025-01,{visits}\n".encode()


def _checked() -> tuple[str, Checked]:
    inbox = _inbox(_visits(5151))
    return inbox.token, check(inbox, open_database(settings().reporting_database_url), None, "reporter", lambda _state: None)


def _to_decide(app: AppTest, prepared: object) -> None:
    app.session_state["loading_inbox"], app.session_state["loading_checked"] = prepared


def _to_profile(app: AppTest, prepared: object) -> None:
    app.session_state["loading_inbox"] = prepared
    app.session_state["profile_table"] = "fact_outpatient"


def _submission() -> str:
    database, theirs = open_database(settings().reporting_database_url), _inbox(_visits(5252))
    checked = check(theirs, database, None, "reporter", lambda _state: None)
    kept = submit(current_workspace(), theirs, checked, _CLINIC, "1 月更正")
    theirs.close()
    return kept.document_id


def _second_load() -> None:
    inbox = _inbox(_visits(5353))
    checked = check(inbox, open_database(settings().reporting_database_url), None, "reporter", lambda _state: None)
    assert load(checked, _MANAGER, "更正", lambda _state: None).accepted
    inbox.close()


def _loads(_app: AppTest) -> int:
    return open_database(settings().reporting_database_url).version.load_id


_COUNTY = Scope(None, None, None, 0)
_MANAGER = Identity("wang", "王敏", "data_manager", _COUNTY, signed_in=True, session="s1", device=False)
_CLINIC = Identity("li", "李四", "institution", Scope(None, frozenset({"H1"}), frozenset(), 0), signed_in=True, session="s2", device=False)


def _acts(_app: AppTest) -> int:
    return current_workspace().approvals.version()


def _units(app: AppTest, _prepared: object) -> None:
    for each in app.multiselect:
        if (each.key or "").startswith("data_approval_units"):
            each.set_value(["institution:H1"])


def _new_text_item(app: AppTest, prepared: object) -> None:
    app.session_state["meeting_new_kind"] = "text"
    _click("meeting_add")(app, prepared)


def _of_own_scheme(app: AppTest, prepared: object) -> None:
    app.session_state["performance_choice"] = prepared


FORMS: tuple[Form, ...] = (
    Form(
        "note", "frame/notes", "", (("新批注", "为何下降？请查 2025 年"),), "添加批注", versions(Kind.NOTE),
        draw=_state(head_strip={"open": ["notes"]}),
    ),
    Form(
        "to_a_meeting", "frame/submit", "resources", (("会议名称", "十月"), ("议题", "床位"), ("说明（可不填）", "先看床位")), "加入议程",
        versions(Kind.AGENDA), draw=_state(submit_this_page=True),
    ),
    Form(
        "agenda", "meeting/page", "meeting", (("会议名称", "十一月例会"),), "新建", versions(Kind.AGENDA), draw=_state(meeting_new=True),
        within="meeting_new",
    ),
    Form(
        "agenda_title", "meeting/agenda", "meeting", (("会议名称", "十二月例会"),), "保存议程", versions(Kind.AGENDA), prepare=_agenda,
        within="meeting_title", stays=("会议名称",),
    ),
    Form(
        "agenda_item", "meeting/editor", "meeting", (("议题", "药占比"), ("说明（可不填）", "药剂科讲"), ("正文", "# 药占比")), "加入议程",
        items_in_hand, prepare=_agenda, draw=_new_text_item, within="meeting_item", in_hand=True,
    ),
    Form(
        "agenda_page", "meeting/editor", "meeting", (("议题", "床位"), ("页面链接", "/utilisation?month=2025-04")), "加入议程",
        items_in_hand, prepare=_agenda, draw=_click("meeting_add"), within="meeting_item", in_hand=True,
    ),
    Form(
        "decision", "meeting/decisions", "meeting",
        (("决定", "下月起双向转诊日报"), ("理由", "下转太少"), ("责任人", "李伟"), ("表决", "7 比 2"), ("出席", "九人")), "记录决定",
        versions(Kind.DECISION), prepare=_item, draw=_click("meeting_decide_{}"), within="decision_",
    ),
    Form(
        "decision_revised", "meeting/decisions", "meeting",
        (("进展", "已开两次会"), ("修改原因（必填，原文会保留）", "月度督办")), "保存修改", versions(Kind.DECISION), prepare=_decision,
        query={"about": "decisions"}, draw=_click("decision_edit_{}"), within="decision_", stays=("进展",),
    ),
    Form(
        "scenario", "frame/scenario_actions", "insurance", (("名称", "稳一点"), ("理由", "两会后再议")), "保存", versions(Kind.SCENARIO),
        county="insured", draw=_state(insurance_save_0=True),
    ),
    Form(
        "scenario_copied", "frame/scenario_saved", "insurance", (("新名称（改名或复制用）", "再稳一点"),), "复制", versions(Kind.SCENARIO),
        county="insured", query={"detail": "saved"}, prepare=_scenario,
    ),
    Form(
        "scheme", "performance/versions", "performance", (("方案名称", "本县 2026"), ("理由", "医管委意见")), "保存为新版本",
        versions(Kind.SCHEME), county="county", query={"part": "versions"}, stays=("方案名称",),
    ),
    Form(
        "scheme_decided", "performance/versions", "performance", (("依据（必填）", "医管委第三次会议"),), "审定", versions(Kind.SCHEME),
        county="county", query={"part": "versions"}, prepare=_scheme, draw=_of_own_scheme,
    ),
    Form(
        "criterion", "performance/criteria", "performance", (("佐证", "办公会纪要 12 号"), ("评定单位", "卫健局")), "记录评定",
        versions(Kind.ASSESSMENT), county="county", query={"part": "criteria"}, stays=("评定单位",),
    ),
    Form(
        "custom_indicator", "performance/custom", "performance", (("名称", "人次"), ("分子", "visits"), ("分母（数量型可不填）", "")),
        "保存为 U01", versions(Kind.INDICATOR), county="county", query={"part": "custom"},
    ),
    Form(
        "help_plan", "contracts/sinking", "contracts", (("目标", "提高履约"), ("任务：", "驻点 | 2026-06-30"), ("进展", "已派两人")),
        "保存帮扶计划", versions(Kind.HELP_PLAN), county="contracts", draw=_click("open_help_plan"), within="help_plan",
        stays=("目标", "任务：", "进展"),
    ),
    Form(
        "action", "monitoring/actions", "monitoring",
        (("负责人", "李伟"), ("期限", DAY), ("措施", "分流到分院"), ("预期", "降到 93% 以下")), "保存行动",
        versions(Kind.MONITORING_ACTION), county="monitoring", query={"month": "2025-06"}, draw=_click("open_monitoring_action"),
        within="action_",
    ),
    Form(
        "answer to an alert", "monitoring/handling", "monitoring", (("理由", "设备检修，月底恢复"),), "保存处置",
        versions(Kind.ALERT_HANDLING), county="monitoring", query={"month": "2025-06"}, draw=_click("open_alert_handling"),
        within="handling_",
    ),
    Form(
        "bulletin", "monitoring/bulletins", "monitoring", (("依据或更正理由", "补报"), ("通报说明", "二季度总体平稳")), "重新编制",
        versions(Kind.BULLETIN), county="monitoring", query={"month": "2025-06"}, prepare=_edition, draw=_bulletin, stays=("通报说明",),
    ),
    Form(
        "question", "reform/series", "reform", (("一句话的问题", "统一号源池使预约上升"), ("为什么是这个日期", "文件日期")), "登记",
        versions(Kind.REFORM_QUESTION), county="reform", query={"community": "A"}, draw=_state(register_question=True),
    ),
    Form(
        "approval", "data/approval", "data", (("说明", "核对无误"),), "审定", _acts, county="county_loaded", query={"about": "approval"},
        draw=_units, within="data_approval", also=("理由（必填）",),
    ),
    Form(
        "profile", "data/profile", "data",
        (
            ("名称", "门诊月报"), ("改了什么", "第一版"), ("文件名的样子", "*outpatient*.csv"), ("跳过的行：哪一列", "institution_code"),
            ("写着", "合计"), ("每行都有的值", "emergency_visits=0"),
        ),
        "存为第", versions(Kind.IMPORT_PROFILE), county="county_loaded", query={"about": "profile"},
        prepare=lambda: _inbox(_visits(5151)).token, draw=_to_profile, within="profile_",
        stays=("名称", "文件名的样子", "跳过的行：哪一列", "写着", "每行都有的值"), also=("哪个单元格或哪一列",),
    ),
    Form(
        "load", "data/loading", "data", (("理由", "一院更正 1 月"),), "载入 1 行", _loads, county="county_loaded", query={"about": "load"},
        prepare=_checked, draw=_to_decide, within="load_reason", goes_on=("workspace_locked",),
    ),
    Form(
        "returned", "data/tray", "data", (("退回的理由", "H1 的数不对"),), "退回", versions(Kind.SUBMISSION), county="county_loaded",
        query={"about": "load"}, prepare=_submission,
    ),
    Form(
        "undone", "data/tray", "data", (("撤回的理由", "载错了"),), "撤回这一批", _loads, county="county_loaded", query={"about": "load"},
        prepare=_second_load, goes_on=("workspace_locked",),
    ),
)  # fmt: skip
