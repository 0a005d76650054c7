# Quanshu 泉枢. `make` alone tells what each target does.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMPS := .stamps
UV_VERSION := 0.13.8
CATALOGUES := $(shell find src -name django.po 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help setup demo up test test-strict check fix docs bench lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(STAMPS)/python $(STAMPS)/assets $(STAMPS)/messages ## Set up the virtual environment, front-end files and translations

$(STAMPS)/python: requirements.lock pyproject.toml
	@mkdir -p $(STAMPS)
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing the Python packages of the lock"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip install --quiet --require-hashes --python $(BIN)/python -r requirements.lock
	@$(BIN)/uv pip install --quiet --no-deps --python $(BIN)/python -e .
	@touch $@

$(STAMPS)/assets: package-lock.json package.json tools/assets.py $(STAMPS)/python
	@echo "installing the front-end packages of the lock"
	@$(BIN)/python tools/assets.py
	@touch $@

$(STAMPS)/messages: $(CATALOGUES) tools/messages.py $(STAMPS)/python
	@$(BIN)/python tools/messages.py compile
	@touch $@

demo: setup ## Run a node of Jinan with a synthetic city of 20,000 residents; Ctrl-C stops it
	@$(BIN)/quanshu demo

up: setup ## Run a node without demo data
	@$(BIN)/quanshu up

test: setup ## Run the whole test suite
	@$(BIN)/python tools/run_tests.py

test-strict: setup ## Run the whole test suite; a missing PostgreSQL or Chromium is a failure
	@$(BIN)/python tools/run_tests.py --strict

check: setup ## Run the linters, the type checker, the import contracts and the translation check
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/djlint --lint --quiet src
	@$(BIN)/python tools/messages.py check
	@PYTHONPATH=tools $(BIN)/lint-imports --no-logo
	@$(BIN)/mypy

fix: setup ## Mend what the linters can mend by themselves
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: setup ## Write the generated pages of docs/ anew
	@$(BIN)/python tools/traceability.py
	@test ! -f tools/reference.py || $(BIN)/python tools/reference.py

$(STAMPS)/bench: requirements-bench.lock $(STAMPS)/python
	@echo "installing the peers of the benchmarks"
	@$(BIN)/uv pip install --quiet --require-hashes --python $(BIN)/python -r requirements-bench.lock
	@touch $@

bench: setup $(STAMPS)/bench ## Measure against named peers and the floor; writes benchmarks/results.json and docs/performance.md
	@$(BIN)/python -m benchmarks

lock: $(STAMPS)/python ## Solve the dependencies anew and write requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --python-version 3.11 --no-header -o requirements.lock -q
	@$(BIN)/uv pip compile pyproject.toml --extra bench --generate-hashes --python-version 3.11 --no-header --constraint requirements.lock -o requirements-bench.lock -q
	@$(BIN)/uv pip compile pyproject.toml --extra spark --generate-hashes --python-version 3.11 --no-header --constraint requirements.lock -o requirements-spark.lock -q

clean: ## Remove what set-up and runs have made, the demo node's data included
	rm -rf .venv .stamps node_modules var .pytest_cache .mypy_cache .ruff_cache src/quanshu/shared/web/static/vendor
