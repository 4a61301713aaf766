"""Building blocks that every page draws with; they know no topic."""
