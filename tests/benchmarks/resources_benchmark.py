"""Print as JSON how long the sections of 资源配置 take the server, cold and warm as in ``page_runs``.

python -m tests.benchmarks.resources_benchmark
"""

import json

from dashboard.ui.resources.page import SECTIONS
from tests.benchmarks.page_runs import page_runs

if __name__ == "__main__":
    print(json.dumps(page_runs("resources", {section: {"section": section} for section in SECTIONS.labels}), indent=2))
