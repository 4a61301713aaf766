"""The levers of both what-ifs that act on the same money, as a small table: the amount and what is done about it."""

from collections.abc import Sequence

from dashboard.ui.frame.scenario_lines import short_money
from dashboard.ui.kit import formatting
from dashboard.ui.kit.board import BoardCell, Grid
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.theme import State
from dashboard.whatif.fiscal_search import PAIRS, Overlap


def pairs_grid(pairs: Sequence[Overlap]) -> Grid:
    """Return the pairs of levers that act on the same money, with the amount and what is done about it."""
    rows = [[BoardCell(_(PAIRS[pair.pair][0])), _amount(pair), _rule(pair)] for pair in pairs]
    return Grid([_("同一笔钱"), _("金额"), _("怎么处理")], rows, _("与医保推演动同一笔钱的系数"))


def pair_words(pair: Overlap) -> str:
    """Return the name of a pair and what is done about it."""
    return f"{_(PAIRS[pair.pair][0])}{_('：')}{_(PAIRS[pair.pair][1 if pair.solved else 2])}"


def _amount(pair: Overlap) -> BoardCell:
    if pair.per_visit:
        return BoardCell(_("{amount} 元/人次", amount=formatting.yuan(pair.amount)))
    return BoardCell(short_money(pair.amount))


def _rule(pair: Overlap) -> BoardCell:
    words = _(PAIRS[pair.pair][1 if pair.solved else 2])
    return BoardCell(_("已处理") if pair.solved else _("须注意"), State.GOOD if pair.solved else State.WARNING, title=words)
