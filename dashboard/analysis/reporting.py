"""Who should have reported and who did: monthly totals with what is missing in them, and the reports due from a register."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dashboard.analysis.sequences import counts, ratio


def monthly_totals(rows: pd.DataFrame, value: str) -> pd.DataFrame:
    """Return the total of ``value`` by month with the share that is missing.

    A reporter is due from its first to its last month with a figure, so that one that opened or closed is not missed; its missing months
    are weighed by the mean of its known ones.

    Args:
        rows: ``reporter``, ``month`` (first day) and the non-negative column ``value``; at most one row per reporter and month.
        value: name of the column.

    Returns:
        Frame indexed by every month from the first to the last with a figure: ``total``, ``absent`` (how many due reporters are missing)
        and ``missing_share`` (their usual amount ÷ usual amount of all due). A month in which nobody was due has a missing total.

    Raises:
        ValueError: negative figures, or a reporter with two rows in one month.
    """
    known = rows.assign(figure=counts(rows[value], value)).dropna(subset=["figure"])
    if known.duplicated(["reporter", "month"]).any():
        raise ValueError("rows: a reporter has two rows in one month")
    months = known["month"].sort_values().unique()
    every = pd.date_range(months[0], months[-1], freq="MS") if len(months) else pd.DatetimeIndex([])
    table = known.pivot(index="month", columns="reporter", values="figure").reindex(every).astype("float64")
    due = (table.notna().cummax() & table[::-1].notna().cummax()[::-1]) if len(table) else table.notna()
    usual = due.astype("float64").mul(table.mean(), axis="columns")
    absent = due & table.isna()
    return pd.DataFrame(
        {
            "total": table.sum(axis="columns", min_count=1),
            "absent": absent.sum(axis="columns"),
            "missing_share": ratio(usual.where(absent, 0.0).sum(axis="columns"), usual.sum(axis="columns")),
        },
        index=table.index,
    )


def was_open(register: pd.DataFrame, months: pd.DatetimeIndex) -> np.ndarray:
    """Return whether each row of ``register`` was open for a day in each of ``months``: a truth value by row and month.

    The days of opening and closing are days on which it was open. Which of ``opened_on`` and ``closed_on`` is missing, as a value or as
    a column, limits nothing.
    """
    opened, closed = (_days(register, name)[:, None] for name in ("opened_on", "closed_on"))
    first, following = months.to_numpy()[None, :], (months + pd.DateOffset(months=1)).to_numpy()[None, :]
    return (np.isnat(opened) | (opened < following)) & (np.isnat(closed) | (closed >= first))


def _days(register: pd.DataFrame, name: str) -> np.ndarray:
    if name not in register:
        return np.full(len(register), np.datetime64("NaT", "ns"))
    return pd.to_datetime(register[name]).to_numpy().astype("datetime64[ns]")


def due_reports(
    register: pd.DataFrame, returns: pd.DataFrame, months: Sequence[pd.Timestamp], *, lookback: int, normal_share: float
) -> pd.DataFrame:
    """Return the reports that were due in ``months``, table by table, and which of them came.

    Due is who is open in the month and either reported the table in the ``lookback`` months before it, or is of a kind of which at least
    ``normal_share`` of the open members did. Who reported is due, whatever the register says. A new county, with nothing before,
    expects only those who report. The usual amount of a reporter is the mean of its months; one without any counts like the median
    of its kind.

    Args:
        register: one row per possible reporter: reporter, kind, opened_on, closed_on (dates or missing), and whatever else tells about it.
        returns: one row per table, reporter and month that came: table_name, reporter, month (first day), amount (its size, may be
            missing); from ``lookback`` months before the first of ``months`` on.
        months: first days of the months asked for.
        lookback: months.
        normal_share: 0 to 1.

    Returns:
        One row per report due: the columns of ``register`` but its days, table_name, month, came (bool), usual (above 0; 1 for everybody
        where no amount of the table is known).
    """
    people = register.drop_duplicates("reporter", ignore_index=True)
    asked = pd.DatetimeIndex(list(months))
    every = pd.date_range(asked.min() - pd.DateOffset(months=lookback), asked.max(), freq="MS") if len(asked) else asked
    rows = pd.Index(people["reporter"]).get_indexer(pd.Index(returns["reporter"]))
    known, rows = returns[rows >= 0], rows[rows >= 0]
    table, tables = pd.factorize(known["table_name"])
    columns = every.get_indexer(pd.DatetimeIndex(known["month"]))
    came = np.zeros((len(tables), len(people), len(every)), dtype=np.bool_)
    within = columns >= 0
    came[table[within], rows[within], columns[within]] = True
    counted = np.concatenate([np.zeros((*came.shape[:2], 1)), came.cumsum(axis=2)], axis=2)
    places = every.get_indexer(asked)
    reported = counted[:, :, places] - counted[:, :, np.maximum(places - lookback, 0)] > 0
    is_open = was_open(people, asked)
    kinds = pd.get_dummies(people["kind"]).to_numpy(dtype=np.float64)
    members, reporters = kinds.T @ is_open, kinds.T @ (is_open & reported)
    normal = kinds @ (reporters >= normal_share * np.maximum(members, 1.0)) > 0
    due = (is_open & (reported | normal)) | came[:, :, places]
    which, who, when = np.nonzero(due)
    amounts = known["amount"].to_numpy(dtype=np.float64, na_value=np.nan)
    return (
        people.drop(columns=["opened_on", "closed_on"], errors="ignore")
        .take(who)
        .assign(
            table_name=pd.Index(tables).take(which),
            month=asked.take(when),
            came=came[:, :, places][which, who, when],
            usual=_usual_amounts(people["kind"], amounts, rows, table, len(tables))[who, which],
        )
        .reset_index(drop=True)
    )


def _usual_amounts(kinds: pd.Series, amounts: np.ndarray, who: np.ndarray, table: np.ndarray, tables: int) -> np.ndarray:
    """Return the usual size of every possible reporter (rows) in every table (columns) from the ``amounts`` that came."""
    given = ~np.isnan(amounts)
    cell, shape = who[given] * tables + table[given], (len(kinds), tables)
    total, count = (np.bincount(cell, weights, len(kinds) * tables).reshape(shape) for weights in (amounts[given], None))
    mean = pd.DataFrame(np.divide(total, count, out=np.full(shape, np.nan), where=total > 0))
    typical = mean.groupby(kinds).transform("median")
    return mean.fillna(typical).fillna(mean.median()).fillna(1.0).to_numpy()
