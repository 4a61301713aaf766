"""Roles and the rules of passwords: ``roles.yaml`` and ``passwords.yaml``."""

import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from dashboard.catalogue.loader import CATALOGUE_FOLDER, read_entries, read_entry
from dashboard.catalogue.models import Entry, Named
from dashboard.errors import ProductError
from dashboard.language import marked

Reach = Literal["county", "communities", "institutions", "nothing"]
PageRight = Literal["business", "people", "audit", "cockpit"]
Act = Literal["write", "approve", "freeze", "people", "confirm", "audit", "load", "submit"]


class Role(Named):
    """What holders of a role may open and do; the fields are explained at the head of ``roles.yaml``."""

    reach: Reach
    pages: tuple[PageRight, ...]
    sections: Literal["every", "granted"]
    acts: tuple[Act, ...]
    apart: bool = False
    device: bool = False


class PasswordRules(Entry):
    """What a password must be, and how many attempts are allowed in how long; lengths in characters."""

    minimum_length: int = Field(ge=8, le=64)
    maximum_length: int = Field(ge=64, le=1024)
    kinds: int = Field(ge=1, le=4)
    first_minimum_length: int = Field(ge=8, le=64)
    changed_every_days: int = Field(ge=0, le=3650)
    attempts: int = Field(ge=3, le=20)
    pause_minutes: int = Field(ge=5, le=24 * 60)
    attempts_per_address: int = Field(ge=10, le=10_000)
    forbidden: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _small_letters(self) -> "PasswordRules":
        if any(word != word.casefold() or not word for word in self.forbidden):
            raise ValueError("forbidden_words")
        return self

    def check(self, password: str, account: str, *, first: bool = False) -> None:
        """Raise ``PasswordError`` unless ``password`` may be that of ``account``.

        ``first``: set by somebody else for one sign-in; only its length is asked for, its owner replaces it at once.
        """
        least = self.first_minimum_length if first else self.minimum_length
        if not least <= len(password) <= self.maximum_length:
            raise PasswordError(
                marked("密码的长度要在 {least} 到 {most} 个字符之间"), marked("请换一个密码"), least=least, most=self.maximum_length
            )
        if first:
            return
        if len(_kinds(password)) < self.kinds:
            raise PasswordError(
                marked("密码至少要包含小写字母、大写字母、数字、其他字符中的 {kinds} 类"), marked("请换一个密码"), kinds=self.kinds
            )
        folded = password.casefold()
        if account.casefold() in folded or any(word in folded for word in self.forbidden):
            raise PasswordError(marked("密码里有账号或常见的词"), marked("请换一个密码"))


class PasswordError(ProductError):
    """A password is not good enough; the words say why."""


def _kinds(password: str) -> set[str]:
    """Return which kinds of characters occur: small letters, capitals, digits, anything else."""
    named = {"Ll": "small", "Lu": "capital", "Nd": "digit"}
    return {named.get(unicodedata.category(character), "other") for character in password}


@cache
def roles(folder: Path = CATALOGUE_FOLDER) -> Mapping[str, Role]:
    """Return the roles by their code. Raises ``CatalogueError``."""
    return read_entries(Role, folder / "roles.yaml")


@cache
def password_rules(folder: Path = CATALOGUE_FOLDER) -> PasswordRules:
    """Return ``passwords.yaml``. Raises ``CatalogueError``."""
    return read_entry(PasswordRules, folder / "passwords.yaml")
