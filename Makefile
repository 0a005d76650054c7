# Quanshu 泉枢. `make` alone tells what each target does.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMPS := .stamps
UV_VERSION := 0.13.8

.DEFAULT_GOAL := help
.PHONY: help setup test

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(STAMPS)/python ## Set up the virtual environment from the lock

$(STAMPS)/python: requirements.lock pyproject.toml
	@mkdir -p $(STAMPS)
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv==$(UV_VERSION)
	$(BIN)/uv pip install --quiet --require-hashes --python $(BIN)/python -r requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --python $(BIN)/python -e .
	@touch $@

test: setup ## Run the whole test suite
	$(BIN)/pytest -q -n 2 tests/unit tests/faults
