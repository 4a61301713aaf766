"""The insurance budget what-if: baseline, plan, answers, saved scenarios."""
