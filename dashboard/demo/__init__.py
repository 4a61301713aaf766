"""The demonstration county: a deterministic package of invented figures for real places. See ``docs/demo.md``."""
