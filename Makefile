# make demo, make test, make walk and make bench install what they need, pinned by hash; only that touches the network.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check
# The whole test run has no network where the system lets us make a namespace without one.
OFFLINE := $(shell unshare -rn true 2>/dev/null && echo "unshare -rn $(PY) scripts/offline.py")
# One thread a worker: two workers fill two cores.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 NUMBA_NUM_THREADS=1
WORKERS ?= 2

.PHONY: help setup torch demo test check walk bench lock clean

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1 \t/'

setup: $(VENV)/.base  ## a virtual environment in .venv with everything that running needs

$(VENV)/bin/python:
	@python=$$(scripts/find_python) && echo "setting up .venv with $$python" && "$$python" -m venv --clear $(VENV)

$(VENV)/.base: requirements/base.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing bonaface and its parts (pinned by hash; a minute or two)"
	@$(PIP) --require-hashes -r requirements/base.txt
	@$(PIP) --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.base
	@echo "installing the tools for the tests"
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.judge: requirements/judge.txt $(VENV)/.base
	@echo "installing the second judge (dlib, 100 MB)"
	@$(PIP) --require-hashes -r requirements/judge.txt
	@touch $@

demo: setup  ## learn one person, swap into two clips and a painting, measure, seal: results in demo-out/
	@$(OFFLINE) $(PY) -m bonaface.apps.demo --draft
	@$(PY) scripts/get_torch.py || true
	@$(OFFLINE) $(PY) -m bonaface.apps.demo

torch: setup  ## torch for training the network, only if pip finds its CPU build
	@$(PY) scripts/get_torch.py

check: $(VENV)/.dev  ## style, types, layers
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

test: check  ## style, types, layers, then all tests, without a network
	@$(if $(OFFLINE),echo "the tests run in a namespace without a network",echo "SKIPPED: no network namespace can be made here, so the tests run with the network in reach")
	@$(ONE_THREAD) BONAFACE_TEST_OFFLINE=$(if $(OFFLINE),1,) $(OFFLINE) $(PY) -m pytest -n $(WORKERS) --dist loadfile

walk: $(VENV)/.dev  ## film maker, programmer and teacher each do one real task, judged by tools outside bonaface
	@$(OFFLINE) $(PY) scripts/walk/walk.py $(WALK)

bench: $(VENV)/.judge  ## measure swaps on the public pairs: results in bench-out/ (BENCH="--quick --force" passes options on)
	@$(VENV)/bin/bonaface bench swap $(BENCH)

lock: $(VENV)/bin/python  ## resolve requirements/*.txt anew (needs uv and the network)
	@scripts/lock

clean:  ## remove the virtual environment and the demo's and benchmark's results
	rm -rf $(VENV) demo-out bench-out .mypy_cache .ruff_cache .import_linter_cache .hypothesis
