# `make report` and `make test` do everything on a fresh machine; .ci/run calls both.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
export NO_MKDOCS_2_WARNING := 1

.PHONY: report test test-slow lint bench serve clean

$(VENV)/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=24"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

report: $(VENV)/installed
	$(BIN)/fwd-report build
	$(BIN)/mkdocs build --strict --quiet
	@echo "The site is in site/; look at it with: $(BIN)/fwd-report serve"

# A worker a core, each with one thread: most of the suite waits for processes of its own.
test: $(VENV)/installed lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist loadfile

test-slow: $(VENV)/installed
	$(BIN)/python -m pytest -m slow

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/installed
	$(BIN)/python bench/part_a.py
	$(BIN)/python bench/training.py
	$(BIN)/python bench/noop.py
	$(BIN)/python bench/serve.py

serve: $(VENV)/installed
	$(BIN)/fwd-report serve

clean:
	rm -rf site docs/report .fwd-report
