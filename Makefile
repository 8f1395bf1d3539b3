# make demo, make test, make ui, make bench: each sets up .venv from constraints.txt where that is needed, then does its job.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

ACCOUNTS ?= 420000
MONTHS   ?= 3
# Another size is another population, and earlier months cannot be added before later ones: each gets a home of its own.
HOME_DIR ?= .seg$(if $(filter-out 420000,$(ACCOUNTS)),-$(ACCOUNTS))$(if $(filter-out 3,$(MONTHS)),-$(MONTHS)-months)

.PHONY: help demo test coverage ui bench bench-quality soak scale clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    sample data for $(ACCOUNTS) accounts, and the whole graph over it   (less: ACCOUNTS=20000 MONTHS=1)"
	@echo "make ui      the Dagster UI on those very runs (with the same ACCOUNTS and MONTHS)"
	@echo "make test    linter, types, layers, tests"
	@echo "make bench   rows a second and peak memory of each stage"
	@echo "make soak    half a year unattended, every event, one kill -9: what was caught, when   (less: ACCOUNTS=3000 WEEKS=8)"
	@echo "make scale   scoring of 0.42, 4.2 and 42 million accounts, on Polars and on Spark; what clusters would cost   (needs 20 GB of disk)"
	@echo "make bench-quality   segments beside rules by hand, k-means and a supervised tree; what readability costs"

$(READY): setup.cfg pyproject.toml constraints.txt
	@found="$$("$(PYTHON)" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)"; case "$$found" in \
	3.11|3.12) ;; \
	*) echo "make: this needs Python 3.11 or 3.12, and found $${found:-none}. Install one, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1;; \
	esac
	@echo "Setting up $(VENV) (once, a few minutes)"
	@"$(PYTHON)" -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $(READY)

demo: $(READY)
	@$(BIN)/seg demo --accounts $(ACCOUNTS) --months $(MONTHS) --home $(HOME_DIR)

ui: $(READY)
	@$(BIN)/seg ui --home $(HOME_DIR)

# More workers than two cores, since tests that end to end wait for processes of their own.
test: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pytest -n 4 --dist worksteal

# Apart from `test`, which it would make a fifth slower.
coverage: $(READY)
	@$(BIN)/pytest -n 4 --dist worksteal --cov --cov-report=term

bench: $(READY)
	@$(BIN)/python -m benchmarks

scale: $(READY)
	@$(BIN)/python -m benchmarks.scale --out benchmarks/results/scale.json

# ACCOUNTS counts here only where someone gave it: the default above is for the demo.
QUALITY_SIZE = $(if $(filter-out file default undefined,$(origin ACCOUNTS)),--accounts $(ACCOUNTS))

bench-quality: $(READY)
	@$(BIN)/python -m benchmarks.quality $(QUALITY_SIZE)
	@$(BIN)/python -m benchmarks.quality.readability $(QUALITY_SIZE)

SOAK_SIZE = $(QUALITY_SIZE) $(if $(WEEKS),--weeks $(WEEKS))

# A new home each time; the report of the full size is the one that is kept.
soak: $(READY)
	@$(BIN)/python -c 'import libfaketime' 2>/dev/null || \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[soak]'
	@rm -rf .seg-soak
	@$(BIN)/python -m benchmarks.soak --home .seg-soak $(strip $(SOAK_SIZE)) $(if $(strip $(SOAK_SIZE)),,--out benchmarks/results/soak.md)

clean:
	rm -rf $(VENV) .seg* build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
