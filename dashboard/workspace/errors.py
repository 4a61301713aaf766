"""The errors of the workspace that a reader may see."""

import datetime

from dashboard.errors import ProductError
from dashboard.formatting import moment
from dashboard.language import marked, translate

UNSIGNED = marked("未登录")


class WorkspaceError(ProductError):
    """What was asked cannot be written: a name, a reason, a content or a step that is not allowed. Nothing was changed."""


class MissingDocumentError(WorkspaceError):
    """There is no such document or version, for instance behind a link that was edited by hand."""

    def __init__(self) -> None:
        super().__init__(marked("没有找到这份内容，链接可能不完整"), marked("请从列表中重新选择"))


class ConflictError(WorkspaceError):
    """Somebody else wrote first. Nothing was changed; the caller still holds what it wanted to write.

    ``document_id``, ``version``, ``author`` (None: not signed in), ``created_at`` (UTC) and ``reason`` tell what is there now,
    so that a page can show both and offer to save as a new document or on top of the newest version.
    """

    def __init__(
        self, *, document_id: str, name: str, version: int, author: str | None, created_at: datetime.datetime, reason: str
    ) -> None:
        super().__init__(
            marked("{author} 已于北京时间 {when} 保存了第 {version} 版，您的修改尚未保存"),
            marked("您的内容仍在本页：可另存为新的一份，或查看最新版后在其上重新保存"),
            where=name,
            author=author or UNSIGNED,
            when=moment(created_at),
            version=version,
        )
        self.document_id = document_id
        self.version = version
        self.author = author
        self.created_at = created_at
        self.reason = reason

    def what(self, language: str = "zh") -> str:
        """Return who saved what when, in ``language``."""
        details = self.details | {"author": self.author or translate(UNSIGNED, language)}
        return translate(self._what, language, **details)
