# make run: from a fresh machine to Alur on http://127.0.0.1:8080 (PORT=8081 make run for another).
# make test: every check, from nothing. Both need Python 3.11 or later, and nothing else.
# make soak: kills processes under load (MINUTES=60 DATABASE=postgresql SEED=7): tests/soak.
# make bench: figures beside peers (BENCH="sqlite --rounds 20" for some of them): tests/benchmarks.

PYTHON ?= python3
# How many processes run the tests.
JOBS ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PACKAGE := setup.cfg pyproject.toml Makefile

.DEFAULT_GOAL := run
.PHONY: run test bench soak lint words clean

run: $(VENV)/.installed
	$(BIN)/alur demo $(if $(PORT),--port $(PORT))

test: lint
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile --durations 15

bench: $(VENV)/.installed-test
	$(BIN)/python -m tests.benchmarks $(BENCH)

soak: $(VENV)/.installed-test
	$(BIN)/python -m tests.soak $(if $(MINUTES),--minutes $(MINUTES)) \
	  $(if $(DATABASE),--database $(DATABASE)) $(if $(SEED),--seed $(SEED))

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy

# Texts of webhooks/ that are new in the catalogue have no English yet: write it there.
CATALOGUE := webhooks/translations/en/LC_MESSAGES/messages.po
words: $(VENV)/.installed
	$(BIN)/pybabel -q extract -F babel.cfg -k phrase -k Sentence -k lazy_gettext \
	  --no-location --sort-output -o $(VENV)/messages.pot webhooks engine
	$(BIN)/pybabel -q update -l en -i $(VENV)/messages.pot -o $(CATALOGUE) \
	  --no-fuzzy-matching --ignore-obsolete --omit-header -w 100

clean:
	rm -rf $(VENV) *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: a second run installs nothing again until what the package needs has changed.
$(VENV)/.installed: $(VENV)/.created $(PACKAGE)
	$(PIP) install --editable .
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(PIP) install --editable '.[test]'
	touch $@

$(VENV)/.created:
	@$(PYTHON) -c '' 2>/dev/null || { \
	  echo "$(PYTHON) does not run. Install Python 3.11 or later"; \
	  echo "(Debian, Ubuntu: sudo apt-get install python3 python3-venv), or say PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$$($(PYTHON) --version) is too old: Alur needs Python 3.11 or later."; \
	  echo "When a later one is installed beside it, say for example: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments: its venv package is missing."; \
	  echo "Debian, Ubuntu: sudo apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	touch $@
