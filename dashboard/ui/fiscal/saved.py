"""The fiscal page's saved scenarios and their comparison: the common ones, with the lines of this page."""

from collections.abc import Sequence

from dashboard.services.common.directory import Directory
from dashboard.services.fiscal.answer import by_community
from dashboard.ui.fiscal.results import scenario_lines
from dashboard.ui.fiscal.state import STATE
from dashboard.ui.frame.scenario_lines import Line, money_line
from dashboard.ui.frame.scenario_saved import Bench
from dashboard.ui.kit.i18n import _
from dashboard.whatif.fiscal_run import FiscalOutcome


def _lines(outcome: FiscalOutcome, book: Directory) -> Sequence[Line]:
    codes = dict.fromkeys(str(code) for code in outcome.baseline.institutions["community"])
    return [*scenario_lines(), *(_community_line(code, book) for code in codes)]


def _community_line(code: str, book: Directory) -> Line:
    name = _("{name} 较历史", name=book.community_name(code))
    return money_line(name, lambda outcome: float(by_community(outcome)["change"][code]), signed=True)


BENCH = Bench(STATE, _lines)
