# The two commands:  make demo   make test
# Both need Python 3.11 or newer and make, nothing else: the rest goes into .venv.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$python" && break; done)
# Two processes, each with a broker of its own: most of what takes long waits.
PYTEST_ARGS ?= -n 2 --dist loadfile
DEMO_ARGS ?=
COMPILED_TESTS ?= tests/test_form.py tests/sla tests/engine tests/offline tests/test_lateness.py tests/test_properties.py \
	tests/test_scenarios.py tests/test_vectors.py
N ?= 200
SEEDS ?= 1-1000
AT_ONCE ?= 4

.PHONY: demo test chaos chaos-long fuzz audit lint types format chart compiled lock clean
.DEFAULT_GOAL := demo

demo: $(VENV)/installed-demo
	@$(BIN)/slamon demo $(DEMO_ARGS)

test: lint types
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

# The rules and the engine as machine code, and their tests on it: it stands before the source on the path.
compiled: $(VENV)/installed-test
	@rm -rf build/compiled
	@HATCH_BUILD_HOOK_ENABLE_CUSTOM=1 $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target build/compiled .
	@FORM=compiled $(BIN)/pytest $(PYTEST_ARGS) -o pythonpath="build/compiled ." $(COMPILED_TESTS)

# Faults at every step of the protocol, on a Kafka of its own, judged by the offline machine (docs/reliability.md).
chaos: $(VENV)/installed-test
	@$(BIN)/python -m tests.chaos --short --at-once $(AT_ONCE)

# Every fault, seed after seed: make chaos-long N=500
chaos-long: $(VENV)/installed-test
	@$(BIN)/python -m tests.chaos --seeds $(SEEDS) --runs $(N) --at-once $(AT_ONCE) --record chaos.jsonl

# Mangled inputs into everything that reads any (docs/security.md): make fuzz N=10000000
fuzz: N = 1000000
fuzz: $(VENV)/installed-test
	@$(BIN)/python -m tests.fuzz $(N)

# Known vulnerabilities of what slamon depends on.
audit: $(VENV)/installed-test
	@.ci/audit $(BIN)/python

lint: $(VENV)/installed-test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/installed-test
	@$(BIN)/mypy

format: $(VENV)/installed-test
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# What the chart holds of other places (settings, topics, rules, dashboards), and what it renders: helm/renew.py, tests/deploy/goldens.
chart: $(VENV)/installed-test
	@PYTHONPATH=. $(BIN)/python helm/renew.py
	@.ci/helm renew

# The versions and hashes that the image is made of, from the package index that pip is set up for. No host is written down.
# Renew it whenever pyproject.toml asks for something else: tests/test_lock.py says so.
lock: $(VENV)/installed-test
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.8,<1'
	@index=$$($(BIN)/python -m pip config get global.index-url 2>/dev/null || true); \
	lock() { $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--python-platform linux --no-build --upgrade $${index:+--default-index "$$index"} "$$@"; }; \
	lock pyproject.toml --extra registry --output-file requirements.lock && \
	$(BIN)/python -c 'import tomllib; all = tomllib.load(open("pyproject.toml", "rb")); \
		print(*all["build-system"]["requires"], *all["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]["dependencies"], sep="\n")' | \
	lock - --output-file build.lock

# The stamp is older than pyproject.toml when what to install may have changed; otherwise nothing is done.
$(VENV)/installed-%: pyproject.toml | $(BIN)/python
	@echo "installing slamon[$*] into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "slamon needs Python 3.11 or newer; none was found (name one: make PYTHON=/path/to/python3)" >&2; exit 1; }
	@"$(PYTHON)" -m venv $(VENV) || { echo "Python's venv module is missing (on Debian: apt install python3-venv)" >&2; rm -rf $(VENV); exit 1; }

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
