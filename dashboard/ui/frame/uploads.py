"""Where uploaded files arrive: streamed to disk, into the inbox whose token the page of the same session was told.

It stands beside Streamlit, whose own uploads stay refused: those hold a whole file in memory and ask nobody who sends it.
"""

from anyio import to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboard.errors import PackageError, ProductError
from dashboard.services.common.identity import identity_of
from dashboard.services.data.inbox import Arriving, find_inbox
from dashboard.services.data.loading import may_load, may_submit

PREFIX = "/uploads"
_BLOCK = 2**20


def _told(status: int, error: ProductError) -> Response:
    return PlainTextResponse(f"{error.text()}\n{error.text('en')}", status_code=status, headers={"Cache-Control": "no-store"})


async def receive(request: Request) -> Response:
    """Take one file. It is 403 for who may not upload, 404 for an inbox that is not theirs, 413 or 422 for what is not taken."""
    try:
        reader = await to_thread.run_sync(identity_of, {name.lower(): value for name, value in request.headers.items()})
    except ProductError as error:
        return _told(503, error)
    if reader is None or not (may_load(reader) or may_submit(reader)):
        return PlainTextResponse("您的账号不能上传数据。\nYour account may not upload data.", status_code=403)
    inbox = find_inbox(request.path_params["token"], reader.session)
    if inbox is None:
        return PlainTextResponse("上传区已关闭，请刷新页面。\nThis upload is closed; please reload the page.", status_code=404)
    try:
        with Arriving(inbox, request.path_params["name"]) as arriving:
            waiting = bytearray()
            async for block in request.stream():
                waiting += block
                if len(waiting) >= _BLOCK:
                    await to_thread.run_sync(arriving.write, bytes(waiting))
                    waiting.clear()
            await to_thread.run_sync(arriving.write, bytes(waiting))
    except PackageError as error:
        return _told(422, error)
    except ClientDisconnect:
        return PlainTextResponse("", status_code=400)
    except OSError:
        return PlainTextResponse("磁盘空间不足。\nThere is no room on the disk.", status_code=507)
    return PlainTextResponse("", status_code=201)


def upload_route() -> Route:
    """Return the route that files are put to: ``/uploads/TOKEN/NAME``."""
    return Route(f"{PREFIX}/{{token}}/{{name}}", receive, methods=["PUT"])
