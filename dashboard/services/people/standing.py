"""Who may what now: people with their grant, what waits for a second person, tokens, living sessions; and the words for each."""

import datetime
from dataclasses import dataclass
from enum import StrEnum

from dashboard import formatting
from dashboard.catalogue.roles import Role, roles
from dashboard.errors import ProductError
from dashboard.language import marked, translate
from dashboard.services.common.cache import current_database
from dashboard.services.common.clock import today
from dashboard.services.common.directory import directory
from dashboard.services.common.identity import idle
from dashboard.store.scope import COUNTY
from dashboard.workspace import Workspace
from dashboard.workspace.accounts import Account, Grant, Token, in_force
from dashboard.workspace.sessions import Session

SOON_DAYS = 60


class Standing(StrEnum):
    """How a person stands: valid, ending within two months, waiting for a second person, without a grant, disabled."""

    VALID = "valid"
    SOON = "soon"
    WAITING = "waiting"
    NONE = "none"
    DISABLED = "disabled"


@dataclass(frozen=True)
class PersonStanding:
    """One account: its grant in force (None: none), the newest it ever had, and one that waits for a second person."""

    account: Account
    grant: Grant | None
    newest: Grant | None
    waiting: Grant | None
    role: Role | None
    standing: Standing


@dataclass(frozen=True)
class People:
    """Everything the page shows: people and devices, what waits, tokens newest first, sessions last used first, policy version."""

    people: tuple[PersonStanding, ...]
    tokens: tuple[Token, ...]
    sessions: tuple[Session, ...]
    policy_version: int

    @property
    def waiting(self) -> tuple[PersonStanding, ...]:
        """Those with a grant that waits for a second person."""
        return tuple(each for each in self.people if each.waiting)

    def named(self, account_id: str) -> str:
        """Return the name of an account; the account itself for one that is none (of the command line)."""
        return next((each.account.name for each in self.people if each.account.account_id == account_id), account_id)


def _standing(account: Account, grant: Grant | None, waiting: Grant | None, day: datetime.date) -> Standing:
    if account.disabled_at is not None:
        return Standing.DISABLED
    if waiting is not None:
        return Standing.WAITING
    if grant is None:
        return Standing.NONE
    soon = grant.ends_on is not None and (grant.ends_on - day).days <= SOON_DAYS
    return Standing.SOON if soon else Standing.VALID


def people(workspace: Workspace) -> tuple[PersonStanding, ...]:
    """Return every account with how it stands today, in the order in which they were added."""
    day = today()
    granted: dict[str, list[Grant]] = {}
    for each in workspace.accounts.grants():
        granted.setdefault(each.account_id, []).append(each)
    found = []
    for account in workspace.accounts.all():
        own = granted.get(account.account_id, [])
        grant = None if account.disabled_at else in_force(own, day)
        waiting = next((each for each in reversed(own) if each.waiting), None)
        newest = own[-1] if own else None
        role = roles().get(grant.role) if grant else None
        found.append(PersonStanding(account, grant, newest, waiting, role, _standing(account, grant, waiting, day)))
    return tuple(found)


def everything(workspace: Workspace) -> People:
    """Return what the page shows. Raises ``DatabaseError`` when the workspace cannot be read."""
    accounts = workspace.accounts
    return People(people(workspace), accounts.tokens(), workspace.sessions.living(idle()), accounts.policy_version())


def names_of_codes() -> dict[str, str]:
    """Return the short names of communities and institutions by code; empty without a database."""
    try:
        known = directory(current_database(COUNTY))
    except ProductError:
        return {}
    communities = {each.code: each.short_name for each in known.ordered}
    return communities | {str(code): str(name) for code, name in known.institutions["short_name"].items()}


def words_of_scope(grant: Grant | None, language: str) -> str:
    """Return where a grant holds, in words."""
    if grant is None:
        return "—"
    role = roles().get(grant.role)
    if role is not None and role.reach == "nothing":
        return translate(marked("不看业务"), language)
    names = names_of_codes()
    codes = [*(grant.communities or ()), *(grant.institutions or ())]
    return translate(marked("、"), language).join(names.get(code, code) for code in codes) or translate(marked("全县"), language)


def words_of_state(person: PersonStanding, language: str) -> str:
    """Return how a person stands, in words."""
    if person.standing is Standing.SOON and person.grant is not None and person.grant.ends_on is not None:
        return translate(marked("{day} 到期"), language, day=formatting.day(person.grant.ends_on, language))
    return translate(STANDING_WORDS[person.standing], language)


STANDING_WORDS = {
    Standing.VALID: marked("有效"),
    Standing.SOON: marked("快到期"),
    Standing.WAITING: marked("等第二人确认"),
    Standing.NONE: marked("没有授权"),
    Standing.DISABLED: marked("已停用"),
}


def words_of_token(token: Token, language: str) -> str:
    """Return how long a token holds and when it was used last, in words."""
    now = datetime.datetime.now(datetime.UTC)
    if token.revoked_at is not None:
        state = translate(marked("已撤销"), language)
    elif token.expires_at <= now:
        state = translate(marked("已到期"), language)
    else:
        state = translate(marked("{day} 到期"), language, day=formatting.moment(token.expires_at))
    if token.used_at is None:
        return f"{state} · {translate(marked('没有用过'), language)}"
    return f"{state} · {translate(marked('最近使用 {when}'), language, when=formatting.moment(token.used_at))}"
