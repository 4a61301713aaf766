"""The addresses of signing in and out, answered before Streamlit: password, first password, device token, providers, state of a session."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from anyio import to_thread
from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from dashboard.catalogue.roles import PasswordError
from dashboard.errors import ProductError
from dashboard.services.common.identity import end_session, ending_of, living_session
from dashboard.services.common.signing_in import (
    Answer,
    Visitor,
    account_of_ticket,
    begin,
    begin_device,
    change_password,
    ticket,
    try_password,
    unknown_identity,
    welcome,
    whom_to_ask,
)
from dashboard.services.common.workspace import current_workspace
from dashboard.settings import settings
from dashboard.ui.frame.cookie import clear_cookie, session_id_in, set_cookie, source_address
from dashboard.ui.frame.proxy import WAY, account_by_proxy
from dashboard.ui.frame.sign_in_page import Words, language_of, look, safe_return, script, sign_in_page
from dashboard.workspace.sessions import Session

if TYPE_CHECKING:
    from dashboard.ui.frame.door import Finder
    from dashboard.ui.frame.providers import Providers

_Result = TypeVar("_Result")
_LOCAL = "local"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
}
_MOST_BYTES = 64 * 1024


async def _run(function: Callable[..., _Result], *arguments: object, **named: object) -> _Result:
    """Run what asks a database or hashes a password beside the loop that serves everybody."""
    return await to_thread.run_sync(partial(function, *arguments, **named))


async def _living(request: Request) -> Session | None:
    """Return the living session of a request's cookie, None without one."""
    session_id = await _run(session_id_in, request.scope)
    return await _run(living_session, session_id) if session_id else None


def _visitor(request: Request) -> Visitor:
    return Visitor(source_address(request.scope), request.headers.get("user-agent", ""))


def _page(kind: str, words: Words, status: int = 200) -> HTMLResponse:
    return HTMLResponse(sign_in_page(kind, words), status_code=status, headers=HEADERS)


def _go(address: str) -> RedirectResponse:
    return RedirectResponse(address, status_code=303, headers={"Cache-Control": "no-store"})


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


