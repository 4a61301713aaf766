"""Accounts, grants, tokens and sessions as administrators see and change them."""
