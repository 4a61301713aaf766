"""The read API: what the pages show, for other programs, under the scope of whoever's token it is."""
