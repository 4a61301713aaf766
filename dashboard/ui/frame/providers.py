"""OpenID Connect providers: code flow with PKCE through Authlib, several side by side, sign-out at the provider too."""

import logging
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

import httpx
from anyio import to_thread
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from joserfc.errors import JoseError
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.errors import ProductError
from dashboard.services.common.workspace import current_workspace
from dashboard.settings import Provider, settings
from dashboard.ui.frame.cookie import is_secure
from dashboard.workspace.sessions import Session

logger = logging.getLogger("dashboard")

_STATE_SECONDS = 600
_WAIT_SECONDS = 10.0
_BACK = "back"
WAY = "oidc:"


@dataclass(frozen=True)
class Known:
    """Whom a provider vouches for: the account, the way, its token (given back when signing out), and where to lead back to."""

    account_id: str
    way: str
    token: str | None
    back: str


class Providers:
    """The providers of ``OIDC_PROVIDERS``.

    With ``SIGN_IN=oidc`` the claim of the first is the account as it is; an account of another provider is ``name:claim``, and a claim of
    the first that reads like one of another is refused, so that two providers can never vouch for the same account. Beside ``local``
    accounts every provider's are written ``name:claim``.
    """

    def __init__(self, providers: tuple[Provider, ...]) -> None:
        self._providers = {each.name: each for each in providers}

    @cached_property
    def _clients(self) -> OAuth:
        clients = OAuth()
        for each in self._providers.values():
            clients.register(
                each.name,
                server_metadata_url=each.server_metadata_url,
                client_id=each.client_id,
                client_secret=each.client_secret.get_secret_value() if each.client_secret else None,
                client_kwargs={"scope": each.scope, "code_challenge_method": "S256", "timeout": _WAIT_SECONDS},
            )
        return clients

    def middleware(self) -> list[Middleware]:
        """Return what keeps the state of a round trip: a short signed cookie, for the addresses of the providers only."""
        return [Middleware(_StateCookie)] if self._providers else []

    def links(self, back: str) -> tuple[tuple[str, str], ...]:
        """Return address and title of each provider's button."""
        return tuple((f"/sign-in/with/{each.name}?next={quote(back, safe='')}", each.title) for each in self._providers.values())

    async def ask(self, request: Request, back: str) -> Response:
        """Send the browser to the provider that the address names."""
        name = request.path_params["provider"]
        if name not in self._providers:
            return PlainTextResponse("没有这个地址。\nThere is no such address.", status_code=404)
        try:
            answer: Response = await self._clients.create_client(name).authorize_redirect(
                request, _address(request, f"/sign-in/callback/{name}")
            )
        except (AuthlibBaseError, JoseError, httpx.HTTPError, ValueError) as error:
            logger.warning("The provider %s did not answer: %r", name, error)
            return PlainTextResponse("身份提供方没有回答，请稍后再试。\nThe identity provider did not answer.", status_code=502)
        request.session[_BACK] = back
        return answer

    async def hear(self, request: Request) -> Known | None:
        """Return whom the provider vouches for, None when it does not, or the round trip was not begun here."""
        name = request.path_params["provider"]
        provider = self._providers.get(name)
        if provider is None:
            return None
        back = str(request.session.pop(_BACK, "/"))
        try:
            token = await self._clients.create_client(name).authorize_access_token(request)
        except (AuthlibBaseError, JoseError, httpx.HTTPError, ValueError) as error:
            logger.warning("No sign-in through %s: %r", name, error)
            return None
        claim = (token.get("userinfo") or {}).get(provider.claim)
        if not isinstance(claim, str) or not claim:
            logger.warning("The provider %s gives no claim %s", name, provider.claim)
            return None
        account = self._account(name, claim)
        return None if account is None else Known(account, f"{WAY}{name}", token.get("id_token"), back)

    def _account(self, name: str, claim: str) -> str | None:
        """Return the account that ``claim`` of a provider is; None for one that another provider's would read like."""
        if settings().sign_in != "oidc" or name != next(iter(self._providers)):
            return f"{name}:{claim}"
        if claim.partition(":")[0] in self._providers and ":" in claim:
            logger.warning("The provider %s claims an account of another: %s", name, claim)
            return None
        return claim

    async def sign_out(self, request: Request, ended: Session) -> str | None:
        """Return the address at which the provider of an ended session signs out too, None where it has none."""
        name = ended.way.removeprefix(WAY)
        if not ended.way.startswith(WAY) or name not in self._providers:
            return None
        client, back = self._clients.create_client(name), _address(request, "/sign-in?told=out")
        try:
            found = await client.create_logout_url(post_logout_redirect_uri=back, id_token_hint=ended.provider_token)
        except (AuthlibBaseError, httpx.HTTPError, RuntimeError, ValueError) as error:
            logger.warning("The provider %s offers no sign-out: %r", name, error)
            return None
        return str(found["url"])


def _address(request: Request, path: str) -> str:
    """Return ``path`` as the browser reaches it."""
    public = settings().public_address
    return f"{public}{path}" if public else f"{request.url.scheme}://{request.url.netloc}{path}"


def _state_key() -> str:
    return current_workspace().accounts.server_key("cookie")


class _StateCookie:
    """Starlette's signed session cookie around the addresses that a round trip to a provider needs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(("/sign-in/with/", "/sign-in/callback/")):
            await self._app(scope, receive, send)
            return
        try:
            key = await to_thread.run_sync(_state_key)
        except ProductError as error:  # it stands around the routes that would say so in their own way
            words = f"{error.text()}\n{error.text('en')}"
            await PlainTextResponse(words, status_code=503, headers={"Cache-Control": "no-store"})(scope, receive, send)
            return
        secured = SessionMiddleware(
            self._app, secret_key=f"state:{key}", session_cookie="county-sign-in", max_age=_STATE_SECONDS, path="/sign-in",
            same_site="lax", https_only=is_secure(scope),
        )  # fmt: skip
        await secured(scope, receive, send)
