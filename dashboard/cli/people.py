"""``users …``, ``tokens …`` and ``audit …``: accounts, their grants and tokens, the audit trail."""

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli.common import FAILED, Language, LanguageOption, application, operator
from dashboard.language import marked, translate
from dashboard.settings import settings

if TYPE_CHECKING:
    from dashboard.workspace.accounts import GrantRequest

users = typer.Typer(no_args_is_help=True, help="账号与授权：新增、列出、停用、授权、撤销、密码。")
tokens = typer.Typer(no_args_is_help=True, help="令牌：接口和驾驶舱设备用，只显示一次。")
audit = typer.Typer(no_args_is_help=True, help="操作记录：核对校验链、清理到期的记录。")
application.add_typer(users, name="users")
application.add_typer(tokens, name="tokens")
application.add_typer(audit, name="audit")

RoleOption = Annotated[str, typer.Option("--role", help="角色编码，见 data/catalogue/roles.yaml，例如 leader、analyst、community。")]
CommunityOption = Annotated[list[str] | None, typer.Option("--community", help="医共体编码，可重复；不写为全县。")]
InstitutionOption = Annotated[list[str] | None, typer.Option("--institution", help="机构编码，可重复。")]
SectionOption = Annotated[list[str] | None, typer.Option("--section", help="敏感栏目，可重复，例如 finance。")]
UntilOption = Annotated[datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="授权到这一天为止(含当日)。")]
FromOption = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="授权自这一天起，默认今天。")]
ReasonOption = Annotated[str, typer.Option("--reason", help="理由，记入操作记录。")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="账号；用身份提供方登录时是它给的标识。")]


def _request(
    role: str, community: list[str] | None, institution: list[str] | None, section: list[str] | None,
    begins: datetime | None, until: datetime | None, reason: str,
) -> "GrantRequest":  # fmt: skip
    from dashboard.workspace.accounts import GrantRequest

    communities, institutions, sections = (tuple(each) if each else None for each in (community, institution, section))
    starts_on, ends_on = (moment.date() if moment else None for moment in (begins, until))
    return GrantRequest(role, communities, institutions, sections, starts_on, ends_on, reason)


def _given_password(from_stdin: bool) -> str | None:
    return sys.stdin.readline().rstrip("\r\n") if from_stdin else None


@users.command("add", help="新增一个账号并授权，立即生效；首次密码登录后必须更换。")
def add_user(
    name: NameArgument,
    role: RoleOption,
    community: CommunityOption = None,
    institution: InstitutionOption = None,
    section: SectionOption = None,
    shown: Annotated[str, typer.Option("--name", help="姓名，写在作者处；默认与账号相同。")] = "",
    unit: Annotated[str, typer.Option("--unit", help="单位。")] = "",
    begins: FromOption = None,
    until: UntilOption = None,
    reason: ReasonOption = "",
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="从标准输入读取首次密码(一行)。")] = False,
    lang: LanguageOption = Language.ZH,
) -> None:
    """Add an account with its first grant."""
    from dashboard.services.common.workspace import current_workspace
    from dashboard.services.people.changes import NewPerson, add_person, first_password, role_of

    given = _given_password(password_stdin)
    made_up = None if given is not None or settings().sign_in != "local" or role_of(role).device else first_password()
    request = _request(role, community, institution, section, begins, until, reason)
    new = NewPerson(name, shown, unit, given or made_up)
    added = add_person(current_workspace(), new, request, actor=operator())
    typer.echo(translate(marked("已新增 {name}：{role}"), lang, name=added.account_id, role=role_of(role).label(lang)))
    if made_up:
        typer.echo(translate(marked("首次密码(只显示这一次，登录后必须更换)：{password}"), lang, password=made_up))


@users.command("list", help="列出账号、角色、范围、期限。")
def list_users(lang: LanguageOption = Language.ZH) -> None:
    """List accounts, one a line."""
    from dashboard.services.common.workspace import current_workspace
    from dashboard.services.people.standing import people, words_of_scope
    from dashboard.services.people.standing import words_of_state as words

    for each in people(current_workspace()):
        role = each.role.label(lang) if each.role else "—"
        parts = [each.account.account_id, each.account.name, role, words_of_scope(each.grant, lang), words(each, lang)]
        typer.echo("\t".join(parts))


@users.command("disable", help="停用账号：会话立即结束，令牌失效。")
def disable_user(name: NameArgument, lang: LanguageOption = Language.ZH) -> None:
    """Disable an account."""
    from dashboard.services.common.workspace import current_workspace
    from dashboard.services.people.changes import disable_person

    disable_person(current_workspace(), name, actor=operator())
    typer.echo(translate(marked("已停用 {name}"), lang, name=name))


@users.command("grant", help="为已有的账号授权；换角色须第二人确认(在“用户与权限”页，或由另一人运行 users confirm)。")
def grant_user(
    name: NameArgument,
    role: RoleOption,
    community: CommunityOption = None,
    institution: InstitutionOption = None,
    section: SectionOption = None,
    begins: FromOption = None,
    until: UntilOption = None,
    reason: ReasonOption = "",
    lang: LanguageOption = Language.ZH,
) -> None:
    """Add a grant to an account."""
    from dashboard.services.common.workspace import current_workspace
    from dashboard.services.people.changes import change_grant

    request = _request(role, community, institution, section, begins, until, reason)
    made = change_grant(current_workspace(), name, request, actor=operator())
    text = marked("第 {number} 项授权等第二人确认") if made.waiting else marked("第 {number} 项授权已生效")
    typer.echo(translate(text, lang, number=made.grant_id))


