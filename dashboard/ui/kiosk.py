"""The wall screen (驾驶舱): scenes that turn by themselves, refreshed without a flash, alive through restarts of server and database.

The server sends every scene once for each load; turning them, moving the emphasis, watching the server and the daily reload are the
browser's (``kiosk.js``). A small pulse asks now and then whether the data is another; only then the picture is sent again.
"""

from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import streamlit as st

from dashboard.catalogue.kiosk import KioskPlan
from dashboard.errors import ProductError
from dashboard.services.cockpit import Seen, Wall, current_wall, plan_in_force
from dashboard.ui import formatting
from dashboard.ui.i18n import _, language
from dashboard.ui.kiosk_html import colour_variables
from dashboard.ui.kiosk_scenes import Scene, scenes_of
from dashboard.ui.messages import error_boundary
from dashboard.ui.theme import DARK, LIGHT

KIOSK_PAGE = "cockpit"
_FOLDER = Path(__file__).parent
_PULSE = """
export default function (component) {
  window.kioskPulse = { ...component.data, at: Date.now() };
  window.dispatchEvent(new Event("kiosk-pulse"));
}
"""
# The wall lies over the whole page; nothing below it may scroll or be reached.
_PAGE_STYLE = """<style>
html, body, [data-testid="stMain"] { overflow: hidden !important; }
[data-testid="stSidebar"], [data-testid="stHeader"] { display: none; }
</style>"""


@cache
def _asset(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


_wall = st.components.v2.component("kiosk_wall", html='<div class="wall"></div>', css=_asset("kiosk.css"), js=_asset("kiosk.js"))
_pulse = st.components.v2.component("kiosk_pulse", html="<i></i>", js=_PULSE)


def wall_asked(page_name: str) -> bool:
    """Return whether the address asks for the wall: the page ``cockpit``, or ``?kiosk=1`` on any other."""
    return page_name == KIOSK_PAGE or st.query_params.get("kiosk") == "1"


@dataclass(frozen=True)
class _Now:
    """What is to be shown: a wall, or why there is none yet."""

    plan: KioskPlan
    plan_trouble: ProductError | None
    seen: Seen | None
    trouble: ProductError | None

    @property
    def wall(self) -> Wall | None:
        return self.seen.wall if self.seen else None

    @property
    def key(self) -> tuple[object, ...]:
        """What changes when the picture has to be sent again."""
        return (
            self.wall,
            self.plan.model_dump_json(),
            self.trouble and self.trouble.text(),
            self.plan_trouble and self.plan_trouble.text(),
        )


def _now() -> _Now:
    plan, plan_trouble = plan_in_force()
    try:
        return _Now(plan, plan_trouble, current_wall(plan.grain), None)
    except ProductError as error:
        return _Now(plan, plan_trouble, None, error)


def _texts() -> dict[str, str]:
    return {
        "interrupted": _("数据连接中断"),
        "kept": _("画面为 {time} 的数据"),
        "checked": _("最近检查 {time}"),
        "loaded": _("载入 {time}"),
        "connecting": _("正在连接"),
    }


def _notes(now: _Now, scenes: tuple[Scene, ...]) -> list[str]:
    """Return what an operator should know: a scene that is not there, a plan that cannot be used."""
    notes = []
    asked = st.query_params.get("scene")
    if asked and scenes and not any(_is_asked(scene, asked) for scene in scenes):
        notes.append(_("没有编号为“{scene}”的画面", scene=asked[:32]))
    if now.plan_trouble is not None:
        notes.append(_("大屏设置不能使用，已用默认设置：{reason}", reason=now.plan_trouble.what(language())))
    return notes


def _is_asked(scene: Scene, asked: str) -> bool:
    return asked in (scene.id, scene.kind) or (asked == "communities" and scene.kind == "community")


def _head(wall: Wall) -> dict[str, object]:
    version, reader = wall.version, language()
    through = _("数据截至 {date}", date=formatting.month(version.data_through, reader)) if version.data_through else ""
    return {
        "period": formatting.period(wall.period, reader),
        "through": through,
        "demonstration": _("演示数据") if version.demonstration else "",
        "loadedAt": version.loaded_at.isoformat() + "Z" if version.loaded_at else "",
        "version": _("数据版本 {load_id}", load_id=version.load_id),
    }


def _message(now: _Now) -> dict[str, str] | None:
    if now.trouble is not None:
        return {"what": now.trouble.what(language()), "remedy": now.trouble.remedy(language())}
    if now.wall is None:
        return {"what": _("数据库里还没有任何月份的数据。"), "remedy": _("请先载入数据包：python -m dashboard load 数据包")}
    return None


def _draw(now: _Now) -> None:
    wall, plan = now.wall, now.plan
    scenes = scenes_of(wall, plan.model_dump_json(), language()) if wall is not None else ()
    asked = st.query_params.get("scene", "")
    light = st.query_params.get("theme") == "light"
    _wall(
        key="kiosk_wall",
        data={
            "scenes": [asdict(scene) for scene in scenes],
            "start": next((scene.id for scene in scenes if _is_asked(scene, asked)), ""),
            "rotate": plan.rotate and st.query_params.get("rotate") != "0",
            "reloadAt": plan.reload_at,
            "emphasisSeconds": plan.emphasis_seconds,
            "checkSeconds": plan.check_seconds,
            "colours": colour_variables(LIGHT if light else DARK),
            "head": _head(wall) if wall is not None else {},
            "message": _message(now),
            "notes": _notes(now, scenes),
            "texts": _texts(),
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
            key="kiosk_pulse",
            data={
                "good": bool(seen and seen.interruption is None),
                "seenAt": seen.at.isoformat() if seen else "",
                "empty": now.wall is None,
            },
        )


def show_wall() -> None:
    """Draw the wall in place of page, header and navigation."""
    st.html(_PAGE_STYLE)
    with error_boundary():
        now = _now()
        _draw(now)
        st.fragment(_beat, run_every=now.plan.check_seconds)(now.key)
