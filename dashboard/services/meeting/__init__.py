"""Agendas, decisions and what is still to be done."""
