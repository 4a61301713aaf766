"""The cookie of a session: an opaque random value, signed; and where a request comes from."""

from functools import cache
from typing import Final

from itsdangerous import BadSignature, Signer
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from dashboard.services.common.workspace import current_workspace
from dashboard.settings import settings
from dashboard.workspace.sessions import session_id_of

_PLAIN, _LOCKED = "county-session", "__Host-county-session"
_SALT: Final = "session"


@cache
def _signer(url: str) -> Signer:
    return Signer(current_workspace().accounts.server_key("cookie"), salt=_SALT)


def signer() -> Signer:
    """Return what signs cookies, with the key that all processes on one workspace share. Raises ``DatabaseError``."""
    return _signer(settings().workspace_database_url)


def is_secure(scope: Scope) -> bool:
    """Tell whether the browser speaks https, to us or to the gateway before us."""
    return settings().public_address.startswith("https://") or scope.get("scheme") in ("https", "wss")


def _name(scope: Scope) -> str:
    return _LOCKED if is_secure(scope) else _PLAIN


def session_id_in(scope: Scope) -> str | None:
    """Return the number of the session that a request's cookie names, None without one or with a forged one.

    The first call of a process asks the database for the key (raises ``DatabaseError``), so none is made on the loop that serves everybody.
    """
    value = HTTPConnection(scope).cookies.get(_name(scope), "")
    if not value:
        return None
    try:
        return session_id_of(signer().unsign(value).decode())
    except (BadSignature, UnicodeDecodeError):
        return None


def has_cookie(scope: Scope) -> bool:
    """Tell whether a request carries a cookie under the name of ours, good or forged."""
    return bool(HTTPConnection(scope).cookies.get(_name(scope)))


def set_cookie(answer: Response, scope: Scope, secret: str, *, seconds: int | None = None) -> None:
    """Give the browser the cookie of a session; it goes with the browser unless it is to last ``seconds``."""
    secure = is_secure(scope)
    value = signer().sign(secret).decode()
    answer.set_cookie(_name(scope), value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax")


def clear_cookie(answer: Response, scope: Scope) -> None:
    """Take the cookie away."""
    answer.delete_cookie(_name(scope), path="/", secure=is_secure(scope), httponly=True, samesite="lax")


def source_address(scope: Scope) -> str | None:
    """Return the address that a request comes from, as the server (or the gateway on this machine) tells it."""
    client = scope.get("client")
    return str(client[0]) if client else None
