import ast
import re
from pathlib import Path

import pytest

from dashboard.services.common.addresses import FILTERS, AddressError, PageAddress, known_parameters, parse_address
from dashboard.settings import PROJECT
from dashboard.topics import PAGES, Group
from dashboard.ui.frame.filters import LABELS

_KEYED = re.compile(r"\b(?:choice|segments|slider|resource_choice|basis_choice|Sections(?:\[[^]]*\])?)\(\s*\"(\w+)\"")
_PUT = re.compile(r"\bput\(([^)]*)\)")


def _sources(page: str) -> list[str]:
    files = sorted((PROJECT / "dashboard" / "ui" / page).rglob("*.py"))
    assert files, page
    return [file.read_text(encoding="utf-8") for file in files]


def test_every_page_but_the_meeting_itself_can_be_linked_to() -> None:
    linked = {page.name for page in PAGES if known_parameters(page.name)}
    assert linked == {page.name for page in PAGES if page.group is not Group.ADMINISTRATION} - {"meeting"}
    assert tuple(LABELS) == FILTERS


@pytest.mark.parametrize("page", ["resources", "utilisation", "referrals", "performance", "insurance"])
def test_a_topic_declares_the_choices_that_its_page_draws(page: str) -> None:
    drawn = {name for text in _sources(page) for name in _KEYED.findall(text)}
    declared = next(entry for entry in PAGES if entry.name == page)
    assert drawn, "a page of choices draws some of them"
    assert drawn <= set(declared.choices)


@pytest.mark.parametrize("page", ["performance", "insurance", "referrals", "meeting"])
def test_a_topic_declares_what_its_page_writes_into_the_address(page: str) -> None:
    written = {name for text in _sources(page) for call in _PUT.findall(text) if "{" not in call for name in re.findall(r"(\w+)=", call)}
    declared = next(entry for entry in PAGES if entry.name == page)
    assert written
    assert written <= set(declared.written)


def _touches_the_address(file: Path) -> bool:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return any(
        isinstance(node, ast.Attribute) and node.attr == "query_params" and isinstance(node.value, ast.Name) and node.value.id == "st"
        for node in ast.walk(tree)
    )


def test_one_module_reads_and_writes_the_address() -> None:
    touching = {
        file.relative_to(PROJECT / "dashboard").as_posix() for file in (PROJECT / "dashboard").rglob("*.py") if _touches_the_address(file)
    }
    # The language is read before anything else can be: the address module itself speaks it.
    assert touching == {"ui/kit/address.py", "ui/kit/i18n.py"}


def test_no_choice_of_one_page_is_written_by_hand_on_the_same_page() -> None:
    for page in PAGES:
        assert len(set(page.parameters)) == len(page.parameters), page.name
        assert set(page.documents) <= set(page.written)


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
