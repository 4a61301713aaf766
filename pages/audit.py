"""操作记录 Audit: who did, or was refused, what when, for the auditor."""

from dashboard.ui.audit.page import audit_page
from dashboard.ui.kit.messages import error_boundary

with error_boundary():
    audit_page()
