# Paillasse: everything is done from here. `make` alone lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

# make demo ENGINE=postgresql OUT=folder KEEP=1
ENGINE ?= sqlite
OUT ?=
KEEP ?=

# Reference material that some tests use when it stands beside the checkout.
SHARED := $(or $(PAILLASSE_SHARED),../shared)

LIBRARIES := libsqlite3-dev libpq-dev libpango1.0-dev libcairo2-dev zlib1g-dev fonts-dejavu-core libncurses-dev
SERVERS := postgresql
TESTERS := poppler-utils python3-venv tmux default-jre-headless libpdfbox2-java libactivation-java libjaxb-api-java \
    libcommons-logging-java

STRICT := --explicit-target-dependency-import-check error
SOURCES := Package.swift Sources Simulators Tests

# Tests at a time: many of them start servers, and wait for them.
WIDTH ?= 4

# make fuzz SECONDS=60: seconds each target
SECONDS_EACH := $(if $(filter command line,$(origin SECONDS)),$(SECONDS),60)

.PHONY: help setup setup-tests venv venv-crossplay fuzz build demo test test-debug test-release bench format lint

help:
	@echo 'make setup    installe les bibliothèques système qui manquent (Debian, Ubuntu)'
	@echo 'make build    construit tout, en mode debug'
	@echo 'make demo     une matinée du laboratoire ; ENGINE=postgresql OUT=dossier KEEP=1'
	@echo 'make test     tous les tests, en debug puis (pièces pures) en release'
	@echo 'make fuzz     fuzzing sous AddressSanitizer ; SECONDS=60 par cible'
	@echo 'make bench    les mesures, et .build/bench.tsv'
	@echo 'make format   met les sources en forme ; make lint le vérifie'

# Installs the packages of $(1) that dpkg does not know; asks for nothing when all are there.
define install
	@missing=(); \
	for package in $(1); do \
	    dpkg -s "$$package" 2>/dev/null | grep -q '^Status: install ok installed' || missing+=("$$package"); \
	done; \
	if (( $${#missing[@]} )); then \
	    command -v apt-get >/dev/null || { echo "à installer avec votre système : $${missing[*]}" >&2; exit 1; }; \
	    echo "installation de : $${missing[*]}"; \
	    root=(); (( EUID == 0 )) || root=(sudo); \
	    "$${root[@]}" apt-get update -qq; \
	    "$${root[@]}" env DEBIAN_FRONTEND=noninteractive \
	        apt-get install -y -qq --no-install-recommends "$${missing[@]}"; \
	fi
endef

setup:
	$(call install,$(LIBRARIES) $(if $(filter postgresql,$(ENGINE)),$(SERVERS)))

setup-tests:
	$(call install,$(LIBRARIES) $(SERVERS) $(TESTERS))
	@$(MAKE) venv-crossplay
	@if [[ -d "$(SHARED)" ]]; then $(MAKE) venv; else echo "pas de $(SHARED) : les tests qui le lisent seront sautés"; fi

# What the validators of the reference material need, outside the system's Python.
venv:
	@if ! .build/venv/bin/python -c 'import lxml, saxonche' 2>/dev/null; then \
	    mkdir -p .build; \
	    python3 -m venv .build/venv; \
	    .build/venv/bin/python -m pip install --quiet --disable-pip-version-check lxml saxonche; \
	fi

# Another implementation of the protocol, to play against; its tests are skipped, loudly, where it cannot be had.
venv-crossplay:
	@if ! .build/venv-crossplay/bin/python -c 'import astm' 2>/dev/null; then \
	    mkdir -p .build; \
	    python3 -m venv .build/venv-crossplay \
	        && .build/venv-crossplay/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
	            astm-2025==1.0.0 \
	        || { echo 'pas de paquet Python astm : les tests croisés seront sautés' >&2; rm -rf .build/venv-crossplay; }; \
	fi

build: setup
	swift build $(STRICT)

demo: setup
	swift build -c release $(STRICT) --product paillasse
	swift build -c release $(STRICT) --product simulate
	@ENGINE='$(ENGINE)' OUT='$(OUT)' KEEP='$(KEEP)' BIN="$$(swift build -c release --show-bin-path)" Simulators/demo

test: test-debug test-release

test-debug: setup-tests
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=$(WIDTH) swift test $(STRICT) --disable-xctest

# The compiler has miscompiled at -O what was right at -Onone: pure rooms are tested both ways.
test-release: setup-tests
	PAILLASSE_ROOMS=pure swift test -c release -Xswiftc -enable-testing $(STRICT) --disable-xctest \
	    --scratch-path .build-release-pure

# With the address sanitizer; what falls is kept in .build/fuzz/found.
fuzz:
	Tests/Fuzz/run $(SECONDS_EACH)

bench: setup
	swift build -c release $(STRICT) --product bench
	@"$$(swift build -c release --show-bin-path)/bench"

format:
	swift format -i -r $(SOURCES)

lint:
	swift format lint --strict -r $(SOURCES)
