"""Technical efficiency of institutions: data envelopment analysis (DEA) and the Malmquist index.

Formulas: docs/sources.md (DEA-BCC [OWN], input set [FOUND R27]; Malmquist [OWN], use [FOUND R27, R28]); two-stage slacks and semi-positive
data after Cooper, Seiford and Tone, *Data Envelopment Analysis*; Malmquist parts after Färe, Grosskopf, Norris and Zhang 1994.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from dashboard.analysis.frontier import BATCH, Frontier
from dashboard.analysis.sequences import counts, on_index

Returns = Literal["variable", "constant"]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Efficiency:
    """Result of ``dea``; every Series and frame is on the index of the units.

    Attributes:
        efficiency: the share of its inputs with which the unit could do the same, in (0, 1]; 1 is on the frontier. Under the returns asked.
        constant: the same under constant returns (CCR, technical efficiency TE).
        variable: the same under variable returns (BCC, pure technical efficiency PTE); never below ``constant``.
        scale: scale efficiency SE = constant ÷ variable.
        peers: lambda weights, one row per unit, one column per unit that is a peer of any: the target is the weighted sum of its peers.
        slacks: what the target still has less of an input, or more of an output, after the radial step; columns
            ``(kind, name)`` with kind ``"input"`` or ``"output"``, in the units of the data.
        returns: ``"variable"`` or ``"constant"``.
        units_needed: rule of thumb for the least number of units, max(m·s, 3(m + s)) [OWN].
        small_sample: fewer complete units than that: many units look efficient only because nothing compares with them.
    """

    efficiency: pd.Series
    constant: pd.Series
    variable: pd.Series
    scale: pd.Series
    peers: pd.DataFrame
    slacks: pd.DataFrame
    returns: str
    units_needed: int
    small_sample: bool

    def peers_of(self, unit: Any) -> dict[Any, float]:
        """Return the peers of ``unit`` with their weights, largest first."""
        weights = self.peers.loc[unit].dropna()
        return weights[weights > 0].sort_values(ascending=False, kind="stable").to_dict()


def dea(inputs: Any, outputs: Any, returns: Returns = "variable", progress: Progress | None = None) -> Efficiency:
    """Return the input-oriented efficiency of every unit.

    ``min θ  s.t.  Σ λ x ≤ θ x₀,  Σ λ y ≥ y₀,  λ ≥ 0`` and, with variable returns, ``Σ λ = 1``; then, θ held, the greatest sum of slacks,
    each measured in the mean of its column so that neither result depends on the units of measurement.

    Args:
        inputs: units × inputs (beds, technicians …) as DataFrame, array or list of rows; a Series or flat list is a single input.
        outputs: units × outputs (visits, discharges …), likewise.
        returns: ``"variable"`` (BCC) or ``"constant"`` (CCR). It decides ``efficiency``, ``peers`` and ``slacks``; both models are always
            solved, since scale efficiency needs both.
        progress: called as ``progress(done, total)`` after every few units, at last with ``done == total``.

    Returns:
        ``Efficiency``. Defined for every input: a unit with a missing figure, without any positive input or without any positive output
        gets missing results and is nobody's peer. Single zeros are allowed. Equal units get equal results. A single unit is efficient.

    Raises:
        ValueError: negative, infinite or non-numeric figures, no columns, differing lengths or labels, unknown ``returns``.
    """
    if returns not in ("variable", "constant"):
        raise ValueError(f"returns: 'variable' or 'constant', not {returns!r}")
    used, made = _tables(inputs, outputs)
    complete = _semipositive(used, made)
    x, y = used.to_numpy()[complete], made.to_numpy()[complete]
    constant_frontier, variable_frontier = Frontier(x, y, "constant"), Frontier(x, y, "variable")
    chosen = variable_frontier if returns == "variable" else constant_frontier
    size = len(x)
    constant, variable, slacks = np.empty(size), np.empty(size), np.empty((size, x.shape[1] + y.shape[1]))
    peers = np.zeros((size, size))
    for start in range(0, size, BATCH):
        batch = slice(start, start + BATCH)
        constant[batch] = constant_frontier.efficiency(x[batch], y[batch])
        variable[batch] = variable_frontier.efficiency(x[batch], y[batch])
        theta = variable[batch] if returns == "variable" else constant[batch]
        peers[batch], slacks[batch] = chosen.target(x[batch], y[batch], theta)
        if progress is not None:
            progress(min(start + BATCH, size), size)
    # A unit on the frontier is its own peer, also where others could be mixed to the same.
    on_frontier = ((variable if returns == "variable" else constant) == 1.0) & ~slacks.any(axis=1)
    peers[on_frontier] = np.eye(size)[on_frontier]
    # Two solutions of one programme differ in the last digits; the order BCC ≥ CCR holds by theory.
    variable = np.maximum(variable, constant)
    index, place = used.index, np.flatnonzero(complete)
    is_peer = np.flatnonzero(peers.any(axis=0))
    needed = max(used.shape[1] * made.shape[1], 3 * (used.shape[1] + made.shape[1]))
    by_returns = {"variable": variable, "constant": constant}
    return Efficiency(
        efficiency=_full(by_returns[returns], place, index, "efficiency"),
        constant=_full(constant, place, index, "constant"),
        variable=_full(variable, place, index, "variable"),
        scale=_full(constant / variable, place, index, "scale"),
        peers=_full_table(peers[:, is_peer], place, index, index[place[is_peer]]),
        slacks=_full_table(slacks, place, index, _slack_columns(used, made)),
        returns=returns,
        units_needed=needed,
        small_sample=size < needed,
    )


def malmquist(before_inputs: Any, before_outputs: Any, after_inputs: Any, after_outputs: Any) -> pd.DataFrame:
    """Return how the productivity of every unit changed between two periods; above 1 is better.

    With ``E_s(t)`` the constant-returns efficiency of the unit's period-t data against the period-s frontier:
    ``efficiency_change = E₁(1) / E₀(0)``, ``technical_change = √(E₀(1)/E₁(1) · E₀(0)/E₁(0))``, ``total = efficiency_change ×
    technical_change``; ``pure_change`` is the efficiency change under variable returns and ``scale_change = efficiency_change /
    pure_change``.

    Args:
        before_inputs: units × inputs of the first period (as for ``dea``); the other three likewise, the same units in the same order or,
            with labels, in any order.
        before_outputs: outputs of the first period.
        after_inputs: inputs of the second period.
        after_outputs: outputs of the second period.

    Returns:
        Frame with ``efficiency_change``, ``technical_change``, ``pure_change``, ``scale_change`` and ``total`` on the units' index.
        Missing for a unit that is incomplete in either period (it then belongs to neither frontier, so that both hold the same units),
        and where the other period's frontier has nothing that produces such outputs with such inputs.

    Raises:
        ValueError: as ``dea``; or the two periods have other columns or units.
    """
    used, made = _tables(before_inputs, before_outputs)
    used_after, made_after = _tables(after_inputs, after_outputs)
    if used.shape[1] != used_after.shape[1] or made.shape[1] != made_after.shape[1]:
        raise ValueError("before and after need the same inputs and outputs")
    used_after, made_after = _same_units(used_after, used.index), _same_units(made_after, used.index)
    complete = _semipositive(used, made) & _semipositive(used_after, made_after)
    x0, y0, x1, y1 = (table.to_numpy()[complete] for table in (used, made, used_after, made_after))
    first, second = Frontier(x0, y0, "constant"), Frontier(x1, y1, "constant")
    own0, own1 = _against(first, x0, y0), _against(second, x1, y1)
    crossed0, crossed1 = _against(first, x1, y1), _against(second, x0, y0)
    pure = _against(Frontier(x1, y1, "variable"), x1, y1) / _against(Frontier(x0, y0, "variable"), x0, y0)
    efficiency_change = own1 / own0
    technical_change = np.sqrt(crossed0 / own1 * own0 / crossed1)
    columns = ["efficiency_change", "technical_change", "pure_change", "scale_change", "total"]
    values = [efficiency_change, technical_change, pure, efficiency_change / pure, efficiency_change * technical_change]
    return _full_table(np.column_stack(values), np.flatnonzero(complete), used.index, pd.Index(columns))


def _against(frontier: Frontier, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    batches = [frontier.efficiency(x[start : start + BATCH], y[start : start + BATCH]) for start in range(0, len(x), BATCH)]
    return np.concatenate([np.empty(0), *batches])


def _table(values: Any, name: str) -> pd.DataFrame:
    if isinstance(values, pd.Series):
        table = values.to_frame(name if values.name is None else values.name)
    else:
        table = values if isinstance(values, pd.DataFrame) else pd.DataFrame(values)
    if table.shape[1] == 0:
        raise ValueError(f"{name}: at least one column is needed")
    columns = [counts(table.iloc[:, column], f"{name} {table.columns[column]}") for column in range(table.shape[1])]
    return pd.DataFrame(dict(enumerate(columns)), index=table.index).set_axis(table.columns, axis=1)


def _tables(inputs: Any, outputs: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    used, made = _table(inputs, "inputs"), _table(outputs, "outputs")
    if not isinstance(inputs, pd.DataFrame | pd.Series):
        if len(used) != len(made):
            raise ValueError(f"outputs: {len(made)} rows for {len(used)} units")
        return used.set_axis(made.index), made
    return used, _same_units(made, used.index, positional=not isinstance(outputs, pd.DataFrame | pd.Series))


def _same_units(table: pd.DataFrame, index: pd.Index, positional: bool = False) -> pd.DataFrame:
    order = on_index(pd.Series(range(len(table)), index=None if positional else table.index), index, "units")
    return table.iloc[order.to_numpy(dtype="int64")].set_axis(index)


def _semipositive(used: pd.DataFrame, made: pd.DataFrame) -> np.ndarray:
    """Return which units are complete, with some positive input and some positive output (otherwise efficiency has no meaning)."""
    known = used.notna().all(axis=1) & made.notna().all(axis=1)
    return (known & (used > 0).any(axis=1) & (made > 0).any(axis=1)).to_numpy()


def _slack_columns(used: pd.DataFrame, made: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_tuples(
        [("input", name) for name in used.columns] + [("output", name) for name in made.columns], names=["kind", "name"]
    )


def _full(values: np.ndarray, place: np.ndarray, index: pd.Index, name: str) -> pd.Series:
    full = np.full(len(index), np.nan)
    full[place] = values
    return pd.Series(full, index=index, name=name)


def _full_table(values: np.ndarray, place: np.ndarray, index: pd.Index, columns: pd.Index) -> pd.DataFrame:
    full = np.full((len(index), values.shape[1]), np.nan)
    full[place] = values
    return pd.DataFrame(full, index=index, columns=columns)
