"""A profile made by looking at a file is the profile that loads it: drafted, tried, saved, opened again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.services.data import profiling
from dashboard.services.data.inbox import Inbox, open_inbox
from dashboard.services.data.profiling import (
    AS_ROW,
    Choices,
    choices_of,
    draft_of,
    first_rows,
    grids,
    part_of,
    pattern_of,
    tried,
    with_part,
)
from dashboard.store.importing.profiles import profile_of
from tests.integration.importing.test_profiles import _BOOKS, _books

_NAMES = {"第一医院": "H1"}


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    monkeypatch.setattr(profiling, "names_of_register", lambda: lambda _table: _NAMES)
    found = open_inbox(None)
    found.put("二院收支月报10.xlsx", _books(tmp_path / "a.xlsx").read_bytes())
    yield found
    found.close()


def test_the_first_rows_and_what_their_names_suggest(inbox: Inbox) -> None:
    (grid,) = grids(inbox)
    assert first_rows(grid).iloc[1].tolist()[:2] == ["报表期：", "2025年10月"]
    draft = draft_of(None, grid, "fact_finance")
    assert draft["source"].tolist() == ["序号", "单位名称", "药品收入", "其中:中药饮片", "人员经费"]
    assert draft["sample"].tolist()[1:3] == ["第一医院", "2846.31"]
    assert pattern_of(grid.file) == "二院收支月报*.xlsx"


def test_a_draft_becomes_the_profile_and_back(inbox: Inbox) -> None:
    (grid,) = grids(inbox)
    draft = draft_of(None, grid, "fact_finance").set_index("source")
    draft.loc["单位名称", ["target", "names"]] = ["institution_code", True]
    draft.loc["药品收入", ["target", "code", "unit", "minus"]] = [AS_ROW, "4001", 10000, "其中:中药饮片"]
    draft.loc["人员经费", ["target", "code", "unit"]] = [AS_ROW, "50", 10000]
    chosen = Choices(
        "fact_finance",
        "*收支月报*.xlsx",
        "cell",
        "B2",
        "chinese",
        "account_code",
        "amount",
        skip_column="单位名称",
        skip_matches="合\\s*计",
    )
    part = part_of(draft.reset_index(), chosen)
    trial = tried(part, grid)
    assert (len(trial.rows), trial.left_out, trial.errors) == (3, 1, 0)
    assert trial.rows["amount"].tolist() == ["26322400", "13016200", "489000"]
    assert set(trial.rows["month"]) == {"2025-10"}
    # As it is kept and opened again.
    kept = profile_of(with_part(None, 0, part, "二院财务").model_dump(mode="json", by_alias=True), "x").parts[0]
    assert choices_of(kept) == chosen
    assert draft_of(kept, grid, "fact_finance")["target"].tolist() == ["", "institution_code", AS_ROW, "", AS_ROW]
    assert part_of(draft_of(kept, grid, "fact_finance"), choices_of(kept), kept) == kept


def test_what_the_checks_of_rows_say_is_live(inbox: Inbox, tmp_path: Path) -> None:
    part = profile_of(_BOOKS, "x").parts[0]
    inbox.put("二院收支月报10.xlsx", _books(tmp_path / "b.xlsx", amount="待定").read_bytes())
    trial = tried(part, grids(inbox)[0])
    assert trial.errors == 1
    assert (trial.findings[0].column, trial.findings[0].line) == ("amount", 5)
    inbox.put("二院收支月报10.xlsx", _books(tmp_path / "c.xlsx", extra="互联网诊疗").read_bytes())
    changed = tried(part, grids(inbox)[0])
    assert changed.misfit is not None
    assert changed.misfit.new == ("互联网诊疗",)
