"""The drawings of the fiscal page: money by community and track, who pays a price round, the service share, the contract fee."""

from collections.abc import Mapping, Sequence

import pandas as pd

from dashboard.ui.frame.scenario_lines import short_money, signed_money
from dashboard.ui.kit import formatting
from dashboard.ui.kit.board import Drawing
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.theme import Palette, State, palette
from dashboard.whatif.fiscal import IncomeStructure
from dashboard.whatif.fiscal_run import PARTIES, PAYERS, TRACKS, PriceRound

HEIGHT = 262
_ROW = 48
_LEGEND = 22
_OPEN = 0.35
"""How pale history stands above what is new."""


def track_colours(colours: Palette) -> dict[str, str]:
    """Return the colour of every track; none of them is the colour of a state but that of the floor, which warns."""
    return {
        "guarantee": colours.muted,
        "purchase": colours.primary,
        "quota": colours.communities[4],
        "contract": colours.communities[2],
        "floor": colours.warning,
    }


def payer_colours(colours: Palette) -> dict[str, str]:
    """Return the colour of every payer of the contract fee."""
    return {"fiscal": colours.primary, "fund": colours.muted, "person": colours.communities[1]}


def payer_name(payer: str) -> str:
    """Return what a reader calls a payer of the contract fee."""
    return {"fiscal": _("财政"), "fund": _("医保"), "person": _("个人")}[payer]


def party_name(party: str) -> str:
    """Return what a reader calls one of the four parties of a price round."""
    return {"hospital": _("医院"), "fund": _("医保"), "people": _("群众"), "budget": _("财政")}[party]


def _legend(picture: Drawing, names: Sequence[tuple[str, str]], colours: Palette, left: float) -> None:
    """Draw squares with their names in one row from ``left`` pixels on."""
    at = left
    for name, colour in names:
        # Shares of the plot are not known in pixels here: everything hangs at the left edge, moved by pixels.
        picture.text(0, 12, "■", colour, dx=at, size=13)
        picture.text(0, 12, name, colours.muted, dx=at + 15, size=11.5)
        at += 30 + formatting.line_width(name, 12, 6.6)


def money_bars(frame: pd.DataFrame, names: Mapping[str, str], positions: Mapping[str, int], floor: float) -> Drawing:
    """Draw each community's money: history pale above, now below, both stacked by track; a stroke marks the floor against history."""
    colours, picked = palette(), track_colours(palette())
    picture = Drawing(_LEGEND + _ROW * len(frame) + 6, 96, 118, _money_alt(frame, names))
    shown = [track for track in TRACKS if float(frame[track].sum()) > 0 or float(frame[f"before_{track}"].sum()) > 0]
    _legend(picture, [(_(TRACKS[track]), picked[track]) for track in shown], colours, -94)
    widest = float(frame[["before", "total"]].max(axis=1).max()) or 1.0
    for place, (code, row) in enumerate(frame.iterrows()):
        top = _LEGEND + _ROW * place + 4
        colour = colours.community(positions.get(str(code), place))
        picture.line(0, top, 0, top + 36, colour, width=3)
        picture.text(0, top + 14, names[str(code)], colours.text, bold=True, dx=-94, pixels=88)
        count = formatting.compact(float(row["equivalents"]), language())
        picture.text(0, top + 30, _("当量 {count}", count=count), colours.muted, size=11, dx=-94, pixels=88)
        for high, y, prefix, opacity in ((9, top, "before_", _OPEN), (19, top + 13, "", 1.0)):
            start = 0.0
            for track in shown:
                amount = max(0.0, float(row[f"{prefix}{track}"]))
                if amount <= 0:
                    continue
                title = f"{names[str(code)]} {_(TRACKS[track])} {formatting.money(amount, language())}"
                picture.rect(start / widest, (start + amount) / widest, y, high, picked[track], opacity=opacity, radius=0, title=title)
                start += amount
        guard = floor * float(row["before"]) / widest
        picture.line(guard, top - 1, guard, top + 34, colours.text, width=1.5)
        change = float(row["change"])
        state = State.NEUTRAL if abs(change) < 0.005 else State.GOOD if change > 0 else State.BAD
        share = formatting.percent(change / float(row["before"]), signed=True) if float(row["before"]) > 0 else ""
        mark = "" if state is State.NEUTRAL else "▲ " if change > 0 else "▼ "
        picture.text(1, top + 9, short_money(float(row["total"])), colours.muted, anchor="end", size=11.5, dx=114)
        shade = colours.state(state) if state is not State.NEUTRAL else colours.muted
        picture.text(1, top + 24, f"{mark}{short_money(change, signed=True)}", shade, anchor="end", bold=True, dx=114)
        picture.text(1, top + 38, share, colours.muted, anchor="end", size=11, dx=114)
    return picture


