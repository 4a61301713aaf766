"""``serve`` and ``api``: the web server with its pages, the read API alone."""

import os
import socket
import sys
from typing import Annotated

import typer

from dashboard.cli.common import Language, LanguageOption, application
from dashboard.errors import DatabaseError
from dashboard.language import marked, translate
from dashboard.settings import PROJECT, settings
from dashboard.store.engine import reporting_engine


def _check_port(address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise DatabaseError(
                marked("端口或地址不能使用"), marked("请换一个端口，例如 --port 8502"), where=f"{address}:{port}"
            ) from error


@application.command(help="启动服务并显示网址。")
def serve(
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, help="端口，默认 8501。")] = None,
    address: Annotated[str | None, typer.Option("--address", help="监听地址，默认只限本机 127.0.0.1。")] = None,
    open_to_all: Annotated[bool, typer.Option("--open", help="没有登录也监听本机以外的地址：任何能连上的人都能看到全部内容。")] = False,
    processes: Annotated[int, typer.Option("--processes", min=1, max=32, help="几个网页进程，端口依次加一；网关见 proxy-config。")] = 1,
    lang: LanguageOption = Language.ZH,
) -> None:
    """Start the server, or several on ports one after the other, and print its address."""
    from dashboard.services.common.serving import check_serving, url_of

    if open_to_all:
        os.environ["OPEN_TO_ALL"] = "true"
        settings.cache_clear()
    chosen_port, chosen_address = port or settings().port, address or settings().address
    check_serving(chosen_address)
    reporting_engine(settings().reporting_database_url).dispose()
    ports = list(range(chosen_port, chosen_port + processes))
    for each in ports:
        _check_port(chosen_address, each)
    typer.echo(translate(marked("服务地址：{url}(按 Ctrl+C 结束)"), lang, url=url_of(chosen_address, chosen_port)))
    sys.stdout.flush()
    # The server takes the place of this process: signals and exit status are its own. Its settings lie in the project folder.
    os.chdir(PROJECT)
    if processes > 1:
        from dashboard.cli.processes import Processes

        Processes(chosen_address, ports).run()
        return
    options = ["--port", str(chosen_port), "--address", chosen_address]
    os.execv(sys.executable, [sys.executable, "-m", "dashboard.ui.frame.server", *options])  # noqa: S606


@application.command(help="打印 nginx 的配置：按自己的 cookie 把浏览器留在同一个进程，转发 WebSocket。")
def proxy_config(
    processes: Annotated[int, typer.Option("--processes", min=1, max=32, help="几个网页进程，与 serve 一致。")] = 1,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, help="第一个进程的端口，默认 8501。")] = None,
    name: Annotated[str, typer.Option("--name", help="浏览器用的名称，例如 dash.county.example。")] = "_",
    listen: Annotated[str, typer.Option("--listen", help="nginx 监听的端口或 地址:端口；有证书时默认 443，否则 80。")] = "",
    certificate: Annotated[str, typer.Option("--certificate", help="证书链文件；不写则不加密。")] = "",
    key: Annotated[str, typer.Option("--key", help="证书的私钥文件。")] = "",
) -> None:
    """Print a configuration of nginx for the web processes."""
    from dashboard.services.operation.proxy import nginx_configuration

    if bool(certificate) != bool(key):
        raise typer.BadParameter("--certificate --key")
    first = port or settings().port
    ports, chosen = range(first, first + processes), listen or ("443" if certificate else "80")
    typer.echo(nginx_configuration(ports, name=name, listen=chosen, certificate=certificate, key=key), nl=False)


@application.command(help="只启动只读接口 /api/v1(独立进程，不带页面)。")
def api(
    address: Annotated[str | None, typer.Option("--address", help="监听的网卡地址；默认只有本机能访问。")] = None,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, help="端口。")] = None,
) -> None:
    """Serve the read API alone."""
    from dashboard.services.common.serving import url_of
    from dashboard.ui.frame.api_server import serve_api

    chosen = settings()
    listening = address or chosen.address
    _check_port(listening, port or chosen.port)
    typer.echo(f"{url_of(listening, port or chosen.port)}/api/v1/openapi.json")
    serve_api(listening, port)
