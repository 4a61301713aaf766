"""签约与公卫: coverage and pace, chronic care, help for the centres, figures to check."""
