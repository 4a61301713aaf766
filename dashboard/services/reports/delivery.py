"""How scheduled reports and notices reach people: by mail, or into a folder of each reader."""

import hashlib
import re
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from pathlib import Path

from dashboard.errors import ProductError
from dashboard.language import marked
from dashboard.services.reports.report import File, write_file
from dashboard.settings import settings
from dashboard.workspace.content import clean_line

MOST_BYTES = 5 * 1024 * 1024
_SUBJECT_LIMIT = 60
_SECONDS = 20.0


class DeliveryError(ProductError):
    """A message that could not be delivered; it is tried again at the next run."""


@dataclass(frozen=True)
class Letter:
    """What is delivered: a subject, lines to be read without opening a file, and files. ``key`` tells equal letters apart from new ones."""

    key: str
    subject: str
    lines: tuple[str, ...]
    files: tuple[File, ...] = ()


def deliver(letter: Letter, *, person: str, mail: str, folder: Path) -> str:
    """Deliver a letter by mail, or without an address into the folder of ``person`` below ``folder``; return where it went.

    Raises ``DeliveryError`` or ``ReportError``; a mail is then not sent, a folder holds whole files only.
    """
    if mail:
        _send(_message(letter, mail))
        return mail
    own = folder / folder_name(person)
    for file in letter.files or (_note(letter),):
        write_file(file, own)
    return str(own)


def folder_name(person: str) -> str:
    """Return the folder of a person; two names never share one."""
    name = re.sub(r'[\x00-\x1f<>:"/\\|?*\s]+', "-", person).strip("-. ")[:60]
    return name if name == person else f"{name}-{hashlib.sha256(person.encode()).hexdigest()[:8]}".lstrip("-")


def _note(letter: Letter) -> File:
    name = re.sub(r'[\x00-\x1f<>:"/\\|?*\s]+', "-", letter.subject).strip("-. ")[:100]
    return File(f"{name}.txt", ("\n".join((letter.subject, "", *letter.lines)) + "\n").encode(), "text/plain")


def _message(letter: Letter, mail: str) -> EmailMessage:
    sender = settings().smtp_sender
    if not settings().smtp_host or not sender:
        raise DeliveryError(marked("没有设置邮件服务器"), marked("请设置 SMTP_HOST 和 SMTP_SENDER，或改用文件夹"))
    if sum(len(file.content) for file in letter.files) > MOST_BYTES:
        raise DeliveryError(marked("报告超过 5 MB，不能用邮件发送"), marked("请改用文件夹，或只选一种文件格式"))
    message = EmailMessage(policy=SMTP)
    message["Subject"] = clean_line(letter.subject)[:_SUBJECT_LIMIT]
    message["From"], message["To"], message["Date"] = sender, mail, formatdate(localtime=True)
    digest = hashlib.sha256(f"{letter.key}|{mail}".encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{digest}@{sender.rpartition('@')[2].rstrip('>')}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n".join(letter.lines) + "\n", charset="utf-8", cte="base64")
    for file in letter.files:
        main, _slash, sub = file.mime.partition("/")
        message.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
        part = list(message.iter_attachments())[-1]
        part.set_param("name", _plain_name(file.name))  # for programs that do not read RFC 2231
    return message


def _plain_name(name: str) -> str:
    stem, _dot, ending = name.rpartition(".")
    plain = "-".join(re.findall(r"[A-Za-z0-9-]+", stem))
    return f"report-{plain}.{ending}" if plain else f"report.{ending}"


def _send(message: EmailMessage) -> None:
    chosen = settings()
    context = ssl.create_default_context()
    try:
        if chosen.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(chosen.smtp_host, chosen.smtp_port, timeout=_SECONDS, context=context)
        else:
            server = smtplib.SMTP(chosen.smtp_host, chosen.smtp_port, timeout=_SECONDS)
        with server:
            if chosen.smtp_security == "starttls":
                server.starttls(context=context)
            if chosen.smtp_user:
                server.login(chosen.smtp_user, chosen.smtp_password.get_secret_value())
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryError(
            marked("邮件没有发出：邮件服务器没有接受"), marked("请核对 SMTP_HOST、SMTP_PORT、SMTP_SECURITY 和账号；下次运行时再试"),
            where=type(error).__name__,
        ) from error  # fmt: skip


def told(letter: Letter, people: Sequence[tuple[str, str]], folder: Path) -> list[ProductError]:
    """Deliver a notice to every (person, address) and return what failed: one who cannot be reached does not keep it from the others."""
    failed: list[ProductError] = []
    for person, mail in dict.fromkeys(people):
        try:
            deliver(letter, person=person, mail=mail, folder=folder)
        except ProductError as error:
            failed.append(error)
    return failed
