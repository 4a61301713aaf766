"""Did a reform work: interrupted series, difference in differences, permutation, and shares of stacked reforms.

Nothing here says "caused by": an estimate is what the figures are consistent with if the model of its docstring holds. Sources
(docs/sources.md):
segmented regression as in Lopez Bernal, Cummins and Gasparrini, Int J Epidemiol 2017 [FOUND]; short series after Turner et al., BMC Med Res
Methodol 2021 [FOUND]; group-time effects as defined by Callaway and Sant'Anna, without covariates [FOUND]; randomisation inference with few
treated units, MacKinnon and Webb [FOUND]; Shapley value [OWN].
"""

from dashboard.analysis.reform.differences import (
    Control,
    GroupTimeEffects,
    difference_in_differences,
    group_time_effects,
    permutation_p,
    reassignment_p,
    unit_effects,
)
from dashboard.analysis.reform.series import (
    DETECTABLE,
    EnoughMonths,
    Family,
    InterruptedSeries,
    enough_months,
    interrupted_series,
    placebo_steps,
)
from dashboard.analysis.reform.stacking import first_and_last_in, shapley

__all__ = [
    "DETECTABLE",
    "Control",
    "EnoughMonths",
    "Family",
    "GroupTimeEffects",
    "InterruptedSeries",
    "difference_in_differences",
    "enough_months",
    "first_and_last_in",
    "group_time_effects",
    "interrupted_series",
    "permutation_p",
    "placebo_steps",
    "reassignment_p",
    "shapley",
    "unit_effects",
]