def _money_alt(frame: pd.DataFrame, names: Mapping[str, str]) -> str:
    parts = [
        f"{names[str(code)]} {formatting.money(float(row['before']), language())} → {formatting.money(float(row['total']), language())}"
        for code, row in frame.iterrows()
    ]
    return _("各医共体财政补偿，历史到新：{parts}", parts=_("，").join(parts))


def payer_balance(prices: PriceRound) -> Drawing:
    """Draw who gains (right) and who pays (left): cheaper drugs, dearer services and backstop as bars, the net as a point; sums below."""
    colours = palette()
    row, first = 46.0, 34.0
    room = max(42, round(max(formatting.line_width(party_name(party), 13, 8) for party in PARTIES)))
    picture = Drawing(HEIGHT, room + 4, 206, _payer_alt(prices))
    reach = max(abs(amount) for each in prices.parties.values() for amount in (each.drugs, each.services + each.backstop, each.net)) or 1.0

    def at(amount: float) -> float:
        return 0.5 + amount / reach / 2

    heads = (_("药价下降"), _("服务调价") if not prices.markup else _("调价与兜底"), _("净额"))
    for place, head in enumerate(heads):
        picture.text(1, 14, head, colours.muted, anchor="end", size=11, dx=68 + 68 * place, pixels=66)
    picture.text(at(0), 14, "0", colours.muted, anchor="middle", size=11)
    picture.line(at(0), 20, at(0), first + row * len(PARTIES), colours.muted)
    sums = [0.0, 0.0, 0.0]
    for place, party in enumerate(PARTIES):
        payer = prices.parties[party]
        other = payer.services + payer.backstop
        middle = first + row * (place + 0.5) - 6
        picture.text(0, middle + 4, party_name(party), colours.text, bold=True, dx=-room - 2, pixels=room)
        for amount, y, colour in ((payer.drugs, middle - 12, colours.muted), (other, middle, colours.bar_background)):
            if amount:
                picture.rect(at(min(0.0, amount)), at(max(0.0, amount)), y, 11, colour, title=f"{party_name(party)} {signed_money(amount)}")
        state = State.NEUTRAL if abs(payer.net) < 0.005 else State.GOOD if payer.net > 0 else State.BAD
        shade = colours.text if state is State.NEUTRAL else colours.state(state)
        picture.line(at(0), middle + 16, at(payer.net), middle + 16, shade, width=2)
        picture.circle(at(payer.net), middle + 16, shade, shade, radius=4, title=f"{party_name(party)} {signed_money(payer.net)}")
        for column, amount in enumerate((payer.drugs, other, payer.net)):
            sums[column] += amount
            bold = column == 2
            picture.text(
                1, middle + 4, short_money(amount, signed=True), shade if bold else colours.muted,
                anchor="end", size=12, bold=bold, dx=68 + 68 * column,
            )  # fmt: skip
    bottom = first + row * len(PARTIES) + 4
    picture.line(0, bottom, 1, bottom, colours.border)
    picture.text(0, bottom + 18, _("合计"), colours.text, bold=True, dx=-room - 2)
    for column, amount in enumerate(sums):
        words = short_money(0.0 if abs(amount) < 0.005 else amount, signed=True)
        picture.text(1, bottom + 18, words, colours.text, anchor="end", size=12, bold=True, dx=68 + 68 * column)
    return picture


def _payer_alt(prices: PriceRound) -> str:
    parts = [f"{party_name(party)} {signed_money(payer.net)}" for party, payer in prices.parties.items()]
    return _("价格改革谁得谁付：{parts}", parts=_("，").join(parts))


