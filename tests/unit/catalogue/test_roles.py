"""Roles and the rules of passwords as they stand in the catalogue, and files that must be refused."""

from pathlib import Path

import pytest

from dashboard.catalogue.roles import PasswordError, PasswordRules, password_rules, roles
from dashboard.errors import CatalogueError


def test_administrators_are_kept_apart_and_see_no_figures() -> None:
    apart = {code for code, role in roles().items() if role.apart}
    assert apart == {"system", "security", "auditor"}
    for code in apart:
        assert (roles()[code].reach, "business" in roles()[code].pages) == ("nothing", False)
    assert [code for code, role in roles().items() if "people" in role.acts] == ["security"]
    assert [code for code, role in roles().items() if "audit" in role.acts] == ["auditor"]


def test_a_device_only_reads_the_cockpit() -> None:
    (device,) = [role for role in roles().values() if role.device]
    assert (device.pages, device.acts, device.sections) == (("cockpit",), (), "granted")
    assert (device.label("zh"), device.label("en")) == ("驾驶舱设备", "Cockpit device")


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("Short-1", "长度"),
        ("x" * 129, "长度"),
        ("onlysmallletters", "3 类"),
        ("only-small-letters", "3 类"),
        ("Zhangsan-2026", "账号"),
        ("My-Passw0rd-1", "常见"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(password: str, words: str) -> None:
    with pytest.raises(PasswordError, match=words):
        password_rules().check(password, "zhangsan")


@pytest.mark.parametrize("password", ["Median-River-10", "河流Median-10", "abcDEF123456789x".replace("123456", "")])
def test_a_good_password_is_taken(password: str) -> None:
    password_rules().check(password, "zhangsan")


def test_a_first_password_only_has_to_be_long_enough() -> None:
    password_rules().check("abcdefgh", "zhangsan", first=True)
    with pytest.raises(PasswordError, match="长度"):
        password_rules().check("abcdefg", "zhangsan", first=True)


def test_forbidden_words_are_written_small(tmp_path: Path) -> None:
    rules = password_rules().model_dump()
    assert PasswordRules(**rules) == password_rules()
    text = "\n".join(f"{name}: {value}" for name, value in rules.items() if name != "forbidden")
    for word in ("Admin", '""'):
        (tmp_path / "passwords.yaml").write_text(f"{text}\nforbidden: [{word}]\n", encoding="utf-8")
        password_rules.cache_clear()
        with pytest.raises(CatalogueError, match="小写"):
            password_rules(tmp_path)
    password_rules.cache_clear()
