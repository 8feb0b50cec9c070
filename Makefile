PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help install demo test lint types imports format bench

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

install: $(READY) ## make .venv with everything in it

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check "torch==$$(sed -n 's/^torch==//p' constraints.txt)"
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[train,plot,audio,serve,notation,ray,dev]"
	touch $(READY)

demo: $(READY) ## prepare the example songs, train a tiny model, generate two solos
	$(BIN)/python examples/demo.py

test: $(READY) ## the test suite
	$(BIN)/python -m pytest -n 2

lint: $(READY) ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## mypy, strict
	$(BIN)/mypy

imports: $(READY) ## the import contract
	$(BIN)/lint-imports

format: $(READY) ## let ruff format and mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY) ## the benchmarks that need only the example songs and a short training
	$(BIN)/solomuse prepare 01.data/Remote --out runs/bench.dataset --size tiny --force
	$(BIN)/python benchmarks/training_speed.py runs/bench.dataset --size tiny
	rm -rf runs/bench
	$(BIN)/solomuse train runs/bench.dataset --out runs/bench --size tiny --epochs 2
	$(BIN)/python benchmarks/generation_speed.py --size tiny --rows 1 8
	$(BIN)/python benchmarks/masking.py
	$(BIN)/python benchmarks/playing.py
