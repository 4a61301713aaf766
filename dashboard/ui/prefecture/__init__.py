"""全市各县: the sections of the page."""