class SignIn:
    """The sign-in of one server: ``closed`` is told of every session that ends here, so that its other tabs close.

    ``find`` says whose session a request has, as the door asks: whom the door would send here is never sent back to it unchanged.
    """

    def __init__(self, closed: Callable[[str], None], find: "Finder") -> None:
        self._closed = closed
        self._find = find
        self._providers = _providers()

    def application(self) -> Starlette:
        """Return the addresses below ``/sign-in`` and ``/sign-out``."""
        routes = [
            Route("/sign-in", self._ask, methods=["GET"]),
            Route("/sign-in", self._try, methods=["POST"]),
            Route("/sign-in/password", self._ask_password, methods=["GET"]),
            Route("/sign-in/password", self._new_password, methods=["POST"]),
            Route("/sign-in/device", self._ask_device, methods=["GET"]),
            Route("/sign-in/device", self._device, methods=["POST"]),
            Route("/sign-in/state", self._state, methods=["GET"]),
            Route("/sign-in/look.css", _file(look, "text/css"), methods=["GET"]),
            Route("/sign-in/page.js", _file(script, "text/javascript"), methods=["GET"]),
            Route("/sign-out", self._out, methods=["POST"]),
        ]
        if self._providers is not None:
            routes.append(Route("/sign-in/with/{provider}", partial(self._to_provider, self._providers), methods=["GET"]))
            routes.append(Route("/sign-in/callback/{provider}", partial(self._from_provider, self._providers), methods=["GET"]))
        around = self._providers.middleware() if self._providers is not None else []
        return Starlette(routes=routes, middleware=around, exception_handlers={ProductError: _away})

    def _words(self, language: str, back: str, told: str = "", *, account: str = "") -> Words:
        """Return what the sign-in page says."""
        providers = self._providers.links(back) if self._providers is not None else ()
        return Words(language, back, told, providers=providers, with_password=settings().sign_in == _LOCAL, account=account)

    # Passwords ---------------------------------------------------------------------------------------------------------

    async def _ask(self, request: Request) -> Response:
        back = safe_return(request.query_params.get("next"))
        if await self._find(request.scope) is not None:
            return _go(back)
        told = request.query_params.get("told", "")
        if settings().sign_in == "proxy" and not told:
            return await self._from_proxy(request, back)
        return await _run(_page, "sign_in", self._words(language_of(request.query_params.get("lang")), back, told))

    async def _try(self, request: Request) -> Response:
        form = await _form(request)
        language, back = language_of(_text(form, "lang")), safe_return(_text(form, "next"))
        account, password, workspace = _text(form, "account").strip(), _text(form, "password"), await _run(current_workspace)
        if settings().sign_in != _LOCAL:
            return PlainTextResponse("", status_code=404)
        answer = await _run(try_password, workspace, account, password, _visitor(request))
        if answer is Answer.WELCOME:
            return await self._begun(request, await _run(begin, workspace, account, _LOCAL, _visitor(request)), back)
        if answer in (Answer.NEW_PASSWORD, Answer.OLD_PASSWORD):
            told = "first" if answer is Answer.NEW_PASSWORD else "old"
            words = Words(language, back, told, account=account, ticket=await _run(ticket, workspace, account))
            return await _run(_page, "password", words)
        if answer is Answer.NO_GRANT:
            return await self._unknown(request, account, language)
        told = "paused" if answer is Answer.PAUSED else "failed"
        return await _run(_page, "sign_in", self._words(language, back, told, account=account), 429 if told == "paused" else 401)

    async def _ask_password(self, request: Request) -> Response:
        living = await _living(request)
        if living is None or living.way != _LOCAL:
            return _go("/sign-in")
        words = Words(language_of(request.query_params.get("lang")), "/", account=living.account_id, current=True)
        return await _run(_page, "password", words)

    async def _new_password(self, request: Request) -> Response:
        """Set a new password: a first one with its ticket, one's own with the present one."""
        form, workspace = await _form(request), await _run(current_workspace)
        language, back = language_of(_text(form, "lang")), safe_return(_text(form, "next"))
        given, new = _text(form, "ticket"), _text(form, "new")
        account = await self._who_changes(request, form)
        if account is None:
            told = "late" if given else "failed"
            return await _run(_page, "sign_in", self._words(language, back, told), 401)
        words = Words(language, back, account=account, ticket=given, current=not given)
        if new != _text(form, "again"):
            return await _run(_page, "password", _telling(words, "unlike"), 400)
        try:
            await _run(change_password, workspace, account, new)
        except PasswordError as error:
            return await _run(_page, "password", _telling(words, "unfit", error.what(language)), 400)
        if await _run(welcome, workspace, account) is not Answer.WELCOME:
            return await self._unknown(request, account, language)
        return await self._begun(request, await _run(begin, workspace, account, _LOCAL, _visitor(request)), back)

    async def _who_changes(self, request: Request, form: FormData) -> str | None:
        """Return whose password is to be changed: the ticket's account, or who is signed in and gives the present password."""
        workspace = await _run(current_workspace)
        if settings().sign_in != _LOCAL:
            return None
        if _text(form, "ticket"):
            return await _run(account_of_ticket, workspace, _text(form, "ticket"))
        living = await _living(request)
        if living is None or living.way != _LOCAL:
            return None
        answer = await _run(try_password, workspace, living.account_id, _text(form, "current"), _visitor(request))
        proved = (Answer.WELCOME, Answer.NEW_PASSWORD, Answer.OLD_PASSWORD)
        return living.account_id if answer in proved else None

    # Devices -----------------------------------------------------------------------------------------------------------

    async def _ask_device(self, request: Request) -> Response:
        return await _run(_page, "device", Words(language_of(request.query_params.get("lang")), "/cockpit"))

    async def _device(self, request: Request) -> Response:
        form = await _form(request)
        begun = await _run(begin_device, await _run(current_workspace), _text(form, "token").strip(), _visitor(request))
        if isinstance(begun, Answer):
            told, status = ("paused", 429) if begun is Answer.PAUSED else ("token", 401)
            return await _run(_page, "device", Words(language_of(_text(form, "lang")), "/cockpit", told), status)
        secret, seconds = begun
        return await self._begun(request, secret, "/cockpit", seconds=seconds)

    # Providers ---------------------------------------------------------------------------------------------------------

    async def _to_provider(self, providers: "Providers", request: Request) -> Response:
        return await providers.ask(request, safe_return(request.query_params.get("next")))

    async def _from_provider(self, providers: "Providers", request: Request) -> Response:
        known = await providers.hear(request)
        if known is None:
            return _go("/sign-in?told=provider")
        workspace, back = await _run(current_workspace), safe_return(known.back)
        if await _run(welcome, workspace, known.account_id) is not Answer.WELCOME:
            return await self._unknown(request, known.account_id, "en" if "lang=en" in back else "zh")
        begun = await _run(begin, workspace, known.account_id, known.way, _visitor(request), provider_token=known.token)
        return await self._begun(request, begun, back)

    async def _from_proxy(self, request: Request, back: str) -> Response:
        """Begin a session for whom the gateway names."""
        workspace, account = await _run(current_workspace), account_by_proxy(request.scope)
        language = language_of(request.query_params.get("lang"))
        if account is None:
            return PlainTextResponse("请从县里的入口打开。\nPlease open this through your organisation's gateway.", status_code=403)
        if await _run(welcome, workspace, account) is not Answer.WELCOME:
            return await self._unknown(request, account, language)
        return await self._begun(request, await _run(begin, workspace, account, WAY, _visitor(request)), back)

    # Sessions ----------------------------------------------------------------------------------------------------------

    async def _begun(self, request: Request, secret: str, back: str, *, seconds: int | None = None) -> Response:
        """Send somebody who has just signed in to where they wanted, with a cookie of their own; an older session of the browser ends."""
        older = await _run(session_id_in, request.scope)
        if older:
            await _run(end_session, older, "out", address=source_address(request.scope))
            self._closed(older)
        answer = _go(back)
        await _run(set_cookie, answer, request.scope, secret, seconds=seconds)
        return answer

    async def _unknown(self, request: Request, account: str, language: str) -> Response:
        workspace = await _run(current_workspace)
        await _run(unknown_identity, workspace, account, _visitor(request))
        words = Words(language, "/", account=account, whom=await _run(whom_to_ask, workspace))
        return await _run(_page, "unknown", words, 403)

    async def _state(self, request: Request) -> Response:
        """Say whether the session of the cookie lives, else how it ended: an open page asks every few seconds, which is no use of it."""
        session_id, headers = await _run(session_id_in, request.scope), {"Cache-Control": "no-store"}
        if await self._find(request.scope) is not None:
            return Response(status_code=204, headers=headers)
        return JSONResponse({"told": await _run(ending_of, session_id) if session_id else ""}, status_code=401, headers=headers)

    async def _out(self, request: Request) -> Response:
        """End the session everywhere, and say where to go: to the provider's own sign-out, or to the sign-in page."""
        session_id = await _run(session_id_in, request.scope)
        ended = await _run(end_session, session_id, "out", address=source_address(request.scope)) if session_id else None
        address = "/sign-in?told=out"
        if session_id:
            self._closed(session_id)
        if ended is not None and self._providers is not None:
            address = await self._providers.sign_out(request, ended) or address
        answer = JSONResponse({"go": address}, headers={"Cache-Control": "no-store"})
        await _run(clear_cookie, answer, request.scope)
        return answer


def _providers() -> "Providers | None":
    """Return the providers of the settings; without any their library is not even imported."""
    chosen = settings()
    if not chosen.oidc_providers or chosen.sign_in not in ("oidc", _LOCAL):
        return None
    from dashboard.ui.frame.providers import Providers

    return Providers(chosen.oidc_providers)


def _telling(words: Words, told: str, detail: str = "") -> Words:
    return Words(words.language, words.back, told, words.account, words.ticket, detail, current=words.current)


async def _form(request: Request) -> FormData:
    """Return a form of bounded size; an empty one for anything else."""
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > _MOST_BYTES or "urlencoded" not in request.headers.get("content-type", ""):
        return FormData()
    return await request.form()


async def _away(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ProductError)
    return PlainTextResponse(f"{error.text()}\n{error.text('en')}", status_code=503, headers={"Cache-Control": "no-store"})


def _file(read: Callable[[], str], media_type: str) -> Callable[[Request], Awaitable[Response]]:
    async def answered(_request: Request) -> Response:
        return Response(read(), media_type=media_type, headers={"Cache-Control": "public, max-age=3600"})

    return answered
