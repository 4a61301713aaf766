"""Decision support for China's county medical communities (县域医共体)."""

__version__ = "0.1.0"