def share_steps(found: IncomeStructure, target: float) -> Drawing:
    """Draw the service share before, its two causes, after, and the way to the target; the axis is cut below and says so."""
    colours = palette()
    picture = Drawing(HEIGHT, 4, 4, _share_alt(found, target))
    before, middle, after = found.service_share_before, found.service_share_before + found.volume_part, found.service_share
    gap = target - after
    steps = [
        (_("改革前"), 0.0, before, colours.muted, formatting.percent(before)),
        (_("总量变化"), before, middle, colours.communities[4], formatting.points(found.volume_part, 2)),
        (_("价格变化"), middle, after, colours.primary, formatting.points(found.price_part, 2)),
        (_("改革后"), 0.0, after, colours.muted, formatting.percent(after)),
        (
            _("还差") if gap > 0 else _("超出目标"),
            min(after, target),
            max(after, target),
            "",
            formatting.points(gap if gap > 0 else -gap, 2),
        ),
    ]
    levels = [before, middle, after, target]
    highest, lowest = max(levels), min(levels)
    floor = max(0.0, lowest - max(highest - lowest, 0.02) * 0.8)
    top, bottom = 34.0, HEIGHT - 30.0

    def height(level: float) -> float:
        return bottom - (max(level, floor) - floor) / ((highest - floor) or 1.0) * (bottom - top)

    width = 1 / len(steps)
    for place, (name, low, high, colour, words) in enumerate(steps):
        left, right = (place + 0.18) * width, (place + 0.82) * width
        upper, lower = max(low, high), min(low, high)
        shade = colour or (colours.bad if gap > 0 else colours.good)
        picture.rect(
            left, right, height(upper), height(lower) - height(upper), shade, opacity=1 if colour else 0.28, title=f"{name} {words}"
        )
        if low == 0.0 and floor > 0:
            picture.line(left, bottom - 9, right, bottom - 14, colours.card, width=3)
        picture.text((place + 0.5) * width, height(upper) - 6, words, colours.text, anchor="middle", bold=True, size=12.5)
        picture.text((place + 0.5) * width, bottom + 17, name, colours.muted, anchor="middle", size=11.5, share=0.98 * width)
    picture.line(0, height(target), 1, height(target), colours.bad, dash="5 4")
    picture.text(0, 14, _("目标 {share}", share=formatting.percent(target, 0)), colours.bad, bold=True, size=12)
    picture.line(0, bottom, 1, bottom, colours.border)
    return picture


def _share_alt(found: IncomeStructure, target: float) -> str:
    return _(
        "医疗服务收入占比从 {before} 到 {after}：总量变化 {volume}，价格变化 {price}；目标 {target}",
        before=formatting.percent(found.service_share_before),
        after=formatting.percent(found.service_share),
        volume=formatting.points(found.volume_part, 2),
        price=formatting.points(found.price_part, 2),
        target=formatting.percent(target, 0),
    )


def fee_bars(frame: pd.DataFrame, names: Mapping[str, str], positions: Mapping[str, int]) -> Drawing:
    """Draw the contract fee of the county and of each community by payer, with effective of signed people."""
    colours, picked = palette(), payer_colours(palette())
    row = (HEIGHT - _LEGEND - 36) / max(len(frame), 1)
    picture = Drawing(HEIGHT, 78, 106, _fee_alt(frame, names))
    _legend(picture, [(payer_name(payer), picked[payer]) for payer in PAYERS], colours, -76)
    whole = float(frame["fee"].sum())
    start = 0.0
    for payer in PAYERS:
        amount = float(frame[f"fee_{payer}"].sum())
        if whole <= 0 or amount <= 0:
            continue
        end = start + amount / whole
        picture.rect(start, end, _LEGEND, 20, picked[payer], radius=0, title=f"{payer_name(payer)} {formatting.money(amount, language())}")
        picture.text((start + end) / 2, _LEGEND + 14.5, short_money(amount), "#FFFFFF", anchor="middle", size=11.5)
        start = end
    picture.text(0, _LEGEND + 14, _("全县"), colours.text, bold=True, dx=-76)
    picture.text(1, _LEGEND + 14, short_money(whole), colours.text, anchor="end", bold=True, dx=62)
    widest = float(frame["fee"].max()) or 1.0
    for place, (code, each) in enumerate(frame.iterrows()):
        y = _LEGEND + 30 + row * place
        picture.line(0, y, 0, y + 16, colours.community(positions.get(str(code), place)), width=3)
        picture.text(0, y + 12, names[str(code)], colours.text, dx=-76, pixels=72)
        start = 0.0
        for payer in PAYERS:
            amount = float(each[f"fee_{payer}"])
            hover = f"{names[str(code)]} {payer_name(payer)} {formatting.money(amount, language())}"
            if amount > 0:
                picture.rect(start / widest, (start + amount) / widest, y, 16, picked[payer], radius=0, title=hover)
            start += amount
        picture.text(1, y + 12, short_money(float(each["fee"])), colours.text, anchor="end", bold=True, size=12, dx=62)
        done = float(each["fulfilled"]) / float(each["signed"]) if each["signed"] > 0 else None
        picture.text(1, y + 12, formatting.percent(done, 0), colours.muted, anchor="end", size=11.5, dx=102)
    return picture


def _fee_alt(frame: pd.DataFrame, names: Mapping[str, str]) -> str:
    parts = [f"{names[str(code)]} {formatting.money(float(row['fee']), language())}" for code, row in frame.iterrows()]
    return _("签约服务费：{parts}", parts=_("，").join(parts))
