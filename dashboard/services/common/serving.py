"""Whether the settings of sign-in may stand for the address that a server listens on."""

import ipaddress

from dashboard.errors import ProductError
from dashboard.language import marked
from dashboard.settings import settings

_SECRET_LENGTH = 32


class ServingError(ProductError):
    """The server does not start: it would let in people that it should not."""


def is_loopback(address: str) -> bool:
    """Tell whether only this machine reaches ``address``."""
    if address in ("localhost", "ip6-localhost"):
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def url_of(address: str, port: int) -> str:
    """Return what a browser types to reach a server; IPv6 in brackets."""
    return f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"


def check_serving(address: str) -> None:
    """Raise ``ServingError`` when the server may not listen on ``address`` with its settings of sign-in."""
    chosen = settings()
    if chosen.sign_in == "none" and not is_loopback(address) and not chosen.open_to_all:
        raise ServingError(
            marked("没有登录的服务只能监听本机：别的电脑打开就能看到全部内容"),
            marked("请设置 SIGN_IN=local 或 oidc（见 docs/security.md）；确实要对所有人开放时加 --open"),
            where=address,
        )
    if chosen.sign_in == "oidc" and not chosen.oidc_providers:
        raise ServingError(marked("SIGN_IN=oidc 没有身份提供方"), marked("请设置 OIDC_PROVIDERS（见 docs/security.md）"))
    if chosen.sign_in == "proxy":
        if not is_loopback(address):
            raise ServingError(
                marked("SIGN_IN=proxy 只能监听本机：别处可以伪造网关的身份"),
                marked("请用 --address 127.0.0.1，由同一台机器上的网关转发"),
                where=address,
            )
        if len(chosen.proxy_secret.get_secret_value()) < _SECRET_LENGTH:
            raise ServingError(
                marked("SIGN_IN=proxy 需要与网关共用的密钥，至少 {length} 个字符"),
                marked("请设置 PROXY_SECRET，并让网关在每个请求里带上它"),
                length=_SECRET_LENGTH,
            )
