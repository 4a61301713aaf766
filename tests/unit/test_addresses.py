import re

import pytest

from dashboard.services.addresses import FILTERS, PARAMETERS, AddressError, PageAddress, known_parameters, parse_address
from dashboard.settings import PROJECT
from dashboard.ui.filters import LABELS
from dashboard.ui.navigation import PAGES

_BOUND = re.compile(r'key="(\w+)", bind="query-params"|\b(?:choice|segments|resource_choice|basis_choice)\(\s*"(\w+)"')


def test_every_page_but_the_meeting_itself_can_be_linked_to() -> None:
    assert set(PARAMETERS) == {entry.name for entry in PAGES} - {"meeting"}
    assert tuple(LABELS) == FILTERS


@pytest.mark.parametrize("page", ["resources", "utilisation", "referrals"])
def test_what_a_page_writes_into_its_address_is_known(page: str) -> None:
    found = set()
    for file in (PROJECT / "dashboard" / "ui").glob(f"{page}*.py"):
        found |= {first or second for first, second in _BOUND.findall(file.read_text(encoding="utf-8"))}
    assert found <= set(known_parameters(page))


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("/", PageAddress("overview")),
        ("/referrals?month=2025-04&flow=claims", PageAddress("referrals", (("month", "2025-04"), ("flow", "claims")))),
        ("http://10.0.0.8:8501/resources/?section=%E5%85%AC%E5%B9%B3%E6%80%A7", PageAddress("resources", (("section", "公平性"),))),
        ("https://county.example/health/insurance?plan=abc", PageAddress("insurance", (("plan", "abc"),))),
        ("/referrals?month=2025-04&evil=1&embed_options=x", PageAddress("referrals", (("month", "2025-04"),))),
        ("/referrals?month=2025-04&month=2025-05", PageAddress("referrals", (("month", "2025-05"),))),
    ],
)
def test_links_of_the_product_are_read(link: str, expected: PageAddress) -> None:
    address = parse_address(link)
    assert address == expected
    assert parse_address(address.text()) == address


@pytest.mark.parametrize(
    "link",
    [
        "",
        "referrals",
        "/nowhere",
        "/meeting?agenda=x",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://host/referrals",
        "http://[",
        "/" + "a" * 30_000,
        "/referrals?" + "&".join(f"a{n}=1" for n in range(100)),
    ],
)
def test_what_is_no_link_of_the_product_is_refused(link: str) -> None:
    with pytest.raises(AddressError):
        parse_address(link)


def test_other_hosts_are_refused_where_the_own_is_known() -> None:
    assert parse_address("http://own:8501/referrals", hosts={"own:8501"}).page == "referrals"
    for link in ("http://evil.example/referrals", "//evil.example/referrals", "http://own:8501@evil.example/referrals"):
        with pytest.raises(AddressError):
            parse_address(link, hosts={"own:8501"})


def test_values_that_no_control_could_have_written_are_dropped() -> None:
    assert parse_address(f"/referrals?group={'x' * 201}&measure=a%0Ab&care=inpatient").parameters == (("care", "inpatient"),)
    assert parse_address(f"/insurance?plan={'x' * 16_001}").parameters == ()


def test_a_host_never_survives() -> None:
    assert parse_address("http://evil.example/referrals?month=2025-04").text() == "/referrals?month=2025-04"


def test_parameters_can_be_read_and_replaced() -> None:
    address = parse_address("/referrals?month=2025-04&flow=claims").updated({"month": "2025-05", "grain": "ytd"})
    assert (address.get("month"), address.get("grain"), address.get("level")) == ("2025-05", "ytd", "")
