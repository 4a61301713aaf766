"""Typed, validated reading of ``data/catalogue``."""
