"""Print as JSON what reports cost: ``python -m tests.benchmarks.report_benchmark``.

The meeting pack stands on an agenda of nine items over the county of REPORTING_DATABASE_URL and a workspace of this run's own; the first
run computes every answer, the second finds them in the caches. The pages are counted by LibreOffice where it is installed.
"""

import datetime
import json
import re
import tempfile
import time
from pathlib import Path

from dashboard.analysis.periods import Grain, Period
from dashboard.documents.pdf import as_pdf, office
from dashboard.services.common.database import open_database
from dashboard.services.common.filters import Filters, filter_options
from dashboard.services.meeting.agendas import agenda_of, page_item, save_agenda, scheme_item, text_item
from dashboard.services.reports.report import File, ReportKind, ReportRequest, produce
from dashboard.workspace import Workspace, open_workspace

FORMATS = ("docx", "pptx", "xlsx")


def _agenda(workspace: Workspace, filters: Filters) -> str:
    month = f"month={filters.period}"
    items = [
        text_item("回顾", "# 上次会议\n\n- 第一项\n- 第二项"),
        page_item("运行总览", f"/?{month}"),
        page_item("季度总览", f"/?{month}&grain=quarter"),
        page_item("转诊流向", f"/referrals?{month}&grain=quarter"),
        page_item("绩效排名", f"/performance?{month}&grain=quarter"),
        scheme_item("另一方案", "file:yiwu_2020"),
        page_item("床位与设备", f"/utilisation?{month}&grain=rolling12"),
        page_item("资源配置", f"/resources?{month}"),
        page_item("总额推演", "/insurance"),
    ]
    return save_agenda(workspace, agenda_of("基准会议", datetime.date(2025, 11, 5), items), author=None).agenda_id


def measured() -> dict[str, object]:
    """Return seconds and sizes by report, cold and warm for the pack, and the pack's pages."""
    database = open_database()
    filters = filter_options(database).default()
    assert filters is not None
    result: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        workspace = open_workspace(f"sqlite:///{Path(folder) / 'workspace.sqlite'}")

        def timed(name: str, request: ReportRequest) -> list[File]:
            start = time.perf_counter()
            files = [state for state in produce(database, workspace, request) if isinstance(state, File)]
            result[f"{name}_seconds"] = round(time.perf_counter() - start, 1)
            return files

        pack = ReportRequest(ReportKind.PACK, filters, FORMATS, "zh", _agenda(workspace, filters))
        files = timed("pack_cold", pack)
        timed("pack_warm", pack)
        result["pack_kilobytes"] = {file.name.rpartition(".")[2]: len(file.content) // 1024 for file in files}
        if office():
            result["pack_pages"] = max(int(count) for count in re.findall(rb"/Count (\d+)", as_pdf(files[0].content)))
        timed("monthly", ReportRequest(ReportKind.MONTHLY, filters, FORMATS))
        timed("quarterly", ReportRequest(ReportKind.QUARTERLY, Filters(Period(Grain.QUARTER, filters.period.last)), FORMATS))
        workspace.close()
    result["load_average"] = Path("/proc/loadavg").read_text(encoding="ascii").split()[:2]
    return result


if __name__ == "__main__":
    print(json.dumps(measured(), indent=2, ensure_ascii=False))
