# Every target sets itself up: it needs python3 (3.11 or newer), python3-venv and make, nothing else.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: help run test test-ha check bench regress clean ready-run ready-dev ready-ha
.DEFAULT_GOAL := help

help:
	@echo "make run      start the app in the browser"
	@echo "make test     everything that must hold: make check, then all tests"
	@echo "make test-ha  tests of the Home Assistant integration, with a Home Assistant of their own (Python 3.13)"
	@echo "make check    format, lint, types, import contracts"
	@echo "make bench    measure speed, into benchmarks/latest.json"
	@echo "make regress  compare the advice on the reference clusters with what it was"
	@echo "make clean    remove .venv, .venv-ha and caches (never data/)"

# $(call ready,NAME,REQUIREMENTS): .venv exists and holds what the requirements file asks for. The stamp keeps the
# hash of what was installed: a second call does nothing, a changed file installs again.
define ready
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "ProxBalance needs Python 3.11 or newer as python3 (or name one: make PYTHON=python3.12)." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "Python's venv module is missing: run 'sudo apt install python3-venv', then make again." >&2; exit 1; }
	@$(BIN)/python -c 'import pip' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@hash=$$(cat requirements*.txt constraints.txt | $(BIN)/python -c '$(HASH)'); \
	if [ "$$(cat .venv/installed-$(1) 2>/dev/null)" != "$$hash" ]; then \
	  echo "Installing $(2) into .venv (once, a minute or two)"; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -r $(2) -c constraints.txt || exit 1; \
	  echo "$$hash" > .venv/installed-$(1); \
	fi
endef

HASH := import hashlib, sys; print(hashlib.sha256(sys.version.encode() + sys.stdin.buffer.read()).hexdigest())

ready-run:
	$(call ready,run,requirements.txt)

ready-dev:
	$(call ready,dev,requirements-dev.txt)

run: ready-run
	$(BIN)/streamlit run app.py

check: ready-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

test: check
	$(BIN)/python -m pytest -rs -n logical --maxprocesses 4 --dist loadfile

# Home Assistant pins other versions of much that the app uses: it gets an environment of its own.
PYTHON_HA ?= $(shell for each in python3.13 $(or $(PYENV_ROOT),$(HOME)/.pyenv)/versions/3.13*/bin/python3; do \
  "$$each" -c 'import ensurepip, venv' 2>/dev/null && { echo "$$each"; break; }; done)

ready-ha:
	@"$(PYTHON_HA)" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 13))' 2>/dev/null \
	  || { echo "These tests need Python 3.13 as python3.13 (or name one: make PYTHON_HA=...)." >&2; exit 1; }
	@.venv-ha/bin/python -c 'import pip' 2>/dev/null || "$(PYTHON_HA)" -m venv --clear .venv-ha
	@hash=$$(.venv-ha/bin/python -c '$(HASH)' <requirements-ha.txt); \
	if [ "$$(cat .venv-ha/installed 2>/dev/null)" != "$$hash" ]; then \
	  echo "Installing requirements-ha.txt into .venv-ha (once, a few minutes)"; \
	  .venv-ha/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-ha.txt || exit 1; \
	  echo "$$hash" > .venv-ha/installed; \
	fi

# The app is started beside a real Home Assistant by one of the tests.
test-ha: ready-ha ready-run
	.venv-ha/bin/mypy --config-file tests_ha/mypy.ini
	COVERAGE_CORE=sysmon .venv-ha/bin/python -m pytest -c tests_ha/pytest.ini --rootdir=. tests_ha -rs \
	  --cov=custom_components.proxbalance --cov-report=term-missing:skip-covered --cov-fail-under=95

bench: ready-dev
	$(BIN)/python -m pytest benchmarks/ --benchmark-json=benchmarks/latest.json

regress: ready-dev
	@if [ -d tests/regress ]; then $(BIN)/python -m pytest tests/regress -rs; \
	else echo "There are no reference clusters yet (tests/regress)."; fi

clean:
	rm -rf .venv .venv-ha .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
