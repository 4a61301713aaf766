"""Everything a reader sees: theme, formatting, filters, charts, maps, tables, messages."""
