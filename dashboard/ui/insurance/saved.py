"""The insurance page's saved scenarios and their comparison: the common ones, with the lines of this page."""

from collections.abc import Sequence

from dashboard.services.common.directory import Directory
from dashboard.ui.frame.scenario_lines import Line, money_line
from dashboard.ui.frame.scenario_saved import Bench
from dashboard.ui.insurance.results import scenario_lines
from dashboard.ui.insurance.state import STATE
from dashboard.ui.kit.i18n import _
from dashboard.whatif.outcome import Outcome


def _lines(outcome: Outcome, book: Directory) -> Sequence[Line]:
    return [*scenario_lines(), *(_community_line(str(code), book) for code in outcome.communities.index)]


def _community_line(code: str, book: Directory) -> Line:
    name = _("{name} 结余", name=book.community_name(code))
    return money_line(name, lambda outcome: float(outcome.communities["balance"][code]), signed=True)


BENCH = Bench(STATE, _lines)
