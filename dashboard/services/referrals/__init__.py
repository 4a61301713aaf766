"""Who sends whom where, and what it costs."""
