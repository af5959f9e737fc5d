# Everything that a person types. Each target makes what it needs; `make demo` and `make test` need nothing but Python 3.11
# (and, for the tests against real backends, Go or the network to fetch it).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test test-fast bench durability study delays fuzz lint format tools stack clean

demo: $(READY)
	$(BIN)/driftmeter demo $(ARGS)

test: $(READY) tools
	$(BIN)/pytest $(ARGS)

# The local loop: on all cores, without what takes long, and with fewer examples of each property. Compiled tests are kept
# for the next time, though container images often forbid that: to rewrite all assertions anew takes a while.
test-fast: $(READY)
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest -n auto --dist worksteal -m "not e2e and not slow" --hypothesis-profile=fast $(ARGS)

bench: $(READY)
	$(BIN)/python benchmarks/run.py $(ARGS)

durability: $(READY)
	$(BIN)/python benchmarks/durability.py $(ARGS)

# Idle threads of a linear algebra library spin, which would be counted as work.
study: $(READY)
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/peers/study.py $(ARGS)

delays: $(READY)
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/peers/delays.py $(ARGS)

fuzz: $(READY)
	$(BIN)/python fuzz/run.py $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

tools: $(READY)
	$(BIN)/python tools/build.py

stack: tools
	$(BIN)/python tools/stack.py $(ARGS)

# pip knows dependency groups since 25.1, hence the upgrade.
$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable ".[demo]" --group dev
	touch $(READY)

clean:
	rm -rf $(VENV) demo-output .mypy_cache .pytest_cache .ruff_cache .hypothesis
