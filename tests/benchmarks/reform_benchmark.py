"""How often a false date of a reform is called one, by simulation, as JSON: ``python -m tests.benchmarks.reform_benchmark``.

Series without any reform, of the length and with the correlation that a county has; a date in the middle is tested for a step. The rate
stated is 5 %: by the p-value of the page, beside what plain and Newey–West errors with a normal distribution would have said. What is left
above it with strongly correlated months is why the page also ranks the real date among false ones (``placebo_steps``). Not a test: nothing
here fails.
"""

import argparse
import json

import numpy as np
from scipy.stats import norm

from dashboard.analysis.reform import enough_months, interrupted_series, placebo_steps

STATED = 0.05


def series(random: np.random.Generator, months: int, correlation: float) -> np.ndarray:
    """Return months of noise around a level, each with ``correlation`` to the one before."""
    shocks = random.normal(0, 1, months)
    values = np.empty(months)
    values[0] = shocks[0]
    for month in range(1, months):
        values[month] = correlation * values[month - 1] + np.sqrt(1 - correlation**2) * shocks[month]
    return 100 + values


def rejected(random: np.random.Generator, months: int, correlation: float, draws: int) -> dict[str, float]:
    """Return the share of series in which a step is called one: by the page's p-value, by Newey–West or plain errors, by plain ones."""
    start = months // 2 + 1
    harmonics = enough_months(start - 1, months - start + 1).harmonics
    limit = norm.ppf(1 - STATED / 2)
    page = robust = plain = 0
    for _draw in range(draws):
        fit = interrupted_series(series(random, months, correlation), start=start, harmonics=harmonics, slope=False)
        step = abs(fit.coefficients["step"])
        page += fit.p_value("step") < STATED
        robust += step > limit * max(fit.standard_errors["step"], fit.newey_west["step"])
        plain += step > limit * fit.standard_errors["step"]
    return {"page": page / draws, "newey_west_or_plain": robust / draws, "plain_errors": plain / draws}


def ranked_first(random: np.random.Generator, months: int, correlation: float, draws: int) -> dict[str, float]:
    """Return how often a date without effect ranks first among the false dates before it, and how often chance alone would."""
    start, first, dates = 3 * months // 4, 0, 0
    for _draw in range(draws):
        values = series(random, months, correlation)
        fit = interrupted_series(values, start=start, slope=False)
        others = placebo_steps(values, start=start, slope=False)["ratio"].abs()
        dates = len(others)
        first += abs(fit.coefficients["step"] / fit.cautious_errors["step"]) > others.max()
    return {"first": first / draws, "by_chance": 1 / (dates + 1)}


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description="How often is a date without effect called a reform?")
    parser.add_argument("--draws", type=int, default=400)
    options = parser.parse_args()
    random = np.random.default_rng(22)
    found = {
        f"{months} months, correlation {correlation}": rejected(random, months, correlation, options.draws)
        for months in (24, 48)
        for correlation in (0.0, 0.2, 0.4, 0.6)
    }
    rank = {f"correlation {each}": ranked_first(random, 48, each, max(options.draws // 4, 1)) for each in (0.0, 0.4)}
    print(json.dumps({"stated": STATED, "draws": options.draws, "rejected": found, "real_date_ranks_first": rank}, indent=2))


if __name__ == "__main__":
    main()
