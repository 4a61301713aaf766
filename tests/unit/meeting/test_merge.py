import datetime

from dashboard.services.meeting.agendas import Agenda, AgendaItem, agenda_of, text_item
from dashboard.services.meeting.merge import merge_agendas

DAY = datetime.date(2026, 11, 30)
A, B, C, D, E = (text_item(name, name).model_copy(update={"item_id": name * 6}) for name in "abcde")


def agenda(*items: AgendaItem, title: str = "会议", date: datetime.date = DAY) -> Agenda:
    return agenda_of(title, date, items)


def titles(merged: Agenda) -> str:
    return "".join(item.title for item in merged.items)


def changed(item: AgendaItem, title: str) -> AgendaItem:
    return item.model_copy(update={"title": title})


def test_additions_of_both_stand_where_they_were_put() -> None:
    merged = merge_agendas(agenda(A, B), agenda(A, C, B), agenda(A, B, D))
    assert titles(merged.agenda) == "acbd"
    assert merged.clashes == ()


def test_changes_of_different_items_are_both_kept() -> None:
    merged = merge_agendas(agenda(A, B), agenda(changed(A, "X"), B), agenda(A, changed(B, "Y")))
    assert titles(merged.agenda) == "XY"
    assert merged.clashes == ()


def test_what_both_changed_is_mine_and_named() -> None:
    merged = merge_agendas(agenda(A), agenda(changed(A, "X")), agenda(changed(A, "Y")))
    assert titles(merged.agenda) == "X"
    assert merged.clashes == ("X",)


def test_the_same_change_is_no_clash() -> None:
    assert merge_agendas(agenda(A), agenda(changed(A, "X")), agenda(changed(A, "X"))).clashes == ()


def test_what_one_deleted_goes_unless_the_other_changed_it() -> None:
    assert titles(merge_agendas(agenda(A, B), agenda(B), agenda(A, B)).agenda) == "b"
    assert titles(merge_agendas(agenda(A, B), agenda(A, B), agenda(B)).agenda) == "b"
    mine = merge_agendas(agenda(A, B), agenda(changed(A, "X"), B), agenda(B))
    assert (titles(mine.agenda), mine.clashes) == ("Xb", ("X",))
    theirs = merge_agendas(agenda(A, B), agenda(B), agenda(changed(A, "Y"), B))
    assert (titles(theirs.agenda), theirs.clashes) == ("Yb", ("Y",))


def test_my_order_wins_where_i_moved_something() -> None:
    assert titles(merge_agendas(agenda(A, B, C), agenda(C, B, A), agenda(A, B, C, D)).agenda) == "cdba"
    assert titles(merge_agendas(agenda(A, B, C), agenda(A, B, C, E), agenda(C, A, B)).agenda) == "ceab"


def test_title_and_date_come_from_who_changed_them() -> None:
    other = datetime.date(2026, 12, 1)
    merged = merge_agendas(agenda(A), agenda(A, title="新名"), agenda(A, date=other))
    assert (merged.agenda.title, merged.agenda.date) == ("新名", other)
    both = merge_agendas(agenda(A), agenda(A, title="我"), agenda(A, title="他"))
    assert both.agenda.title == "我"
