# make demo       see the layer work: issue, serve, renew; about a minute after the first install
# make test       lint, types and all tests with fixed seeds (needs root or sudo for the private worlds)
# make test-all   every test, also the slow ones, and the matrix
# make matrix     other Pythons, releases of Juju, the newest certbot: a table, build/matrix.json
# make bench      what the layer costs a hook with nothing to do: a table, build/bench.json
# make systemd    boot machines with a real systemd: reboots, cron, timers, control groups
# make build      the example charm, in build/charms/web
#
# Everything lands below build/. PLANT_STOP=1 and KEEP=1 are for the demo; LAYER_BASIC=path and
# LAYER_OPTIONS=path build charms with checkouts of the real layers instead of the stand-ins.

SHELL := /bin/bash
PYTHON := /usr/bin/python3
BIN := build/venv/bin
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo --preserve-env=LAYER_BASIC,LAYER_OPTIONS,KEEP,PLANT_STOP,WHOLE_MATRIX)
BASIC := $(or $(LAYER_BASIC),tests/layers/basic)
PYTEST := $(SUDO) $(BIN)/python -B -m pytest
MATRIX := $(SUDO) $(BIN)/python -B tests/build/matrix.py
CODE := lib reactive certbot-plugin juju-model examples tests
# tests/systemd has a target of its own: it needs more packages than the others
SUITES = $(filter-out tests/systemd,$(patsubst %/,%,$(sort $(dir $(wildcard tests/*/test_*.py juju-model/tests/test_*.py)))))
# worlds share nothing, and what they do is mostly waiting for certbot's own sleeps
PARALLEL := -n 4 --dist loadscope
# one process for each suite: their conftests and helpers must not meet
RUN_SUITES = bad=; for suite in $(SUITES); do echo "== $$suite"; \
	case $$suite in tests/integration|tests/plugin|tests/reactive|tests/world) parallel="$(PARALLEL)";; *) parallel=;; esac; \
	$(PYTEST) $$parallel $(1) $$suite || bad="$$bad $$suite"; done; \
	[ -z "$$bad" ] || { echo "failed:$$bad"; exit 1; }
export LAYER_BASIC LAYER_OPTIONS KEEP PLANT_STOP WHOLE_MATRIX PYTHONDONTWRITEBYTECODE = 1
.DELETE_ON_ERROR:

.PHONY: help
help:
	@sed -n '1,/^$$/s/^# \?//p' Makefile

# -- install: once, with stamps; nothing is started on this machine ------------------------------

STAMPS := build/stamps
PACKAGES := $(STAMPS)/packages$(if $(LAYER_BASIC),-real-basic)
.PHONY: install
install: $(PACKAGES) $(STAMPS)/venv $(STAMPS)/wheels $(STAMPS)/certbot-newest \
	$(STAMPS)/acme2certifier $(STAMPS)/others

$(PACKAGES): tests/build/packages.sh
	@mkdir -p $(@D)
	$(SUDO) tests/build/packages.sh
	@touch $@

$(STAMPS)/venv: tests/requirements.txt wheelhouse.txt $(PACKAGES)
	$(PYTHON) -m venv build/venv
	$(BIN)/pip install --quiet --disable-pip-version-check 'setuptools<82' wheel --upgrade
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade --requirement tests/requirements.txt
	@touch $@

$(STAMPS)/wheels: wheelhouse.txt wheelhouse-constraints.txt $(BASIC)/wheelhouse.txt tests/build/wheels.sh $(STAMPS)/venv
	tests/build/wheels.sh "$(BASIC)"
	@touch $@

$(STAMPS)/certbot-newest: $(PACKAGES)
	$(PYTHON) -m venv build/certbot-newest
	build/certbot-newest/bin/pip install --quiet --disable-pip-version-check --upgrade certbot
	@touch $@

$(STAMPS)/acme2certifier: $(PACKAGES)
	$(PYTHON) -m venv --clear build/acme2certifier
	build/acme2certifier/bin/pip install --quiet --disable-pip-version-check --upgrade acme2certifier
	@touch $@

# An old certbot needs an old Python; its tests say so where there is none.
$(STAMPS)/others: tests/plugin/certbot-1.21.txt tests/build/others.sh $(PACKAGES)
	tests/build/others.sh
	@touch $@

# -- what people call ----------------------------------------------------------------------------

.PHONY: build
build: install
	$(BIN)/python tests/build/charmbuild.py examples/web

.PHONY: demo
demo: build
	$(SUDO) $(BIN)/python -B tests/world/demo.py

.PHONY: lint
lint: install
	$(BIN)/ruff check $(wildcard $(CODE))
	$(BIN)/mypy

.PHONY: unit reactive conformance integration
unit: install
	$(PYTEST) tests/unit
reactive: install
	$(PYTEST) tests/reactive
conformance: install
	$(PYTEST) juju-model/tests
	$(PYTHON) -B juju-model/tests/replay.py --renamed first
	$(PYTHON) -B juju-model/tests/replay.py
integration: install
	$(PYTEST) $(PARALLEL) tests/world
	$(PYTEST) tests/build
	$(PYTEST) $(PARALLEL) tests/integration

# everything, or with PART=--small a part of it
.PHONY: matrix
matrix: install
	$(SUDO) $(BIN)/python -B tests/build/matrix.py $(PART)

# skips, and says why, where no machine can be booted
.PHONY: systemd
systemd: install
	-$(SUDO) tests/build/packages.sh systemd
	$(PYTEST) tests/systemd

.PHONY: bench
bench: install
	$(SUDO) $(BIN)/python -B tests/bench/bench.py $(if $(QUICK),--quick) $(SUBJECT)

.PHONY: test
test: lint
	@$(call RUN_SUITES,-m "not slow" --durations=5)

.PHONY: test-all
test-all: export WHOLE_MATRIX = 1
test-all: lint
	@$(call RUN_SUITES,--durations=10)
	@$(MAKE) --no-print-directory systemd matrix bench

.PHONY: clean
clean:
	$(SUDO) rm -rf build
