# The few commands of this repository. `make demo` and `make test` set everything up themselves.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
LEVEL ?= junior
TRIAL := course/trial/trial-$(LEVEL)
LABS := $(notdir $(patsubst %/lab.yaml,%,$(wildcard solutions/*/lab.yaml)))

.PHONY: setup demo check test lab audit bench pictures lock

setup: $(VENV)/installed  ## make .venv and install the lock

$(VENV)/installed: requirements.lock pyproject.toml
	@echo "== setting up $(VENV) (a few minutes the first time)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one with: make setup PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

demo: setup  ## build the labs, grade a sample cohort twice, write the scorecards
	@echo "== building the labs"
	@autograde build
	@echo "== writing a sample cohort from the labs' answers"
	@autograde sample
	@echo "== grading it with nbgrader"
	@for lab in $(LABS); do nbgrader autograde $$lab --force --log-level=WARN || exit 1; done
	@echo "== grading it again: papermill on Ray"
	@autograde regrade --workers 2 --commit
	@echo "== writing the scorecards"
	@autograde report

check: setup  ## the everyday part of the tests, with linters and types
	@ruff check . && ruff format --check . && mypy && codespell
	@pytest -n 2 -m "not slow"

test: check  ## everything: the slow tests and a sample of every lab's audit too
	@pytest -n 2 --dist loadgroup -m slow
	@autograde audit --sample 4

lab: setup  ## open JupyterLab as a candidate of a LEVEL (junior, mid, senior) sees it
	@test -d $(TRIAL) || { \
		autograde build && autograde assign trial-$(LEVEL) --track $(LEVEL) --seed 0 --exchange course/exchange && \
		python -m zipfile -e "$$(ls -t course/bundles/trial-$(LEVEL)-*.zip | head -1)" course/trial; }
	@echo "== $(TRIAL) (to begin anew, remove it)"
	@python $(TRIAL)/start.py

audit: setup  ## grade every lab's answers and all mutants, and print the error rate of its checks
	@autograde audit

pictures: setup  ## make the pictures of docs/ anew, by the browser's tests
	@PICTURES=docs pytest -m slow tests/browser

bench: setup  ## what grading costs, against vanilla nbgrader and a warm fork; and a cohort of 60 (an hour)
	@python benchmarks/grading.py; one=$$?; python benchmarks/cohort.py && exit $$one

lock: ## pin the newest versions that pyproject.toml allows
	@rm -rf build/lock && $(PYTHON) -m venv build/lock
	@build/lock/bin/python -m pip install --quiet torch==2.13.0 -e '.[dev]'
	@{ echo "# Every package and version that grading depends on. Made by \`make lock\`; do not edit by hand."; \
		build/lock/bin/python -m pip freeze --all --exclude pip --exclude-editable | sed 's/+cpu//'; } > requirements.lock
