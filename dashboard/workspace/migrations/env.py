"""Run the migrations on the connection that ``dashboard.workspace.migration`` holds, inside its transaction."""

from alembic import context

from dashboard.workspace.schema import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
