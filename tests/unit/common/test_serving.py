"""What a server may listen on with which sign-in."""

from collections.abc import Iterator

import pytest

from dashboard.services.common.serving import ServingError, check_serving, is_loopback
from dashboard.settings import settings


@pytest.fixture(autouse=True)
def _own_settings() -> Iterator[None]:
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.parametrize("address", ["127.0.0.1", "127.5.5.5", "::1", "[::1]", "localhost"])
def test_this_machine_alone(address: str) -> None:
    assert is_loopback(address)
    check_serving(address)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "10.1.2.3", "dash.county.example"])
def test_without_sign_in_nothing_listens_beyond_unless_said(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_loopback(address)
    with pytest.raises(ServingError, match="只能监听本机"):
        check_serving(address)
    monkeypatch.setenv("OPEN_TO_ALL", "true")
    settings.cache_clear()
    check_serving(address)


def test_own_accounts_may_be_served_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGN_IN", "local")
    check_serving("0.0.0.0")


def test_a_provider_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGN_IN", "oidc")
    with pytest.raises(ServingError, match="没有身份提供方"):
        check_serving("127.0.0.1")


@pytest.mark.parametrize(
    ("address", "secret", "words"), [("0.0.0.0", "s" * 40, "只能监听本机"), ("127.0.0.1", "short", "至少 32"), ("127.0.0.1", "", "至少 32")]
)
def test_a_gateway_must_be_on_this_machine_and_share_a_secret(
    address: str, secret: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGN_IN", "proxy")
    monkeypatch.setenv("PROXY_SECRET", secret)
    with pytest.raises(ServingError, match=words):
        check_serving(address)
    monkeypatch.setenv("PROXY_SECRET", "s" * 40)
    settings.cache_clear()
    check_serving("127.0.0.1")
