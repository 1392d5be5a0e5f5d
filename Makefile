# make play    install what is missing, then play one game
# make test    lint, then the whole test suite
# make lint    ruff and mypy
# make bench   run the benchmarks
# make replications   play published results again, some minutes, and write docs/replications.md
# make clean   remove builds and caches; the environment in .venv and the runs in runs/ stay
#
# Variables:
#   PYTHON=python3.12                        another interpreter (3.11 or later)
#   ARGS="trust --agents human"              what `make play` plays
#   TORCH=torch==2.13.0+cpu                  another build of torch than the one in constraints.txt
#   PIP_ARGS="--extra-index-url URL"         more arguments for pip, such as where that build is found
# The last two count when something is installed; `rm .venv/installed` makes the next call install again.

PYTHON ?= python3
ARGS ?= ultimatum --agents befm
TORCH ?= $(shell grep '^torch==' constraints.txt)
PIP_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
PIP := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check $(PIP_ARGS)

.PHONY: play test lint bench replications clean
.DELETE_ON_ERROR:

play: $(INSTALLED)
	@$(BIN)/gamesim play $(ARGS)

test: lint
	$(BIN)/python -m pytest -n auto

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(INSTALLED)
	@set -e; for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python "$$file"; done

replications: $(INSTALLED)
	@$(BIN)/python -m gamesim.replicate > docs/replications.md.part
	@mv docs/replications.md.part docs/replications.md
	@cat docs/replications.md

clean:
	rm -rf build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find gamesim games agents experiments tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is written last, so an installation that was cut off is taken up again.
$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("gamesim needs Python 3.11 or later; name one with make PYTHON=..." if sys.version_info < (3, 11) else 0)'
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV): some minutes the first time, torch being the largest part"
	@{ grep -v '^torch==' constraints.txt; echo '$(TORCH)'; } > $(VENV)/constraints.txt
	@$(PIP) --constraint $(VENV)/constraints.txt setuptools
	@$(PIP) --constraint $(VENV)/constraints.txt --no-build-isolation --editable '.[all,dev]'
	@touch $@
