# Every target makes its own .venv and installs what it needs, once (scripts/install.sh).
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BIN := .venv/bin
ARGS ?=
MODEL ?=
WORKERS ?= 2
SEED ?= 1
CASES ?= 40

.PHONY: help demo serve test lint check siege bench format pages dashboard .run .dev .lint .types .fast-tests

help:  ## Show this list
	@grep -hE '^[a-z]+:.*  ## ' $(MAKEFILE_LIST) | awk -F ':.*  ## ' '{printf "make %-14s %s\n", $$1, $$2}'

.run:
	@scripts/install.sh run

.dev:
	@scripts/install.sh dev

demo: .run  ## Fine-tune a real model through the API and compare it with its base; MODEL= another
	@$(BIN)/understudy demo $(if $(MODEL),--model "$(MODEL)") $(ARGS)

serve: .run  ## Serve the API on this machine; options in ARGS="--port 9000 ..."
	@$(BIN)/understudy serve $(ARGS)

test: .dev  ## All tests: the fast ones, then the slow ones
	@$(BIN)/pytest -q -n $(WORKERS)
	@$(BIN)/pytest -q -n $(WORKERS) -m slow

lint: .dev .lint .types  ## Format, lint, imports and types

check: .dev .lint  ## What `make lint` checks, and the fast tests beside the types
	@$(MAKE) --no-print-directory -j2 --output-sync .types .fast-tests

.lint: .dev
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/ruff check --quiet
	@$(BIN)/lint-imports --no-logo

.types: .dev
	@$(BIN)/pyright

.fast-tests: .dev
	@$(BIN)/pytest -q -n $(WORKERS)

siege: .dev  ## Faults at every step and hostile requests to every route; SEED= CASES=
	@$(BIN)/python -m tests.siege.faults --seed $(SEED)
	@$(BIN)/python -m tests.siege.sockets
	@$(BIN)/python -m tests.siege.api --seed $(SEED) --cases $(CASES)
	@$(BIN)/python -m tests.siege.crowd --seed $(SEED)

bench: .run  ## Time start-up, training steps and generation on this machine
	@$(BIN)/python -m benchmarks.quick

format: .dev  ## Format the code and mend what lint can mend
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

pages: .dev  ## Write what is generated anew: parts of the pages, openapi.json, the dashboard's types
	@$(BIN)/python -m scripts.write_pages
	@$(BIN)/python scripts/build_dashboard.py types

dashboard: .run  ## Build the dashboard; does nothing while it is up to date
	@$(BIN)/python scripts/build_dashboard.py
