# Needs Python 3.11-3.13, make, git and a package index; everything else is brought into .uv/ and .venv/.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-print-directory

ORIGIN ?= sandbox
PORT ?= 8080
# The folder that a relative ORIGIN counts from (make -C keeps it in PWD).
CALLED_FROM := $(PWD)

BIN := .venv/bin
PYTHON := $(BIN)/python
INSTALLED := .venv/.installed
# Reading the dbt project into its manifest needs the names of these and opens none of them.
PARSE := BRAINDRAIN_LAKE=lake BRAINDRAIN_INPUTS=inputs BRAINDRAIN_BUILD=parsed.duckdb DO_NOT_TRACK=1 \
	$(BIN)/dbt parse --quiet --project-dir dbt_project --profiles-dir dbt_project --target-path target --log-path dbt_project/logs
# Its processes end without a word to the counter of semaphores, which then warns of one that is gone already.
SQLFLUFF := PYTHONWARNINGS=ignore:resource_tracker $(BIN)/sqlfluff lint --processes 2 --nocolor --disable-progress-bar
# What is not committed yet; the linter reads a file of SQL in a third of a second, and there are 260.
CHANGED_SQL = $(shell git status --porcelain --untracked-files=all -- dbt_project | awk '!/^.?D/ && /\.sql$$/ {print $$NF}')
# Three at a time on two cores, since a quarter of what they do is waiting; the tests of one file share what is dear to
# make, so they stay together. Files begin in the order of tests/conftest.py, the longest first, and not by their number
# of tests.
PYTEST := $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder
# What is measured in CPU seconds and memory is measured alone: a neighbour on the other core costs it a quarter more.
MEASURED := tests/validation/test_performance.py

# Python and uv never download another Python and never ask.
export UV_PYTHON_DOWNLOADS := never
ifdef CI
export UV_NO_PROGRESS := 1
endif
export UV_PROJECT_ENVIRONMENT := $(CURDIR)/.venv
# A task that hangs in Git or pip for a password would be a question.
export GIT_TERMINAL_PROMPT := 0
export PIP_NO_INPUT := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help install run up down env test test-fast check lint form types format clean

help: ## Say what can be done here
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile
	@echo "Variables: ORIGIN=sandbox|live|FOLDER|http://127.0.0.1:PORT (now: $(ORIGIN)), PORT=$(PORT) for make up,"
	@echo "           BRAINDRAIN_HOME=FOLDER for the state (default data/<kind of origin>)"

install: $(INSTALLED) ## Make .venv as uv.lock says (every other target does it where needed)

$(INSTALLED): pyproject.toml uv.lock tools/install.sh
	@sh tools/install.sh
	@touch $@

run: $(INSTALLED) ## Ingest and publish in real Airflow runs, then show what came out
	@ORIGIN="$(ORIGIN)" CALLED_FROM="$(CALLED_FROM)" $(PYTHON) tools/run.py

up: $(INSTALLED) ## Open the Airflow UI on 127.0.0.1, port PORT
	@ORIGIN="$(ORIGIN)" CALLED_FROM="$(CALLED_FROM)" $(PYTHON) tools/airflow_ui.py up --port $(PORT)

down: $(INSTALLED) ## Stop what make up started, all of it
	@$(PYTHON) tools/airflow_ui.py down

env: .env ## Write .env with fresh secrets for docker compose, once

.env:
	@umask 077 && python3 tools/compose_secrets.py > $@
	@echo "Wrote .env. Next: docker compose up --build --detach"

test: $(INSTALLED) ## Run every test
	@$(PYTEST) --ignore $(MEASURED)
	@$(BIN)/pytest $(MEASURED)

check: $(INSTALLED) ## Lint (SQL that was changed only), types and fast tests
	@$(MAKE) -j 2 form types
	@$(if $(CHANGED_SQL),$(SQLFLUFF) $(CHANGED_SQL))
	@$(MAKE) test-fast

lint: form ## Look for faults of form everywhere, SQL and the conventions of dbt too
	@$(SQLFLUFF) dbt_project
	@$(PARSE) && $(BIN)/dbt-bouncer run --config-file dbt-bouncer.yml >dbt_project/target/bouncer.txt 2>&1 \
		|| { cat dbt_project/target/bouncer.txt; exit 1; }

form: $(INSTALLED) ## Look for faults of form in Python and YAML
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/yamllint --strict .

types: $(INSTALLED) ## Check the types
	@$(BIN)/mypy --no-error-summary

test-fast: $(INSTALLED) ## Run the tests that take no Airflow run, no browser and no whole build
	@$(PYTEST) -q -m "not slow and not ui"

format: $(INSTALLED) ## Put Python and SQL into form
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .
	@$(BIN)/sqlfluff fix --nocolor --disable-progress-bar --force dbt_project

clean: ## Remove the environment and caches; data/ stays
	@rm -rf .venv .uv .mypy_cache .pytest_cache .ruff_cache dbt_project/target dbt_project/logs
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
