"""Reports to take away, put together from what the pages show."""
