"""What people write: scenarios, decisions, notes. Its own database."""
