"""How well beds and devices are used."""
