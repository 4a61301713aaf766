"""Scores per medical community, their schemes, trend and criteria."""
