"""Documents to take away: what a report holds (``content``) and one writer per file format. They know no database and no browser."""
