"""全市各县: the counties of a database side by side, from marts alone."""