@users.command("confirm", help="以第二人的身份确认一项授权；发起人和本人不能确认。")
def confirm_grant(
    number: Annotated[int, typer.Argument(help="授权的序号。")],
    lang: LanguageOption = Language.ZH,
) -> None:
    """Confirm a grant that waits for a second person."""
    from dashboard.services.common.workspace import current_workspace
    from dashboard.services.people.changes import decide
    from dashboard.workspace.accounts import Decision

    decide(current_workspace(), number, Decision.CONFIRMED, actor=operator())
    typer.echo(translate(marked("第 {number} 项授权已生效"), lang, number=number))


@users.command("revoke", help="撤销账号的全部授权：会话立即结束。")
def revoke_user(name: NameArgument, reason: ReasonOption = "", lang: LanguageOption = Language.ZH) -> None:
    """Revoke everything that an account is granted."""
    from dashboard.services.common.workspace import current_workspace
    from dashboard.services.people.changes import revoke_person

    count = revoke_person(current_workspace(), name, actor=operator(), reason=reason)
    typer.echo(translate(marked("已撤销 {name} 的 {count} 项授权"), lang, name=name, count=count))


@users.command("password", help="设一个新的首次密码：忘记密码时用，登录后必须更换。")
def set_user_password(
    name: NameArgument,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="从标准输入读取首次密码(一行)。")] = False,
    lang: LanguageOption = Language.ZH,
) -> None:
    """Set a first password."""
    from dashboard.services.common.workspace import current_workspace
    from dashboard.services.people.changes import first_password, reset_password

    given = _given_password(password_stdin)
    password = first_password() if given is None else given
    reset_password(current_workspace(), name, password, actor=operator())
    if given is None:
        typer.echo(translate(marked("首次密码(只显示这一次，登录后必须更换)：{password}"), lang, password=password))
    else:
        typer.echo(translate(marked("已为 {name} 设首次密码"), lang, name=name))


@tokens.command("create", help="为账号发放令牌；令牌是输出的最后一行，只显示这一次。")
def create_user_token(
    name: NameArgument,
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="有效天数。")],
    lang: LanguageOption = Language.ZH,
) -> None:
    """Create a token and print it as the last line."""
    from dashboard.services.common.workspace import current_workspace
    from dashboard.services.people.changes import create_token

    token = create_token(current_workspace(), name, days=days, actor=operator())
    typer.echo(translate(marked("{name} 的令牌，{days} 天内有效，只显示这一次："), lang, name=name, days=days))
    typer.echo(token)


@tokens.command("list", help="列出令牌(不含令牌本身)。")
def list_user_tokens(lang: LanguageOption = Language.ZH) -> None:
    """List tokens, one a line."""
    from dashboard.services.common.workspace import current_workspace
    from dashboard.services.people.standing import words_of_token

    for each in current_workspace().accounts.tokens():
        typer.echo(f"{each.token_id}\t{each.account_id}\t{words_of_token(each, lang)}")


@tokens.command("revoke", help="撤销一个令牌：立即失效，用它登录的设备立即退出。")
def revoke_user_token(
    number: Annotated[int, typer.Argument(help="令牌的序号，见 tokens list。")],
    lang: LanguageOption = Language.ZH,
) -> None:
    """Revoke a token."""
    from dashboard.services.common.workspace import current_workspace

    current_workspace().accounts.revoke_token(number, actor=operator())
    typer.echo(translate(marked("令牌 {number} 已失效"), lang, number=number))


@audit.command("verify", help="核对操作记录的校验链；有改动、缺失时退出状态为 1。")
def verify_audit(
    head: Annotated[str, typer.Option("--head", help="以前记下的链头：核对它还在。")] = "",
    lang: LanguageOption = Language.ZH,
) -> None:
    """Read the whole audit trail and say whether it is whole."""
    from dashboard.services.common.workspace import current_workspace

    trail = current_workspace().audit
    chain = trail.verify()
    if chain.broken_at is not None:
        typer.echo(translate(marked("✕ 操作记录从第 {number} 条起与校验链不符"), lang, number=chain.broken_at))
        raise typer.Exit(FAILED)
    if head and not trail.holds(head):
        typer.echo(translate(marked("✕ 以前记下的链头不在了：最新的记录可能被截去"), lang))
        raise typer.Exit(FAILED)
    typer.echo(translate(marked("✓ {count} 条操作记录前后相连"), lang, count=chain.entries))
    typer.echo(translate(marked("链头(请记在别处)：{head}"), lang, head=chain.head or "—"))


@audit.command("purge", help="清理早于若干天的操作记录，默认 400 天，至少 190 天。")
def purge_audit(
    days: Annotated[int | None, typer.Option("--days", help="保留的天数。")] = None,
    lang: LanguageOption = Language.ZH,
) -> None:
    """Delete audit entries that are old enough."""
    from dashboard.services.common.workspace import current_workspace

    trail, who = current_workspace().audit, operator()
    gone = trail.purge(actor=who) if days is None else trail.purge(older_than_days=days, actor=who)
    typer.echo(translate(marked("已清理 {count} 条"), lang, count=gone))
