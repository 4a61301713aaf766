"""The small grammar in which indicators are written: measures, numbers, ``+ - * /``, brackets and six functions.

``+ − × ÷`` are accepted beside the keyboard signs. Nothing is ever evaluated as Python: a text is cut into tokens, parsed by
recursive descent into a frozen tree, and ``dashboard.analysis.expressions`` computes the tree.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from dashboard.errors import CatalogueError
from dashboard.language import marked

MAXIMUM_LENGTH = 500
MAXIMUM_DEPTH = 30

# name -> (fewest, most) arguments
FUNCTIONS: Mapping[str, tuple[int, int]] = {
    "min": (2, 20),
    "max": (2, 20),
    "sum": (2, 20),
    "share": (2, 2),
    "ratio": (2, 2),
    "last_year": (1, 1),
}

_REMEDY = marked("可用：指标量名称、数字、+ - × ÷、括号，以及 min、max、sum、share、ratio、last_year")
_SIGNS = {"×": "*", "÷": "/", "−": "-", "（": "(", "）": ")", "，": ","}
_TOKEN = re.compile(r"(?P<space>\s+)|(?P<number>\d+(?:\.\d+)?|\.\d+)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>[-+*/(),×÷−（），])")


class ExpressionError(CatalogueError):
    """An expression is wrong; ``position`` counts its characters from 1."""

    def __init__(self, what: str, *, position: int, where: str = "", **details: object) -> None:
        super().__init__(what, _REMEDY, where=where, position=position, **details)
        self.position = position


@dataclass(frozen=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True)
class Name:
    """A measure."""

    name: str
    position: int = 0


@dataclass(frozen=True)
class Negative:
    """The opposite of a value."""

    operand: "Expression"


@dataclass(frozen=True)
class Operation:
    """Two values joined by ``+ - * /``."""

    sign: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True)
class Call:
    """A function of ``FUNCTIONS`` and its arguments."""

    function: str
    arguments: tuple["Expression", ...]


Expression = Number | Name | Negative | Operation | Call


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    start = 0
    while start < len(text):
        match = _TOKEN.match(text, start)
        if match is None:
            raise ExpressionError(marked("表达式第 {position} 个字符“{token}”不认识"), position=start + 1, token=text[start])
        kind = str(match.lastgroup)
        if kind != "space":
            found.append(_Token(kind, _SIGNS.get(match.group(), match.group()), start + 1))
        start = match.end()
    found.append(_Token("end", "", len(text) + 1))
    return found


class _Parser:
    """Recursive descent: sum of products of signed values."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0

    @property
    def _token(self) -> _Token:
        return self._tokens[self._at]

    def _next(self) -> _Token:
        token = self._token
        self._at += 1
        return token

    def _accept(self, *signs: str) -> str | None:
        if self._token.kind == "sign" and self._token.text in signs:
            return self._next().text
        return None

    def _expect(self, sign: str) -> None:
        if self._accept(sign) is None:
            raise ExpressionError(marked("表达式第 {position} 个字符处应为“{sign}”"), position=self._token.position, sign=sign)

    def whole(self) -> Expression:
        tree = self._sum()
        if self._token.kind != "end":
            raise ExpressionError(
                marked("表达式第 {position} 个字符“{token}”处多出内容"), position=self._token.position, token=self._token.text
            )
        return tree

    def _sum(self) -> Expression:
        tree = self._product()
        while sign := self._accept("+", "-"):
            tree = Operation(sign, tree, self._product())
        return tree

    def _product(self) -> Expression:
        tree = self._signed()
        while sign := self._accept("*", "/"):
            tree = Operation(sign, tree, self._signed())
        return tree

    def _signed(self) -> Expression:
        self._depth += 1
        if self._depth > MAXIMUM_DEPTH:
            raise ExpressionError(marked("表达式第 {position} 个字符处嵌套过深"), position=self._token.position)
        tree = Negative(self._signed()) if self._accept("-") else self._value()
        self._depth -= 1
        return tree

    def _value(self) -> Expression:
        token = self._next()
        if token.kind == "number":
            return Number(float(token.text))
        if token.kind == "name":
            return self._call(token) if self._token.text == "(" else Name(token.text, token.position)
        if token.text == "(":
            tree = self._sum()
            self._expect(")")
            return tree
        if token.kind == "end":
            raise ExpressionError(marked("表达式在第 {position} 个字符处缺少一个值"), position=token.position)
        raise ExpressionError(marked("表达式第 {position} 个字符“{token}”处应为一个值"), position=token.position, token=token.text)

    def _call(self, name: _Token) -> Call:
        if name.text not in FUNCTIONS:
            raise ExpressionError(marked("表达式第 {position} 个字符处的函数“{token}”不存在"), position=name.position, token=name.text)
        self._expect("(")
        arguments = [self._sum()]
        while self._accept(","):
            arguments.append(self._sum())
        self._expect(")")
        fewest, most = FUNCTIONS[name.text]
        if not fewest <= len(arguments) <= most:
            raise ExpressionError(
                marked("表达式第 {position} 个字符处的函数“{token}”参数个数不对：{count}"),
                position=name.position,
                token=name.text,
                count=len(arguments),
            )
        return Call(name.text, tuple(arguments))


def parse(text: str) -> Expression:
    """Return the tree of ``text``. Raises ``ExpressionError`` with the position of the first wrong character."""
    if len(text) > MAXIMUM_LENGTH:
        raise ExpressionError(marked("表达式过长：第 {position} 个字符之后不再接受"), position=MAXIMUM_LENGTH)
    return _Parser(text).whole()


def names(tree: Expression, years_back: int = 0) -> Iterator[tuple[Name, int]]:
    """Yield each measure of ``tree`` with how many years back it is asked for (``last_year`` adds one)."""
    if isinstance(tree, Name):
        yield tree, years_back
    elif isinstance(tree, Negative):
        yield from names(tree.operand, years_back)
    elif isinstance(tree, Operation):
        yield from names(tree.left, years_back)
        yield from names(tree.right, years_back)
    elif isinstance(tree, Call):
        for argument in tree.arguments:
            yield from names(argument, years_back + (tree.function == "last_year"))


_WORDS = {
    "zh": {"min": "最小值", "max": "最大值", "sum": "合计", "share": "占比", "ratio": "比值", "last_year": "上年同期"},
    "en": {"min": "minimum", "max": "maximum", "sum": "sum", "share": "share", "ratio": "ratio", "last_year": "same period last year"},
}
_STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2}
_SHOWN = {"+": "＋", "-": "－", "*": "×", "/": "÷"}


def in_words(tree: Expression, labels: Mapping[str, str], language: str = "zh") -> str:
    """Return ``tree`` with every measure by its label, for a reader."""
    return _words(tree, labels, language, 0)


def _words(tree: Expression, labels: Mapping[str, str], language: str, strength: int) -> str:
    if isinstance(tree, Number):
        return f"{tree.value:g}"
    if isinstance(tree, Name):
        return labels.get(tree.name, tree.name)
    if isinstance(tree, Negative):
        return f"－{_words(tree.operand, labels, language, 3)}"
    if isinstance(tree, Operation):
        own = _STRENGTH[tree.sign]
        text = f"{_words(tree.left, labels, language, own)} {_SHOWN[tree.sign]} {_words(tree.right, labels, language, own + 1)}"
        return f"({text})" if own < strength else text
    inner = ", ".join(_words(argument, labels, language, 0) for argument in tree.arguments)
    return f"{_WORDS[language][tree.function]}({inner})"
