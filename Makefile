# Two commands for a newcomer: `make run` and `make test`. The README says the same in plain commands.
PORT ?= 8501
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test test-engines check audit benchmark lock messages pictures bundle clean

run: $(VENV)/.run
	$(BIN)/python -m dashboard demo --if-missing
	$(BIN)/python -m dashboard serve --port $(PORT)

test: $(VENV)/.test
	PYTHON=$(BIN)/python bash tests/run.sh

# Every query and page on MariaDB, Spark and ClickHouse, compared with DuckDB (docs/engines.md). Needs Java and some 0.6 GB of packages.
test-engines: $(VENV)/.engines
	PYTHON=$(BIN)/python bash tests/engines.sh

check: $(VENV)/.test
	PYTHON=$(BIN)/python bash tests/run.sh --checks-only

benchmark: $(VENV)/.test
	$(BIN)/python -m tests.benchmarks

$(BIN)/python:
	bash tests/make_environment.sh "$(PYTHON)" $(VENV)

$(VENV)/.run: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.test: tests/requirements.txt $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	touch $@

$(VENV)/.engines: tests/engines.txt $(VENV)/.test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/engines.txt
	touch $@

# Known holes in the pinned dependencies; needs the network, and fails when nothing could be looked up.
audit: $(VENV)/.test
	PYTHON=$(BIN)/python bash tests/audit.sh

# Pins with hashes, kept as they are where pyproject.toml allows; `make lock UPGRADE=--upgrade` moves them. For maintainers.
lock:
	PYTHON=$(PYTHON) bash tests/lock.sh $(UPGRADE)

# Archives for installation without internet, one a platform, into dist/; `make bundle ONLY="--python 3.11 --machine x86_64"` makes one.
bundle: $(VENV)/.run
	$(BIN)/python deploy/bundle.py $(ONLY)

# English catalogue: extract the marked texts, merge, compile.
messages: $(VENV)/.test
	bash dashboard/locale/update.sh $(BIN)/pybabel

# The README's pictures, taken anew from the demonstration county. Needs Debian's chromium.
pictures: $(VENV)/.test
	$(BIN)/python -m tests.browser.pictures

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
