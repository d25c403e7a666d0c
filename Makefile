# The developer's interface. `make help` lists the targets.

PYTHON ?= python3
PORT   ?= 6543
INI    ?= development.ini
VENV   := .venv
BIN    := $(VENV)/bin
OPPONENTS := .venv-opponents
# Two workers fit two cores; `make test ARGS="-k money -n0"` narrows a run.
WORKERS ?= 2
ARGS   ?=
CHAOS  ?=
FAULTS ?=
MODEL  ?= 5000x100
GUARDS ?=

# Where it is set, each of the hundreds of processes that tests start would compile the application anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install install-dev system-packages serve debug migrate demo test optimized chaos chaos-long model-long faults guards bench opponents profile reference screenshots lint types strategies schemathesis-long shell requirements clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-18s %s\n", $$1, $$2}'

# A stamp file per requirements file: nothing is installed again until the pins change.
$(VENV)/installed: requirements.txt setup.cfg pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@

install: $(VENV)/installed  ## create the virtual environment with the pinned versions
install-dev: $(VENV)/installed-dev system-packages  ## the same, with what tests and linters need

system-packages:  ## hledger and Chromium, from Debian where this is Debian and root
	@$(PYTHON) -m tools.system_packages

migrate: install  ## bring the database of $(INI) to the newest schema
	$(BIN)/myapp migrate -c $(INI)

demo: migrate  ## load the demo books, if there are none
	$(BIN)/myapp demo -c $(INI)

serve: demo  ## migrate, load the demo books, serve on http://127.0.0.1:6543 (PORT=… changes it)
	$(BIN)/pserve $(INI) port=$(PORT)

debug: demo  ## the same with Pyramid's debug toolbar, which is slow
	$(BIN)/pserve --app-name debug development.ini port=$(PORT)

test: install-dev  ## run every test on SQLite and on a PostgreSQL of its own
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

# pytest rewrites the assertions of test modules, so these still hold; those of the application are gone. What the
# option takes away is the same on both products, so one of them is enough.
optimized: install-dev  ## run the lifecycle's tests as `python -O` runs the application
	PYTHONOPTIMIZE=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -W ignore::pytest.PytestConfigWarning -k "not postgresql" tests/lifecycle

chaos: install-dev  ## a bank whose servers are killed under it (CHAOS=… hands options on)
	$(BIN)/python -m tests.chaos $(CHAOS)

chaos-long: install-dev  ## the same for about 80 minutes, and the races 25 times as often
	$(BIN)/python -m tests.chaos --seconds 1800 --kills 400 --acknowledged 50000 --sigterms 100
	RACES_TIMES=25 $(BIN)/python -m pytest -n 0 --timeout=3600 tests/chaos -k races

schemathesis-long: install-dev  ## send every operation 5,000 requests made of its schemas; CI sends 300
	SCHEMATHESIS_EXAMPLES=5000 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --timeout=0 tests/contract $(ARGS)

faults: install-dev  ## fail every call to the database driver in every way, then pairs of them, at every route
	$(BIN)/python -m tests.faults $(FAULTS)
	$(BIN)/python -m tests.faults --pairs $(FAULTS)

model-long: install-dev  ## hold the API to the model for 5,000 programs of 100 steps (MODEL=… for others)
	MODEL=$(MODEL) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --timeout=0 tests/model

guards: install-dev  ## break each guard of the session once, in a copy, and see its tests go red
	$(BIN)/python -m tools.guards $(GUARDS)

# The frameworks that `make bench` measures us against have an environment of their own.
$(OPPONENTS)/installed: benchmarks/opponents/requirements.txt
	test -x $(OPPONENTS)/bin/python || $(PYTHON) -m venv $(OPPONENTS)
	$(OPPONENTS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r benchmarks/opponents/requirements.txt
	touch $@

opponents: $(OPPONENTS)/installed  ## install the frameworks that the benchmarks measure against, apart from ours

bench: install-dev opponents  ## measure every row of the table side by side (QUICK=1: in fewer rounds)
	$(BIN)/python -m benchmarks.bench

profile: install-dev  ## where the CPU time of one POST and one GET goes, by room (QUICK=1: of fewer requests)
	$(BIN)/python -m benchmarks.profiling

reference: install-dev  ## write docs/reference.md from the route table
	$(BIN)/python -m tools.reference

screenshots: install-dev  ## take the README's screenshots of the pages (needs Chromium)
	$(BIN)/python -m tools.screenshots

lint: install-dev  ## ruff, mypy --strict, import-linter, djlint, the lifecycle lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/djlint --lint --quiet myapp/web/templates
	$(BIN)/python -m tools.lifecycle_lint myapp

types: install-dev  ## mypy alone
	$(BIN)/mypy

strategies: install-dev  ## measure six ways to get a Session, and write docs/session-per-request.md's numbers
	$(BIN)/python -m benchmarks.session_strategies

shell: migrate  ## open pshell on the database of $(INI)
	$(BIN)/pshell $(INI)

requirements: install-dev  ## resolve the pins again (needs uv on the PATH)
	uv pip compile setup.cfg --extra beancount --extra gunicorn --extra toolbar $(UV_FLAGS) -o requirements.txt
	uv pip compile setup.cfg --extra beancount --extra gunicorn --extra toolbar --extra dev $(UV_FLAGS) -c requirements.txt -o requirements-dev.txt
	uv pip compile benchmarks/opponents/requirements.in $(UV_FLAGS) -c requirements.txt -o benchmarks/opponents/requirements.txt

UV_FLAGS := --universal --generate-hashes --python-version 3.11 --no-annotate --no-header --quiet

clean:  ## remove the virtual environments and the caches, never a database
	rm -rf $(VENV) $(OPPONENTS) .pytest_cache .mypy_cache .ruff_cache build ./*.egg-info
