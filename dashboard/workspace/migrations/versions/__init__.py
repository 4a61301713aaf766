"""One file per revision, upgrade only: a county's data is never taken back apart."""
