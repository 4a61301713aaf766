"""Alembic migrations of the workspace database; ``dashboard.workspace.migrate`` runs them. There is no way back but a backup."""
