# Two commands matter: 'make run' and 'make test'. 'make help' lists the rest.

SHELL := /bin/sh
.DEFAULT_GOAL := help
REGION ?= syr-darya
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: run
run: $(READY) ## map the region REGION (default: syr-darya); prints where the map is
	@$(PY) -m pipeline run "$(REGION)"

.PHONY: test
test: $(READY) ## run everything that proves the project
	@$(PY) tests/prove.py

.PHONY: lint
lint: $(READY) ## lint, format check, types, import contract, workflow lint
	@$(PY) tests/prove.py --only lint

.PHONY: format
format: $(READY) ## format the Python and Snakemake files
	@$(PY) -m ruff check --fix -q . ; $(PY) -m ruff format . && $(PY) -m snakefmt Snakefile pipeline

.PHONY: schema
schema: $(READY) ## write configs/schema and docs/data-model.md from the code
	@$(PY) -m pipeline schema

.PHONY: docs
docs: schema ## write the generated pages of docs/ (the rest is Markdown)

.PHONY: bench
bench: $(READY) ## measure against peers, side by side (installs them into .bench-venv)
	@$(PY) benchmarks/run.py

.PHONY: lock
lock: $(READY) ## resolve pyproject.toml into requirements.lock again
	@$(PY) -m venv .lock-venv && .lock-venv/bin/python -m pip install -q uv \
	  && .lock-venv/bin/uv pip compile -q --universal --python-version 3.11 \
	     --generate-hashes --no-header --upgrade --extra dev pyproject.toml -o requirements.lock \
	  && rm -rf .lock-venv

.PHONY: clean
clean: ## remove outputs (keeps .venv)
	@find outputs -mindepth 1 -not -name .gitkeep -delete; rm -rf .snakemake

.PHONY: install
install: $(READY) ## create .venv with the locked dependencies

$(READY): requirements.lock pyproject.toml
	@echo "Installing the locked dependencies into $(VENV) (once, a few minutes)"
	@py=""; for c in "$$PYTHON" python3 python3.14 python3.13 python3.12 python3.11; do \
	  [ -n "$$c" ] && "$$c" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	    && { py="$$c"; break; }; done; \
	[ -n "$$py" ] || { echo "Python 3.11 or newer is needed; none was found. Install it, or set PYTHON=/path/to/python3." >&2; exit 1; }; \
	"$$py" -m venv --clear $(VENV) || { echo "'$$py -m venv' failed; on Debian and Ubuntu install the package python3-venv." >&2; exit 1; }
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(PY) -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)
