# One definition of "built", "checked" and "tested", at the desk and in CI.
#
#   make demo              two nodes with a line between them, on this machine
#   make test              set-up, every check, every test, every story in a real browser
#   make check             formatting, lints, types, documentation, licences, tidiness
#   make web               the terminal, built into web/dist
#   make story NAME=line   one story alone
#   make bench             figures beside floor and peers: warning on screen, CPU per forwarded packet, added latency
#   make soak              two hours of joins, leaves and rotations in minutes: frames lost, memory
#   make dist              the release binary
#
# CARGO_TARGET_DIR is honoured. Everything else lives under this folder.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS   += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:
.NOTPARALLEL:
.DEFAULT_GOAL := help

CARGO      ?= cargo
TARGET     := $(or $(CARGO_TARGET_DIR),target)
VISAVIS    := $(abspath $(TARGET))/release/visavis
TESTED     := $(abspath $(TARGET))/debug
NPM        := npm --no-audit --no-fund --no-update-notifier
WEB_INPUTS := $(shell find web -type d \( -name node_modules -o -name dist -o -path web/e2e \) -prune -o -type f -print 2>/dev/null)

.PHONY: help demo test check web dist story stories bench soak clean \
        setup-build setup-test setup-bench built check-rust check-web check-house test-rust test-web

help:
	@sed -n '3,11s/^# *//p' Makefile

## What must be on the machine

setup-build:
	@tools/setup build

setup-test:
	@tools/setup build test

# What is not there is reported by the bench as missing.
setup-bench: setup-test
	@tools/setup bench || true

## The terminal

web/node_modules/.installed: web/package.json web/package-lock.json | setup-build
	cd web && $(NPM) ci --ignore-scripts
	@touch $@

web/e2e/node_modules/.installed: web/e2e/package.json web/e2e/package-lock.json | setup-build
	cd web/e2e && $(NPM) ci --ignore-scripts
	@touch $@

# Vite writes index.html last and afresh on every build: its age is the age of the whole build.
web/dist/index.html: web/node_modules/.installed $(WEB_INPUTS)
	cd web && $(NPM) run build
	@touch $@

web: web/dist/index.html

## The binary

dist: setup-build web
	$(CARGO) build --release --locked --package visavis

demo: dist
	@exec $(VISAVIS) demo $(ARGS)

## Checks

check: setup-build check-house check-rust check-web

check-house:
	node tools/tidy.mjs
	node tools/licences.mjs
	@tools/deny

check-rust:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked

check-web: web/node_modules/.installed web/e2e/node_modules/.installed
	cd web && $(NPM) run check
	cd web/e2e && $(NPM) run check

## Tests

test: setup-test check test-rust test-web stories
	@echo "make test: everything passed"

# One build for everything that is tested: the stories run the same binaries as the Rust tests, and no dependency is
# built twice. Its dependencies are optimised (see the profile), so that real media run at their real pace.
built: setup-build web
	$(CARGO) build --workspace --all-targets --locked

test-rust: built
	$(CARGO) test --workspace --locked

# Two builds of one source give the same pages, byte for byte: their hash is what two sides compare.
test-web: web
	cd web && $(NPM) test
	again=$$(mktemp -d) && trap 'rm -rf "$$again"' EXIT && cd web && \
		npx vite build --outDir "$$again" --emptyOutDir --logLevel error && diff -r dist "$$again"

stories: setup-test built web/e2e/node_modules/.installed
	VISAVIS=$(TESTED)/visavis SIGN_CLIP=$(TESTED)/examples/sign_clip node web/e2e/run.mjs

story: setup-test built web/e2e/node_modules/.installed
	VISAVIS=$(TESTED)/visavis SIGN_CLIP=$(TESTED)/examples/sign_clip node web/e2e/run.mjs $(or $(NAME),line)

# What only a browser can show is measured by stories, before the packets: nothing else may run beside those. What a node
# holds of footage is looked at in a build that can keep it. `QUICK=1` leaves the stories out.
bench: setup-test setup-bench dist built web/e2e/node_modules/.installed
ifeq ($(filter-out 0,$(QUICK)),)
	VISAVIS=$(VISAVIS) node web/e2e/run.mjs onset glass
	VISAVIS=$(TESTED)/visavis node web/e2e/run.mjs footage
endif
	VISAVIS=$(VISAVIS) $(CARGO) run --release --locked --package bench --bin bench -- $(ARGS)

# Two hours of a call in virtual time, with the real group and real frames: terminals come, go, are loaded anew, lose their
# vouch, and keys rotate. Fails when whoever stays loses one frame, or when memory, epochs, keys or packages grow; prints
# the figures. Minutes long, so no part of `make test`. SEAL_SOAK_SEED and SEAL_SOAK_MINUTES choose another one.
soak: web/node_modules/.installed
	cd web && npx vitest run --config vitest.soak.config.ts

clean:
	rm -rf web/dist web/node_modules web/e2e/node_modules web/e2e/artefacts
	$(CARGO) clean
