"""``SIGN_IN=proxy``: a gateway on this machine says who it is, and proves with every request that it is the gateway."""

import hmac

from anyio import to_thread
from starlette.types import Scope

from dashboard.services.common.identity import living_session
from dashboard.settings import settings
from dashboard.ui.frame.cookie import session_id_in

WAY = "proxy"


def account_by_proxy(scope: Scope) -> str | None:
    """Return the account that the gateway names; None without its secret, or where a header is missing or given twice."""
    chosen = settings()
    secrets = _values(scope, chosen.proxy_secret_header)
    accounts = _values(scope, chosen.proxy_user_header)
    if len(secrets) != 1 or len(accounts) != 1:
        return None
    if not hmac.compare_digest(secrets[0], chosen.proxy_secret.get_secret_value().encode()):
        return None
    try:
        return accounts[0].decode().strip() or None
    except UnicodeDecodeError:
        return None


def _values(scope: Scope, name: str) -> list[bytes]:
    return [value for header, value in scope["headers"] if header.lower() == name.lower().encode()]


async def session_by_proxy(scope: Scope) -> str | None:
    """Return the number of the living session of a request's cookie when the gateway names its account; a cookie alone is nothing."""
    account = account_by_proxy(scope)
    return None if account is None else await to_thread.run_sync(_session_of, scope, account)


def _session_of(scope: Scope, account: str) -> str | None:
    session_id = session_id_in(scope)
    found = living_session(session_id) if session_id else None
    return session_id if found is not None and found.account_id == account and found.way == WAY else None
