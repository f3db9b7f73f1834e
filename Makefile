# Every target installs what it needs into .venv, from the lock with hashes. Needs Python 3.11 and make, no more.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell command -v python3.11 || command -v python3)
INSTALLED := $(VENV)/.installed
SERVICES := $(VENV)/.services
DEMO_HOME := $(CURDIR)/.demo/dagster
PORT ?= 3000
# Two workers are what a small machine has; `make test WORKERS=0` runs in one process, for a debugger.
WORKERS ?= 2
# Each write of BCN waits until the disk has it; tests need no power cut survived, so they use memory where there is some.
TEST_TMPDIR ?= $(shell test -w /dev/shm && echo /dev/shm || echo $${TMPDIR:-/tmp})

.DEFAULT_GOAL := help
.PHONY: help install demo dev test test-services conformance drill-catalog-database lint style types layers docs format bench fault-report lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(INSTALLED): requirements/dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "BCN needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

install: $(INSTALLED) ## install BCN and its tools into .venv

demo: install ## back up a small warehouse through Dagster, lose it, get it back
	$(BIN)/python -m bcn_dagster.demo

dev: install ## open the Dagster UI on the demo's catalog (PORT=3000)
	$(BIN)/python -m bcn_dagster.demo --prepare
	mkdir -p $(DEMO_HOME)
	cp dagster.yaml $(DEMO_HOME)/dagster.yaml
	cd .demo && DAGSTER_HOME=$(DEMO_HOME) BCN_CONFIG=$(CURDIR)/.demo/bcn.toml $(CURDIR)/$(BIN)/dagster dev -w $(CURDIR)/workspace.yaml -h 127.0.0.1 -p $(PORT)

test: install ## run the tests that need no server
	TMPDIR=$(TEST_TMPDIR) $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

# pyspark comes as source alone; setuptools, which builds it, is in the lock of the tools.
$(SERVICES): $(INSTALLED) requirements/services.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --no-binary pyspark --no-build-isolation --use-pep517 --require-hashes -r requirements/services.txt
	touch $@

test-services: $(SERVICES) ## run the tests against real servers, which are fetched and started here
	scripts/install-services.sh
	$(BIN)/python scripts/fetch_jars.py
	scripts/fetch-servers.sh
	TMPDIR=$(TEST_TMPDIR) $(BIN)/python -m pytest tests/services

# What every store, every catalog and every way between them holds, as tables; the run's report stays in build/.
CONFORMANCE := tests/conformance $(wildcard tests/services/test_*_conformance.py tests/services/test_s3_store.py tests/services/test_s3_copies.py) \
	$(wildcard tests/services/test_*_faults_on_the_wire.py) tests/services/test_restore_across_kinds.py tests/services/test_calls_of_a_sweep.py

conformance: $(SERVICES) ## print store x case, catalog x case, source x target and calls per sweep, from real servers
	scripts/fetch-servers.sh
	mkdir -p build
	status=0; TMPDIR=$(TEST_TMPDIR) $(BIN)/python -m pytest -q $(CONFORMANCE) --junitxml=build/conformance.xml || status=$$?; \
	$(BIN)/python scripts/conformance_tables.py build/conformance.xml; exit $$status

drill-catalog-database: $(SERVICES) ## a real Nessie on PostgreSQL loses its schema, and has it back
	scripts/install-services.sh
	scripts/fetch-servers.sh
	TMPDIR=$(TEST_TMPDIR) $(BIN)/python -m pytest tests/services/test_catalog_database_servers.py -n0 -k nessie

lint: style types layers docs ## ruff, mypy --strict, the import layers, and the documentation

style: install ## ruff check and ruff format --check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install ## mypy --strict
	$(BIN)/mypy

layers: install ## the import layers
	$(BIN)/lint-imports

docs: install ## build the documentation as a site in build/site; a warning is an error
	$(BIN)/mkdocs --quiet build

format: install ## let ruff format and mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(SERVICES) ## measure BCN next to its peers; writes docs/benchmarks.md, nothing fails on its figures
	scripts/fetch-servers.sh
	for script in benchmarks/*.py; do echo "== $$script"; TMPDIR=$(TEST_TMPDIR) $(BIN)/python "$$script" || exit 1; done

fault-report: install ## try every fault case, kill 100 real backups, live through 14 simulated days (minutes)
	TMPDIR=$(TEST_TMPDIR) $(BIN)/python scripts/fault-report.py

lock: install ## write requirements/*.txt anew from pyproject.toml (UPGRADE=--upgrade takes the newest)
	scripts/lock.sh $(UPGRADE)

clean: ## remove the environment, the demo and all caches
	rm -rf $(VENV) .demo .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
