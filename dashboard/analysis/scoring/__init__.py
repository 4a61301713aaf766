"""Performance scores: objective weights, ranking methods, the composite of a scheme, and how far a rank can be trusted."""

from dashboard.analysis.scoring.composite import CompositeResult, composite, contribution_difference
from dashboard.analysis.scoring.entropy import entropy_weights
from dashboard.analysis.scoring.inputs import ScoringError
from dashboard.analysis.scoring.normalise import indicator_scores
from dashboard.analysis.scoring.pool import allocate_pool
from dashboard.analysis.scoring.rank_sum_ratio import RankSumRatioResult, rank_sum_ratio
from dashboard.analysis.scoring.robustness import (
    LeaveOneOut,
    RankCorrelation,
    RankIntervals,
    dirichlet_weights,
    indistinguishable_groups,
    leave_one_out,
    rank_correlation,
    rank_intervals,
)
from dashboard.analysis.scoring.topsis import TopsisResult, topsis

__all__ = [
    "CompositeResult",
    "LeaveOneOut",
    "RankCorrelation",
    "RankIntervals",
    "RankSumRatioResult",
    "ScoringError",
    "TopsisResult",
    "allocate_pool",
    "composite",
    "contribution_difference",
    "dirichlet_weights",
    "entropy_weights",
    "indicator_scores",
    "indistinguishable_groups",
    "leave_one_out",
    "rank_correlation",
    "rank_intervals",
    "rank_sum_ratio",
    "topsis",
]
