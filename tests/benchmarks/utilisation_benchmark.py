"""Print as JSON what each view of 床位与设备 costs the server: ``python -m tests.benchmarks.utilisation_benchmark``.

Over the last twelve months; cold and warm as in ``page_runs``, on the database of REPORTING_DATABASE_URL.
"""

import json
from pathlib import Path

from dashboard.ui.utilisation.page import SECTIONS
from tests.benchmarks.page_runs import page_runs

if __name__ == "__main__":
    asked = {code: {"use": code, "grain": "rolling12"} for code in SECTIONS.labels}
    load = Path("/proc/loadavg").read_text(encoding="ascii").split()[:2]
    print(json.dumps({"load_average": load, **page_runs("utilisation", asked)}, indent=2, ensure_ascii=False))
