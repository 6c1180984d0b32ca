# Everyday commands. Each installs what it lacks and says what it does; continuous integration calls the same targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Debian packages: a C compiler for ring and SQLCipher, libcrypto for SQLCipher, libsodium and OpenSSL for the local
# network (which uses no cryptography of ours), Python for the independent client that judges us, and a D-Bus session
# with a keyring for the Secret Service test.
PACKAGES := gcc g++ libc6-dev pkg-config libssl-dev libsodium-dev python3 python3-venv dbus-daemon gnome-keyring
# The licence checker is built once, into a folder beside the build output.
TOOLS := $(HOME)/.cache/onionskin/tools
DENY_VERSION := 0.19.9
# Seconds for each fuzz target.
SECONDS ?= 30
# Build in release only where speed is the question.
CARGO ?= cargo

.PHONY: help packages tools demo test story check fmt clippy layers docs licences bench fuzz refresh-nodes

help: ## lists the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

packages:
	@missing=(); for p in $(PACKAGES); do dpkg-query -W -f='$${Status}' "$$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$$p"); done; \
	if [ $${#missing[@]} -gt 0 ]; then \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  echo "installing: $${missing[*]}"; \
	  $$sudo apt-get update -qq; \
	  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$${missing[@]}" >/dev/null; \
	fi

tools: packages
	@if ! "$(TOOLS)/bin/cargo-deny" --version 2>/dev/null | grep -qF " $(DENY_VERSION)"; then \
	  echo "building cargo-deny $(DENY_VERSION) (once)"; \
	  CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
	    CARGO_TARGET_DIR="$(TOOLS)/build" $(CARGO) install cargo-deny --quiet --version $(DENY_VERSION) --locked --no-default-features --root "$(TOOLS)"; \
	  rm -rf "$(TOOLS)/build"; \
	fi

demo: packages ## two people write to each other over a local network, on this terminal
	$(CARGO) run --quiet -p onionskin-tests --bin demo

test: packages ## all tests: units, vectors, stories, kill -9, the independent client
	$(CARGO) test --workspace
	$(CARGO) test --workspace --features onionskin-tests/kill-points --test kill9

story: packages ## one story: make story NAME=request
	$(CARGO) test --workspace --test stories -- --nocapture $(NAME)

check: fmt clippy layers docs licences ## fmt, clippy with warnings as errors, layers, docs, licences

fmt:
	$(CARGO) fmt --all --check

clippy: packages
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) clippy --workspace --features onionskin-tests/kill-points --all-targets -- -D warnings

# The whole workspace is named, so that cargo builds it once and not again for each selection of packages.
layers: packages
	$(CARGO) test --quiet --workspace --test layers --test house

docs: packages
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --quiet

licences: tools
	"$(TOOLS)/bin/cargo-deny" --log-level error check bans licenses sources
	@echo "advisories: not run (the advisory database is not fetched here)"

bench: packages ## benchmarks: ratios against bare primitives, absolute figures beside a calibration loop
	$(CARGO) bench -p onionskin-tests --bench letters --bench store --bench people

fuzz: packages ## every fuzz target for SECONDS=n seconds
	tests/fuzz/run "$(SECONDS)"

refresh-nodes: packages ## writes a full, dated list of service nodes to assets/nodes.json (needs the real network)
	$(CARGO) run --quiet -p onionskin-core --example refresh_nodes -- assets/nodes.json
