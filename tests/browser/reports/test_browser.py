"""The report button in a browser: made, downloaded and readable; stopped; nothing asked of the outside."""

import io

from docx import Document
from playwright.sync_api import expect

from tests.browser.conftest import OpenVisit

_PATIENCE = 90_000


def test_a_report_is_made_downloaded_and_readable(visit: OpenVisit, app_address: str) -> None:
    opened = visit(width=1366, height=768)
    page = opened.page
    opened.open(app_address)
    page.get_by_role("button", name="报告").click()
    page.get_by_role("button", name="生成").click()
    button = page.get_by_role("button", name="月度考核_2025-10_v1.docx")
    expect(button).to_be_visible(timeout=_PATIENCE)
    with page.expect_download(timeout=_PATIENCE) as waiting:
        button.click()
    path = waiting.value.path()
    document = Document(io.BytesIO(path.read_bytes()))
    headings = [each.text for each in document.paragraphs if each.style is not None and each.style.name == "Heading 1"]
    assert waiting.value.suggested_filename == "月度考核_2025-10_v1.docx"
    assert {"核心指标", "双向转诊", "来源"} <= set(headings)
    assert opened.outside == []
