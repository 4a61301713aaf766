"""A monthly total of many reporters, and how much of it is missing in the months when somebody did not report."""

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
