"""The cockpit (驾驶舱): scenes that turn by themselves, refreshed without a flash, alive through restarts of server and database.

The server sends every scene once for each load; turning them, moving the emphasis, watching the server and the daily reload are the
browser's (``cockpit.js``). A small pulse asks now and then whether the data is another; only then the picture is sent again.
"""

import datetime
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import streamlit as st

from dashboard.catalogue.cockpit import CockpitPlan
from dashboard.errors import ProductError
from dashboard.services.cockpit.answer import Cockpit, Seen, current_cockpit, plan_in_force
from dashboard.services.common.approvals import provisional_words
from dashboard.services.common.reporting import data_age
from dashboard.states import SIGNS, State
from dashboard.ui.cockpit.html import colour_variables
from dashboard.ui.cockpit.scenes import Scene, scenes_of
from dashboard.ui.frame.navigation import COCKPIT_PAGE
from dashboard.ui.frame.session import open_to_all_words
from dashboard.ui.kit import address, formatting
from dashboard.ui.kit.component import component
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import error_boundary
from dashboard.ui.kit.reader import asked_county, reader_scope
from dashboard.ui.kit.theme import DARK, LIGHT

# The cockpit lies over the whole page; nothing below it may scroll or be reached.
_PAGE_STYLE = """<style>
html, body, [data-testid="stMain"] { overflow: hidden !important; }
[data-testid="stSidebar"], [data-testid="stHeader"] { display: none; }
</style>"""


_screen = component(Path(__file__).parent, "cockpit", html='<div class="screen"></div>', key="cockpit_screen")
_pulse = component(Path(__file__).parent, "pulse", html="<i></i>", key="cockpit_pulse")


def cockpit_asked(page_name: str) -> bool:
    """Return whether the address asks for the cockpit: the page ``cockpit``, or ``?kiosk=1`` on any other."""
    return page_name == COCKPIT_PAGE or address.asked("kiosk") == "1"


@dataclass(frozen=True)
class _Now:
    """What is to be shown: a cockpit, or why there is none yet."""

    plan: CockpitPlan
    plan_trouble: ProductError | None
    seen: Seen | None
    trouble: ProductError | None

    @property
    def cockpit(self) -> Cockpit | None:
        return self.seen.cockpit if self.seen else None

    @property
    def key(self) -> tuple[object, ...]:
        """What changes when the picture has to be sent again."""
        return (
            self.cockpit,
            self.plan.model_dump_json(),
            self.trouble and self.trouble.text(),
            self.plan_trouble and self.plan_trouble.text(),
        )


def _now() -> _Now:
    plan, plan_trouble = plan_in_force()
    try:
        return _Now(plan, plan_trouble, current_cockpit(plan.grain, replace(reader_scope(), county=asked_county() or None)), None)
    except ProductError as error:
        return _Now(plan, plan_trouble, None, error)


def _texts(loaded: datetime.datetime | None) -> dict[str, str]:
    return {
        "interrupted": f"! {_('数据连接中断')}",
        "loaded": _("载入 {time}", time=formatting.moment(loaded)) if loaded else "",
        "connecting": _("正在连接"),
    }


def _notes(now: _Now, scenes: tuple[Scene, ...]) -> list[str]:
    """Return what an operator should know: a scene that is not there, a plan that cannot be used."""
    notes = [words] if (words := open_to_all_words()) else []
    asked = address.asked("scene")
    if asked and scenes and not any(_is_asked(scene, asked) for scene in scenes):
        notes.append(_("没有编号为“{scene}”的画面", scene=asked[:32]))
    if now.plan_trouble is not None:
        notes.append(_("大屏设置不能使用，已用默认设置：{reason}", reason=now.plan_trouble.what(language())))
    return notes


def _is_asked(scene: Scene, asked: str) -> bool:
    return asked in (scene.id, scene.kind) or (asked == "communities" and scene.kind == "community")


def _head(cockpit: Cockpit) -> dict[str, object]:
    version, reader = cockpit.version, language()
    age = data_age(cockpit.period.last, version.data_through) if version.data_through else None
    through = "" if age is None else f"{SIGNS[State.WARNING]} {age.text(reader)}" if age.stale else age.text(reader)
    return {
        "period": formatting.period(cockpit.period, reader),
        "through": " · ".join(filter(None, (through, provisional_words(cockpit.signed, cockpit.period, None, reader)))),
        "state": "warning" if age is not None and age.stale else "",
        "demonstration": _("演示数据") if version.demonstration else "",
        "version": _("数据版本 {load_id}", load_id=version.load_id),
    }


def _message(now: _Now) -> dict[str, str] | None:
    if now.trouble is not None:
        return {"what": now.trouble.what(language()), "remedy": now.trouble.remedy(language())}
    if now.cockpit is None:
        return {"what": _("数据库里还没有任何月份的数据。"), "remedy": _("请先载入数据包：python -m dashboard load 数据包")}
    return None


def _draw(now: _Now) -> None:
    cockpit, plan = now.cockpit, now.plan
    scenes = scenes_of(cockpit, plan.model_dump_json(), language()) if cockpit is not None else ()
    asked = address.asked("scene")
    light = address.asked("theme") == "light"
    _screen(
        key="cockpit_screen",
        data={
            "scenes": [asdict(scene) for scene in scenes],
            "start": next((scene.id for scene in scenes if _is_asked(scene, asked)), ""),
            "rotate": plan.rotate and address.asked("rotate") != "0",
            "reloadAt": plan.reload_at,
            "emphasisSeconds": plan.emphasis_seconds,
            "checkSeconds": plan.check_seconds,
            "colours": colour_variables(LIGHT if light else DARK),
            "head": _head(cockpit) if cockpit is not None else {},
            "message": _message(now),
            "notes": _notes(now, scenes),
            "texts": _texts(cockpit.version.loaded_at if cockpit is not None else None),
            "lang": language(),
        },
    )


def _beat(drawn: tuple[object, ...]) -> None:
    """Tell the browser that all is well, or since when not; draw again when there is something else to show."""
    with error_boundary():
        now = _now()
        if now.key != drawn:
            st.rerun()
        seen = now.seen
        _pulse(
            key="cockpit_pulse",
            data={
                "good": bool(seen and seen.interruption is None),
                "checked": _("最近检查 {time}", time=formatting.moment(datetime.datetime.now(datetime.UTC))),
                "kept": _("画面为 {time} 的数据", time=formatting.moment(seen.at)) if seen else "",
            },
        )


def show_cockpit() -> None:
    """Draw the cockpit in place of page, header and navigation."""
    st.html(_PAGE_STYLE)
    with error_boundary():
        now = _now()
        _draw(now)
        st.fragment(_beat, run_every=now.plan.check_seconds)(now.key)
