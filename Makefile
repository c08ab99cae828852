# make demo       see the layer work: issue, serve, renew; about a minute after the first install
#                 STORY=day: an operator's day, with every action, in about four minutes
#                 UNITS=3: several units behind one name, on a machine each, in about three minutes
# make try        CHARM=path: the same world for a charm of your own, and it stays open
# make test       lint, types and all tests with fixed seeds (needs root or sudo for the private worlds)
# make test-all   every test, also the slow ones, and the matrix
# make matrix     other Pythons, releases of Juju, the newest certbot: a table, build/matrix.json
# make bench      what the layer costs a hook with nothing to do: a table, build/bench.json
# make systemd    boot machines with a real systemd: reboots, cron, timers, control groups
# make fresh      RELEASE=trixie: demo and tests on a bare machine of that release, in a folder
# make build      the example charm, in build/charms/web
#
# Everything lands below build/, and what installing says in build/install.log. PLANT_STOP=1 and
# KEEP=1 are for the demo; LAYER_BASIC=path and LAYER_OPTIONS=path build charms with checkouts of the
# real layers instead of the stand-ins.

SHELL := /bin/bash
PYTHON := /usr/bin/python3
BIN := build/venv/bin
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo --preserve-env=CHARM_LAYERS_DIR,LAYER_BASIC,LAYER_OPTIONS,KEEP,PLANT_STOP,UNITS,WHOLE_MATRIX)
BASIC := $(or $(LAYER_BASIC),tests/layers/basic)
# left_out counts the tests that are not run: pytest does not with several processes
PYTEST := $(SUDO) env PYTHONPATH=tests/build $(BIN)/python -B -m pytest -p left_out
MATRIX := $(SUDO) $(BIN)/python -B tests/build/matrix.py
CODE := lib reactive certbot-plugin juju-model examples tests
# tests/systemd has a target of its own: it needs more packages than the others
SUITES = $(filter-out tests/systemd,$(patsubst %/,%,$(sort $(dir $(wildcard tests/*/test_*.py juju-model/tests/test_*.py)))))
# worlds share nothing and wait a lot, for certbot's own sleeps among others
PARALLEL := -n $(shell expr 3 '*' $$(nproc)) --maxprocesses 12 --dist loadscope
# one process for each suite: their conftests and helpers must not meet
RUN_SUITES = bad=; for suite in $(SUITES); do echo "== $$suite"; \
	case $$suite in tests/bench|tests/build) parallel=;; *) parallel="$(PARALLEL)";; esac; \
	$(PYTEST) $$parallel $(1) $$suite || bad="$$bad $$suite"; done; \
	[ -z "$$bad" ] || { echo "failed:$$bad"; exit 1; }
export LAYER_BASIC LAYER_OPTIONS KEEP PLANT_STOP UNITS WHOLE_MATRIX PYTHONDONTWRITEBYTECODE = 1
.DELETE_ON_ERROR:

.PHONY: help
help:
	@sed -n '1,/^$$/s/^# \?//p' Makefile

# -- install: once, with stamps; nothing is started on this machine ------------------------------

STAMPS := build/stamps
REAL := $(if $(LAYER_BASIC),-real-basic)
FOR_DEMO := $(addprefix $(STAMPS)/,packages$(REAL) venv wheels)
FOR_TEST := $(FOR_DEMO) $(addprefix $(STAMPS)/,test-packages$(REAL) test-venv certbot-newest acme2certifier others)
STEP := @tests/build/step.sh
# $(call IN_WORLD,program): the shell outlives Ctrl-C to say the one line, and make then ends silently;
# the program lets Ctrl-C through once it has started, so that no import ends with a traceback
IN_WORLD = @trap : INT; $(SUDO) env --block-signal=INT $(BIN)/python -B tests/world/$(1) || { \
	status=$$?; [ $$status = 130 ] || exit $$status; \
	printf '\ninterrupted; the world is gone, and nothing of it is left\n'; }

# what cannot work is told before anything begins
GOALS := $(filter-out help clean,$(or $(MAKECMDGOALS),help))
ifneq ($(GOALS),)
NEEDS := $(if $(filter-out demo try build fresh,$(GOALS)),3000 $(FOR_TEST),1200 $(FOR_DEMO))
OBSTACLE := $(shell tests/build/can-start.sh $(NEEDS))
$(if $(OBSTACLE),$(error $(OBSTACLE)))
endif

.PHONY: install install-for-demo
install-for-demo: $(FOR_DEMO)
install: $(FOR_TEST)

$(STAMPS)/packages$(REAL): tests/build/packages.sh layer.yaml
	$(STEP) $@ "Debian packages for the demo: certbot, nginx, Pebble" "1 to 3 minutes" \
		$(SUDO) tests/build/packages.sh demo

$(STAMPS)/day-packages: tests/build/packages.sh | $(STAMPS)/packages$(REAL)
	$(STEP) $@ "Debian packages for STORY=day: haproxy, a compiler" "some seconds" \
		$(SUDO) tests/build/packages.sh day

$(STAMPS)/venv: tests/build/tools.txt tests/build/venv.sh | $(STAMPS)/packages$(REAL)
	$(STEP) $@ "Python tools: charm-build" "half a minute to 2 minutes" \
		tests/build/venv.sh venv tests/build/tools.txt

$(STAMPS)/wheels: wheelhouse.txt wheelhouse-constraints.txt $(BASIC)/wheelhouse.txt tests/build/wheels.sh | $(STAMPS)/venv
	$(STEP) $@ "Python packages for the charm" "half a minute" tests/build/wheels.sh "$(BASIC)"

$(STAMPS)/test-packages$(REAL): tests/build/packages.sh | $(FOR_DEMO)
	$(STEP) $@ "Debian packages for the tests: more web and DNS servers, a compiler" "1 to 2 minutes" \
		$(SUDO) tests/build/packages.sh test

$(STAMPS)/test-venv: tests/requirements.txt tests/build/unit-tests.txt wheelhouse.txt $(STAMPS)/venv
	$(STEP) $@ "Python tools for the tests: pytest, ruff, mypy" "1 minute" \
		tests/build/venv.sh venv tests/requirements.txt

$(STAMPS)/certbot-newest: tests/build/venv.sh | $(FOR_DEMO)
	$(STEP) $@ "PyPI's newest certbot" "half a minute" tests/build/venv.sh certbot-newest certbot

$(STAMPS)/acme2certifier: tests/build/venv.sh | $(FOR_DEMO)
	$(STEP) $@ "acme2certifier, another ACME server" "half a minute" \
		tests/build/venv.sh acme2certifier acme2certifier

# An old certbot needs an old Python; its tests say so where there is none.
$(STAMPS)/others: tests/plugin/certbot-1.21.txt tests/build/others.sh | $(STAMPS)/test-packages$(REAL)
	$(STEP) $@ "newest Lexicon, and certbot 1.21 if there is a Python 3.10" "1 minute" tests/build/others.sh

# -- what people call ----------------------------------------------------------------------------

.PHONY: build
build: install-for-demo
	$(STEP) - "The example charm, in build/charms/web" "half a minute; nothing if no source has changed" \
		$(SUDO) $(BIN)/python -B tests/build/charmbuild.py examples/web

.PHONY: demo try
$(if $(filter-out day,$(STORY)),$(error STORY=$(STORY) is not known; leave it out, or STORY=day))
demo: build $(if $(STORY),$(STAMPS)/$(STORY)-packages)
	$(call IN_WORLD,demo$(if $(UNITS),_units,$(addprefix _,$(STORY))).py)
try: install-for-demo
	$(call IN_WORLD,try_charm.py "$(CHARM)")

.PHONY: fresh
fresh:
	$(STEP) - "debootstrap" "some seconds" $(SUDO) tests/build/packages.sh fresh
	@$(SUDO) MIRROR=$(MIRROR) $(PYTHON) -B tests/fresh/fresh.py $(or $(RELEASE),$(error RELEASE=... such as bookworm, trixie, noble)) $(if $(KEEP),--keep)

.PHONY: lint
lint: install
	$(BIN)/ruff check $(wildcard $(CODE))
	$(BIN)/mypy

.PHONY: unit reactive conformance integration
unit: install
	$(PYTEST) $(PARALLEL) tests/unit
reactive: install
	$(PYTEST) $(PARALLEL) tests/reactive
conformance: install
	$(PYTEST) $(PARALLEL) juju-model/tests
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
