# Two commands for a newcomer: `make run` and `make test`. The README says the same in plain commands.
PORT ?= 8501
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check benchmark lock messages clean

run: $(VENV)/.run
	$(BIN)/python -m dashboard demo --if-missing
	$(BIN)/python -m dashboard serve --port $(PORT)

test: $(VENV)/.test
	PYTHON=$(BIN)/python bash tests/run.sh

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

# Needs uv on the PATH; only for maintainers who move a dependency.
lock:
	{ echo "# Pinned by \`make lock\` from pyproject.toml; do not edit by hand."; uv pip compile pyproject.toml --upgrade --no-annotate --no-header; } > requirements.txt.new
	mv requirements.txt.new requirements.txt
	{ echo "# Pinned by \`make lock\` from tests/requirements.in; do not edit by hand."; uv pip compile tests/requirements.in --upgrade --no-annotate --no-header; } > tests/requirements.txt.new
	mv tests/requirements.txt.new tests/requirements.txt

# English catalogue: extract the marked texts, merge, compile.
messages: $(VENV)/.test
	bash dashboard/locale/update.sh $(BIN)/pybabel

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
