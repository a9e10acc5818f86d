# Everything lives in .venv/ (environment) and var/ (data). Stamps in .venv say what is installed, so that a second run starts at once.
# `make PYTHON=/path/to/python3 …` names the interpreter; otherwise the first one here that is 3.11 or newer.
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
LOCK := uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --custom-compile-command 'make lock' \
	pyproject.toml --group install --extra postgres

.PHONY: install run test check bench lock

install: .venv/installed

run: .venv/installed
	$(BIN)/dondoc demo

test: .venv/installed-dev
	$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

check: .venv/installed-dev
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports --config setup.cfg

bench: .venv/installed-dev
	for bench in tests/benchmarks/bench_*.py; do PYTHONPATH=. $(BIN)/python $$bench || exit 1; done

# Needs uv. Keeps the versions that the locks hold already; `make lock UPGRADE=--upgrade` takes the newest that pyproject.toml allows.
lock:
	$(LOCK) $(UPGRADE) --output-file requirements.lock
	$(LOCK) $(UPGRADE) --extra test --extra check --constraint requirements.lock --output-file requirements-dev.lock

# Debian's python3 without python3-venv has no ensurepip: then its own pip, if there is one, fills the environment.
$(BIN)/python:
	@test -n '$(PYTHON)' || { echo 'Python 3.11 or newer is needed; name one: make PYTHON=/path/to/python3'; exit 1; }
	@echo 'Making the environment in .venv'
	@$(PYTHON) -m venv .venv >/dev/null 2>&1 || { $(PYTHON) -m venv --clear --without-pip .venv && \
		$(PYTHON) -m pip --quiet --python $@ install --require-hashes -r requirements.lock; } || { rm -rf .venv; \
		echo 'The venv module of Python is missing (on Debian and Ubuntu: apt install python3-venv)'; exit 1; }

.venv/installed: requirements.lock pyproject.toml setup.cfg | $(BIN)/python
	@echo 'Installing the packages that requirements.lock names'
	@$(PIP) --require-hashes -r requirements.lock
	@PYTHONWARNINGS=ignore $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/installed-dev: requirements-dev.lock .venv/installed
	@echo 'Installing what tests and checks need'
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@
