"""Moving one weight while the sum stays 100, and a scheme whose dimensions weigh otherwise."""

from collections.abc import Mapping

from dashboard.analysis.rounding import largest_remainder
from dashboard.catalogue.scheme import WEIGHT_SUM, Scheme


def weight_step(weights: Mapping[str, float]) -> float:
    """Return the step in which weights move: 1 where all are whole numbers, otherwise 0.1."""
    return 1.0 if all(float(weight).is_integer() for weight in weights.values()) else 0.1


def shifted_weights(
    weights: Mapping[str, float], changed: str, value: float, step: float = 1.0, total: float = WEIGHT_SUM
) -> dict[str, float]:
    """Return ``weights`` with ``changed`` set to ``value`` and the others scaled so that all add up to ``total``.

    The others keep their proportions (equal shares where all of them are 0), rounded to ``step`` by largest remainder.

    Args:
        weights: by name; at least one.
        changed: the one that was moved.
        value: its new weight, cut to 0–``total``. The only weight there is stays ``total``.
        step: what weights are rounded to; where ``total`` is no multiple of it, to the step nearest to it that divides it.
        total: what all add up to, above 0.

    Returns:
        New weights in the same order; their sum is ``total``.
    """
    others = [name for name in weights if name != changed]
    if not others:
        return {changed: total}
    whole = max(1, round(total / step))
    kept = round(min(max(value, 0.0), total) / total * whole)
    sizes = [weights[name] for name in others]
    parts = largest_remainder(whole - kept, sizes if any(sizes) else [1.0] * len(others))
    moved = dict(zip(others, parts, strict=True)) | {changed: kept}
    return {name: moved[name] * total / whole for name in weights}


def dimension_weights(scheme: Scheme) -> dict[str, float]:
    """Return what each dimension weighs, in the scheme's order; they sum to 100."""
    return {
        dimension.id: round(sum(indicator.weight for indicator in scheme.indicators if indicator.dimension == dimension.id), 9)
        for dimension in scheme.dimensions
    }


def with_dimension_weights(scheme: Scheme, weights: Mapping[str, float]) -> Scheme:
    """Return ``scheme`` with its dimensions weighing ``weights``; inside a dimension the proportions stay.

    A dimension that weighed nothing shares its new weight equally among its indicators. A dimension without an indicator
    cannot weigh anything: its weight goes to the others in proportion.

    Raises:
        CatalogueError: the weights of the dimensions that have indicators do not add up to more than 0.
    """
    before = dimension_weights(scheme)
    counts = {name: sum(indicator.dimension == name for indicator in scheme.indicators) for name in before}
    reachable = sum(weights[name] for name, count in counts.items() if count)
    scale = WEIGHT_SUM / reachable if reachable else 1.0
    new = {}
    for indicator in scheme.indicators:
        name = indicator.dimension
        share = indicator.weight / before[name] if before[name] else 1 / counts[name]
        new[indicator.id] = weights[name] * scale * share
    return scheme.with_weights(new)


def with_indicator_weight(scheme: Scheme, indicator: str, value: float, step: float = 0.1) -> Scheme:
    """Return ``scheme`` with one indicator weighing ``value``; the others of its dimension give way, so that its weight stays.

    Args:
        scheme: a scheme that has ``indicator``.
        indicator: the one that was moved.
        value: its new weight, cut to 0 and the weight of its dimension.
        step: what the weights of the dimension are rounded to.

    Raises:
        CatalogueError: as ``Scheme.with_weights``.
    """
    home = {each.id: each.dimension for each in scheme.indicators}[indicator]
    members = {each.id: each.weight for each in scheme.indicators if each.dimension == home}
    total = sum(members.values())
    return scheme if total == 0 else scheme.with_weights(shifted_weights(members, indicator, value, step, total))
