# `make report` and `make test` do everything on a fresh machine; .ci/run calls both.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
export NO_MKDOCS_2_WARNING := 1
# Compiled modules are kept, whatever the environment says: the suite starts many processes.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: report test test-slow test-gpu coverage lint ci-matrix dist bench serve clean

$(VENV)/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=24"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

report: $(VENV)/installed
	$(BIN)/fwd-report build
	$(BIN)/mkdocs build --strict --quiet
	@echo "The site is in site/; look at it with: $(BIN)/fwd-report serve"

# Workers of one thread each, one more than cores: tests wait for processes, browsers and clocks.
WORKERS := $(shell $(PYTHON) -c "import os; print((os.cpu_count() or 1) + 1)" 2>/dev/null || echo 3)
test: $(VENV)/installed lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

test-slow: $(VENV)/installed
	$(BIN)/python -m pytest -m slow

# What needs a GPU; without one every test is skipped and says why.
test-gpu: $(VENV)/installed
	$(BIN)/python -m pytest -m gpu -rs

# The suite with what it does not reach; the floor is `fail_under` in pyproject.toml.
coverage: $(VENV)/installed
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder --cov --cov-report=term:skip-covered

# The wheel in fresh environments: pinned versions, the lowest claimed, another Python. CI runs more.
# EXCEPT=torch takes the pinned torch for the lowest: from PyPI that one is gigabytes of CUDA.
ci-matrix: $(VENV)/installed
	$(BIN)/python .ci/matrix.py $(EXCEPT:%=--except %)

dist: $(VENV)/installed
	rm -rf dist
	$(BIN)/python -m hatchling build

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/installed
	$(BIN)/python bench/part_a.py
	$(BIN)/python bench/ceiling.py
	$(BIN)/python bench/training.py
	$(BIN)/python bench/plan.py
	$(BIN)/python bench/noop.py
	$(BIN)/python bench/serve.py

serve: $(VENV)/installed
	$(BIN)/fwd-report serve

clean:
	rm -rf site docs/report .fwd-report .cache/matrix dist
