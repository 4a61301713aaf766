"""What every topic asks: database, cache, clock, directory, filters, indicators, workspace."""
