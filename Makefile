# Two commands are enough: `make demo`, then `make serve`. `make help` lists the others.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
CARDS ?= 1323
PORT ?= 8000
TEST_ARGS ?=
HISTORIES ?= 10000
TEST_POSTGRES_URL ?= postgres://postgres@127.0.0.1:5432/antarktp

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo serve test test-postgres check format bench-addresses bench-shipments bench-courier bench-returns bench-workers histories

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

# One line that says what is missing, before anything is tried.
.python-ok:
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "Python is missing: install Python 3.11 or newer, or name it: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: install it, or name it: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "The venv module is missing: install it (Debian, Ubuntu: apt-get install python3-venv)"; exit 1; }

$(BIN)/python: | .python-ok
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: requirements.txt constraints.txt | $(BIN)/python
	@echo "Installing packages ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.txt -c constraints.txt
	@touch $@

$(VENV)/.ready-dev: requirements.txt requirements-prod.txt requirements-dev.txt constraints.txt tests/labels/package-lock.json | $(BIN)/python
	@echo "Installing packages for tests ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt -c constraints.txt
	@if command -v npm >/dev/null 2>&1; then npm ci --silent --no-audit --no-fund --prefix tests/labels; fi
	@touch $@ $(VENV)/.ready

.env: | .python-ok
	@$(PYTHON) config/make_env.py

setup: $(VENV)/.ready .env  ## install what the product needs
setup-dev: $(VENV)/.ready-dev .env  ## install what tests and checks need as well

demo: setup  ## play the story of Kabupaten Bekasi 2020 (CARDS=132289 plays it whole)
	@$(MANAGE) demo --cards $(CARDS)

serve: setup  ## open the product in the browser: web server and worker
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) collectstatic --noinput --verbosity 0
	@$(MANAGE) serve --port $(PORT)

test: setup-dev  ## run the tests on SQLite
	@$(BIN)/python -m pytest -n auto $(TEST_ARGS)

test-postgres: setup-dev  ## run the same tests on PostgreSQL (TEST_POSTGRES_URL)
	@DATABASE_URL=$(TEST_POSTGRES_URL) $(BIN)/python -m pytest -n auto $(TEST_ARGS)

check: setup-dev  ## style, types, borders of the rooms, migrations, settings for production
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@$(BIN)/lint-imports
	@$(MANAGE) makemigrations --check --dry-run
	@DEBUG=false HTTPS_ONLY=true $(MANAGE) check --deploy --fail-level WARNING

format: setup-dev  ## put the code into its form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench-addresses: setup-dev  ## measure the address check beside lokal-id
	@$(BIN)/python -m bench.addresses

bench-shipments: setup-dev  ## measure batching and labels beside their peers
	@$(BIN)/python -m bench.shipments
	@$(BIN)/python -m bench.labels
	@$(BIN)/python -m bench.label_jobs

bench-courier: setup-dev  ## measure courier files beside django-import-export
	@$(BIN)/python -m bench.courier
	@$(BIN)/python -m bench.courier_growth
	@$(BIN)/python -m bench.lookups

bench-returns: setup-dev  ## measure 50,000 cards that come back, and a province that closes
	@$(BIN)/python -m bench.returns

bench-workers: setup-dev  ## measure one worker and two on PostgreSQL and RabbitMQ (TEST_POSTGRES_URL)
	@$(BIN)/python -m bench.courier_workers --database $(TEST_POSTGRES_URL)
	@$(BIN)/python -m bench.label_jobs --database $(TEST_POSTGRES_URL)

histories: setup-dev  ## play 10,000 random histories of each kind against the ledger, and a tenth as many made-up files (HISTORIES=...); takes most of an hour
	@HISTORIES=$(HISTORIES) $(BIN)/python -m pytest -q -n auto tests/properties/test_ledger.py tests/properties/test_undelivered.py
	@HISTORIES=$$(($(HISTORIES) / 10)) $(BIN)/python -m pytest -q -n auto tests/web/test_hostile_files.py
