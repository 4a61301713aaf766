"""What people write: scenarios, schemes, results, agendas, decisions, notes, settings, and the audit trail. Its own database.

``open_workspace()`` gives the ``Workspace``; ``migrate()`` creates or upgrades its database. See ``docs/workspace.md``.
"""

from dashboard.workspace.audit import KEPT_DAYS, KEPT_DAYS_USUALLY, AuditTrail, Chain
from dashboard.workspace.documents import KeptResult, Workspace, open_workspace
from dashboard.workspace.errors import UNSIGNED, ConflictError, MissingDocumentError, WorkspaceError
from dashboard.workspace.migration import migrate
from dashboard.workspace.records import (
    ACTION_LABELS,
    KIND_LABELS,
    OUTCOME_LABELS,
    STATUS_LABELS,
    Action,
    Audience,
    AuditEntry,
    Document,
    Kind,
    Outcome,
    Status,
    Version,
    VersionInfo,
)

__all__ = [
    "ACTION_LABELS",
    "KEPT_DAYS",
    "KEPT_DAYS_USUALLY",
    "KIND_LABELS",
    "OUTCOME_LABELS",
    "STATUS_LABELS",
    "UNSIGNED",
    "Action",
    "Audience",
    "AuditEntry",
    "AuditTrail",
    "Chain",
    "ConflictError",
    "Document",
    "KeptResult",
    "Kind",
    "MissingDocumentError",
    "Outcome",
    "Status",
    "Version",
    "VersionInfo",
    "Workspace",
    "WorkspaceError",
    "migrate",
    "open_workspace",
]
