"""``python -m dashboard``: the command line of the product."""

from dashboard.cli import main

main()
