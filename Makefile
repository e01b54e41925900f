# `make` alone says what there is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

# Hundreds of processes of the tests read what the first of them has compiled.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
PORT = 8000
WORKERS = 4

BIN := .venv/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input
CATALOGUES := $(wildcard webinars/translations/*/LC_MESSAGES/*.po)
COMPILE := CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/pip-compile --quiet --allow-unsafe \
	--generate-hashes --strip-extras --no-emit-find-links --no-emit-trusted-host --no-emit-index-url

# What people type -------------------------------------------------------------------

.PHONY: help run test check bench bench-ledger soak lock translations wheel format clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

run: .make/run ## the service with its worker and demonstration data; PORT=8001 for another port
	@exec $(BIN)/webinars demo --port $(PORT)

test: .make/dev ## every test; installs chromium and PostgreSQL where that is allowed
	@scripts/test-needs
	@scripts/javascript
	scripts/with-postgres $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

check: .make/dev ## lint, format, types, and the rules of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	scripts/with-postgres $(BIN)/python -m pytest -q tests/house

bench: .make/dev ## how fast pages, feeds, registrations, mails, replays and the search are
	scripts/with-postgres $(BIN)/python -m tests.bench
	scripts/with-postgres $(BIN)/python -m tests.bench.feeds
	scripts/with-postgres $(BIN)/python -m tests.bench.mails
	scripts/with-postgres $(BIN)/python -m tests.bench.replays

bench-ledger: .make/dev ## what a large ledger costs: a million mails, a hundred thousand due
	scripts/with-postgres $(BIN)/python -m tests.bench.ledger

soak: .make/dev ## the long tests: crashes, outages, crowds, every page on the other database
	@scripts/test-needs
	@scripts/javascript
	scripts/with-postgres $(BIN)/python -m pytest -m soak -n $(WORKERS) --dist worksteal

lock: .make/dev ## resolve the dependencies anew, with hashes
	$(COMPILE) --upgrade --output-file requirements.txt pyproject.toml
	$(COMPILE) --upgrade --output-file requirements-build.txt --only-build-deps \
		--build-deps-for wheel --constraint requirements.txt pyproject.toml
	$(COMPILE) --upgrade --output-file requirements-dev.txt --extra dev \
		--constraint requirements.txt --constraint requirements-build.txt pyproject.toml

translations: .make/dev ## collect the texts into the French catalogue, and compile it
	$(BIN)/pybabel --quiet extract -F babel.cfg -k lazy_gettext -k lazy_ngettext:1,2 \
		--add-location=file --sort-by-file --project=webinars \
		--copyright-holder='the Webinars contributors' -o .make/messages.pot .
	test -e webinars/translations/fr/LC_MESSAGES/messages.po || \
		$(BIN)/pybabel --quiet init -l fr -i .make/messages.pot -d webinars/translations
	$(BIN)/pybabel --quiet update -i .make/messages.pot -d webinars/translations \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	@$(MAKE) --no-print-directory .make/installed

wheel: .make/dev ## dist/: the source archive, and the wheel made from it
	$(BIN)/python -m build --no-isolation

format: .make/dev ## ruff's format and its safe corrections
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove what can be made again; instance/ holds data and stays
	rm -rf .venv .make dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find webinars migrations tests -name __pycache__ -type d -prune -exec rm -rf {} +
	find webinars/translations -name '*.mo' -delete

# The environment: one folder, one stamp a step --------------------------------------

.venv/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Python 3.11 or later is needed: make PYTHON=/path/to/python3.11 …'; exit 1; }
	$(PYTHON) -m venv --clear .venv

.make/packages: .venv/pyvenv.cfg requirements.txt requirements-build.txt
	$(PIP_INSTALL) --require-hashes -r requirements.txt -r requirements-build.txt
	@mkdir -p .make && touch $@

.make/dev-packages: .make/packages requirements-dev.txt
	$(PIP_INSTALL) --require-hashes -r requirements-dev.txt
	@mkdir -p .make && touch $@

# An editable install; it also compiles the catalogues (hatch_build.py).
.make/installed: .make/packages pyproject.toml hatch_build.py $(CATALOGUES)
	$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@mkdir -p .make && touch $@

.PHONY: .make/run .make/dev
.make/run: .make/installed
.make/dev: .make/dev-packages .make/installed
