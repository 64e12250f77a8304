# Everything a newcomer needs: `make demo`, then `make test`. Each target installs what it uses.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test check web bench clean

demo: $(VENV)/train  ## train on this Python's standard library, show completions
	$(BIN)/codekiln run recipes/tiny.toml --work work

test: $(VENV)/dev  ## the whole test suite
	$(BIN)/pytest

check: $(VENV)/dev  ## style, types, layers
	$(BIN)/ruff format --check src tests examples bench
	$(BIN)/ruff check src tests examples bench
	$(BIN)/mypy
	$(BIN)/lint-imports

web: web/node_modules  ## build the pages in src/codekiln/serve/web/static from web/
	cd web && node build.mjs

bench: $(VENV)/bench  ## figures, each beside a peer in the same run
	$(BIN)/python -m bench

web/node_modules: web/package-lock.json
	cd web && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

$(VENV)/train: pyproject.toml constraints.txt | $(VENV)
	$(INSTALL) -e '.[train]'
	touch $@

$(VENV)/dev: pyproject.toml constraints.txt | $(VENV)
	$(INSTALL) -e '.[dev]'
	touch $@

$(VENV)/bench: pyproject.toml constraints.txt | $(VENV)
	$(INSTALL) -e '.[bench]'
	touch $@

$(VENV):
	$(PYTHON) -m venv $(VENV)

clean:  ## remove the environment and everything built
	rm -rf $(VENV) work
