"""The demonstration county: a deterministic package of invented figures for real places. See ``docs/demo.md``."""

from dashboard.demo.package import write_package

__all__ = ["write_package"]
