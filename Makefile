# `make` or `make help` lists what there is. Nothing needs Docker, Redis, Node or a compiler.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
RESET ?=
WORKERS ?= 2
RELIABILITY ?= full
BIN := $(VENV)/bin
RUN := $(VENV)/.installed-run
DEV := $(VENV)/.installed-dev
BENCH := $(VENV)/.installed-bench
PACKAGES := audit backoffice courses intake media_assets operations providers sandbox screens
TEST_ENV := DJANGO_SETTINGS_MODULE=tests.settings BACKOFFICE_ENV_FILE=
NO_DATABASE := DATABASE_URL=sqlite:///:memory:

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "Python 3.11, 3.12 or 3.13 is needed; '$(PYTHON)' is another one. Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "Making the virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(RUN): requirements.txt | $(BIN)/python
	@echo "Installing what running needs"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(DEV): requirements.txt requirements-dev.txt | $(BIN)/python
	@echo "Installing what running and testing need"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $(RUN) $@

# Without the peers the benchmark says which it left out.
$(BENCH): requirements-bench.txt | $(DEV)
	@echo "Installing the packages to measure against"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt && touch $@ \
	  || echo "They could not be installed; the benchmark leaves them out"

.PHONY: setup
setup: $(DEV) ## Make the virtual environment with all tools

.PHONY: demo
demo: $(RUN) ## Start the demo on imitated providers (PORT=8000; RESET=1 starts over)
	@exec $(BIN)/python -m backoffice.demo --port $(PORT) $(if $(RESET),--reset)

.PHONY: test
test: TIER := not walk
test: tests ## Run the tests; DATABASE_URL and CELERY_BROKER_URL choose another stack, TESTS=tests/audit a part

.PHONY: walks
walks: TIER := walk
walks: tests ## Walk whole flows, every screen and the state machine: some minutes, apart from make test

.PHONY: tests
tests: $(DEV)
	@echo "Testing on $${DATABASE_URL:-SQLite} and $${CELERY_BROKER_URL:-the memory broker}" | sed -E 's#//[^@/]*@#//...@#g'
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -q -m "$(TIER)" $(TESTS)
	@[ -n "$${CHROMIUM:-}" ] || command -v chromium chromium-browser google-chrome >/dev/null \
	  || printf '\n%s\n%s\n\n' '*** THE BROWSER TESTS WERE SKIPPED: no Chromium was found. ***' '*** Install one (apt-get install chromium) or set CHROMIUM=/path/to/it. ***'

.PHONY: check
check: lint types imports declarations ## Lint, types, import contracts, Django's checks, migrations, texts, contract tests
	@$(TEST_ENV) $(BIN)/python -m pytest -q -n $(WORKERS) tests/contracts

.PHONY: lint
lint: $(DEV) ## Format and lint, changing nothing
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

.PHONY: types
types: $(DEV) ## Types (mypy, strict)
	@$(TEST_ENV) $(BIN)/python -m mypy

.PHONY: imports
imports: $(DEV) ## Who may import whom
	@$(BIN)/lint-imports

.PHONY: declarations
declarations: $(DEV) ## Django's checks, missing migrations, texts that do not compile
	@$(TEST_ENV) $(NO_DATABASE) $(BIN)/python manage.py check --fail-level WARNING
	@$(TEST_ENV) $(NO_DATABASE) $(BIN)/python manage.py makemigrations --check --dry-run
	@if command -v msgfmt >/dev/null; then find locale -name '*.po' -exec msgfmt --check -o /dev/null {} \; ; \
	  else echo "*** msgfmt (gettext) was not found: the catalogues were not checked ***"; fi

.PHONY: fix
fix: $(DEV) ## Format and mend what can be mended by machine
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: bench
bench: $(BENCH) ## Measure engine, lists and ledger, beside the stock ways and the peers
	@$(BIN)/python -m bench

.PHONY: reliability
reliability: $(DEV) ## Lost answers, doubled messages, racing workers, stops at any moment, waiting times, tampering (quick: RELIABILITY=)
	@RELIABILITY=$(RELIABILITY) $(BIN)/python -m pytest -q tests/operations/test_claims_concurrent.py tests/operations/test_worker.py tests/contracts/test_lost_answers.py
	@RELIABILITY=$(RELIABILITY) $(BIN)/python -m pytest -q tests/operations/test_switch.py tests/operations/test_receipt.py tests/media_assets/test_lost_filter.py tests/browser/test_accessible.py tests/browser/test_accessible_deletion.py
	@RELIABILITY=$(RELIABILITY) $(BIN)/python -m pytest -q tests/operations/test_stop_at_random.py tests/operations/test_waiting.py tests/operations/test_quiet_hours.py
	@RELIABILITY=$(RELIABILITY) $(BIN)/python -m pytest -q tests/audit/test_merkle.py tests/audit/test_sealer.py tests/audit/test_tamper.py
	@echo "The deletion flow in any order: 1,000 examples of 50 steps, and every deliberate bug"
	@RELIABILITY=$(RELIABILITY) $(BIN)/python -m pytest -q -rA -n $(WORKERS) tests/reliability | grep -vE '^(PASSED|SKIPPED|-+ Captured|_+ )' ; exit $${PIPESTATUS[0]}

.PHONY: pictures
pictures: $(DEV) ## Take the README's pictures of the demo on PORT (see docs/pictures/take.py)
	@$(BIN)/python docs/pictures/take.py http://127.0.0.1:$(PORT)

.PHONY: clean
clean: ## Remove what tools left behind; data in var/ stays
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-artifacts static_collected
