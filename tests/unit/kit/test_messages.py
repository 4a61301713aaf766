import pytest

from dashboard.ui.kit.messages import badge_text, escaped, plotly_text


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("一院医共体", "一院医共体"),
        ("<script>", r"\<script\>"),
        ("[x](y)", r"\[x\]\(y\)"),
        (":red[x]", r"\:red\[x\]"),
        ("**b** $x$", r"\*\*b\*\* \$x\$"),
        ("a\n\n# b", r"a \# b"),
        ("http://e", "http\\:\u2060\\/\\/e"),
        ("WWW.e", "WWW\u2060\\.e"),
        ("a@b", "a\\@\u2060b"),
        (12, "12"),
    ],
)
def test_escaped_leaves_no_markup(text: object, safe: str) -> None:
    assert escaped(text) == safe


def test_plotly_text_leaves_no_tags() -> None:
    assert plotly_text("<a href='x'>&</a>") == "&lt;a href='x'&gt;&amp;&lt;/a&gt;"


def test_badge_text_leaves_brackets_to_streamlit() -> None:
    assert badge_text(":red[x] *b*") == r"\:red[x] \*b\*"
