# Everyday commands. Each installs what it lacks and says what it does; continuous integration calls the same targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Debian packages: a C compiler for ring and SQLCipher, libcrypto for SQLCipher, libsodium and OpenSSL for the local
# network (which uses no cryptography of ours), the system's webview and libxdo for the window, a font.
PACKAGES := gcc g++ libc6-dev pkg-config libssl-dev libsodium-dev libwebkit2gtk-4.1-dev libxdo-dev fonts-dejavu-core
# For tests alone: Python for the independent client that judges us, a D-Bus session with a keyring for the Secret Service
# test, a screen, keys and the accessibility bus for the test of the real window, two browsers and their drivers for the pages.
TEST_PACKAGES := python3 python3-venv dbus-daemon gnome-keyring xvfb xauth xdotool at-spi2-core gir1.2-atspi-2.0 python3-gi \
	chromium chromium-driver webkit2gtk-driver
# The licence checker is built once, into a folder beside the build output.
TOOLS := $(HOME)/.cache/onionskin/tools
DENY_VERSION := 0.19.9
# Seconds for each fuzz target.
SECONDS ?= 30
# Build in release only where speed is the question.
CARGO ?= cargo
# One selection of packages for what is not released, so that nothing is built twice; the tests' own dependency on the
# interface gives it the features that they and the demo need. What is released is built alone (`-p onionskin`): selected
# together with the tests it would get the features that only they may have.
ALL := --workspace
# Where the programs lie, whoever chose the folder.
PROGRAMS = $(shell $(CARGO) metadata --no-deps --format-version 1 --offline 2>/dev/null | sed -E 's/.*"target_directory":"([^"]*)".*/\1/')/debug

.PHONY: emoji test-page help packages test-packages tools demo run story-demo screenshots bench-app bench-idle soak test story check fmt lengths merges clippy release-form closed layers docs licences bench fuzz refresh-nodes

help: ## lists the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

# Installs what is missing of a list of packages.
define install
	@missing=(); for p in $(1); do dpkg-query -W -f='$${Status}' "$$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$$p"); done; \
	if [ $${#missing[@]} -gt 0 ]; then \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  echo "installing: $${missing[*]}"; \
	  $$sudo apt-get update -qq; \
	  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$${missing[@]}" >/dev/null; \
	fi
endef

packages:
	$(call install,$(PACKAGES))

test-packages: packages
	$(call install,$(TEST_PACKAGES))

tools: packages
	@if ! "$(TOOLS)/bin/cargo-deny" --version 2>/dev/null | grep -qF " $(DENY_VERSION)"; then \
	  echo "building cargo-deny $(DENY_VERSION) (once)"; \
	  CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
	    CARGO_TARGET_DIR="$(TOOLS)/build" $(CARGO) install cargo-deny --quiet --version $(DENY_VERSION) --locked --no-default-features --root "$(TOOLS)"; \
	  rm -rf "$(TOOLS)/build"; \
	fi

demo: packages ## Alice and Bob in two windows (without a display: two pages) on a local network
	@$(CARGO) build $(ALL) --bin onionskin --bin demo
	@"$(PROGRAMS)/demo" $(ARGUMENTS)

run: packages ## the app on the real network (a development build; data in ~/.local/share/onionskin)
	@$(CARGO) build $(ALL) --bin onionskin
	@"$(PROGRAMS)/onionskin" $(ARGUMENTS)

story-demo: packages ## two people write to each other over a local network, told on this terminal
	@$(CARGO) build $(ALL) --bin story_demo
	@"$(PROGRAMS)/story_demo"

screenshots: test-packages ## every screen, light and dark, into assets/screenshots: make screenshots SCREENS="home path"; to look at: FOLDER=… LANGUAGE_TAG=de TEXT_PERCENT=200 in the environment
	$(call install,fonts-noto-color-emoji)
	@$(CARGO) build $(ALL) --bin screenshots
	@"$(PROGRAMS)/screenshots" $(SCREENS)

# Goes on whatever fails; ends with the time of each target and one list of what failed.
test: test-packages ## all tests: units, vectors, stories, kill -9, the independent client
	@tests/tools/run-tests "$(CARGO) test --workspace --no-fail-fast" \
	  "$(CARGO) test --workspace --no-fail-fast --features onionskin-tests/kill-points --test kill9 --test kill9_configs --test kill9_schema --test kill9_search --test kill9_rescue --test kill9_words --test kill9_rooms" \
	  "$(MAKE) --no-print-directory test-page"

test-page: ## the logic of the page's script, with the test runner of node where that is installed
	@if command -v node >/dev/null; then node --test tests/page/*.test.mjs; else echo "the page's script: not tested (node is not installed)"; fi

story: packages ## one story: make story NAME=request
	$(CARGO) test --workspace --test stories -- --nocapture $(NAME)

check: fmt lengths merges clippy release-form closed layers docs licences ## fmt, lengths, the file of merges, clippy with warnings as errors, what a release sees, closed rooms, layers, docs, licences

fmt:
	$(CARGO) fmt --all --check

# Of functions in core, without tests: none over 60 lines (clippy holds that everywhere), 95 of 100 at most 25.
lengths: ## how long functions are
	@tests/tools/function-lengths --most 60 --p95 25 core/src

# What core's merges are compared with is what the second implementation gives.
merges:
	@tests/merges/merges.py --check || { echo "tests/merges/merges.json is not what merges.py gives"; exit 1; }

clippy: packages
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) clippy --workspace --features onionskin-tests/kill-points --all-targets -- -D warnings

# Everything as a release sees it: what is there in a debug build alone is away. Only our own packages are compiled for it.
release-form: packages
	CARGO_PROFILE_DEV_DEBUG_ASSERTIONS=false $(CARGO) clippy --workspace --all-targets -- -D warnings

# The app alone, as it is released: core's rooms are closed, and what only tests use is dead code. Selected together with the
# tests (`--workspace`) the rooms are open.
closed: packages
	$(CARGO) clippy -p onionskin -- -D warnings

# The whole workspace is named, so that cargo builds it once and not again for each selection of packages.
layers: packages
	$(CARGO) test --workspace --test layers --test house -- --quiet

docs: packages
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps

licences: tools
	"$(TOOLS)/bin/cargo-deny" --log-level error check bans licenses sources
	@echo "advisories: not run (the advisory database is not fetched here)"

bench: packages ## benchmarks: ratios against bare primitives, absolute figures beside a calibration loop
	$(CARGO) bench -p onionskin-core --bench crowds
	$(CARGO) bench -p onionskin-tests --bench letters --bench store --bench search --bench people --bench configs

# In release; a fair figure needs an idle machine. CARGO_PROFILE_RELEASE_LTO=off builds faster and measures a little less well.
bench-app: test-packages ## the window against an empty one: start, memory, size, standstill (release build, takes long)
	$(CARGO) build --release -p onionskin --bin onionskin
	$(CARGO) build --release -p onionskin-tests --bin bench_app
	"$(PROGRAMS:debug=release)/bench_app" $(ARGUMENTS)

# In release, ten minutes in real time; a fair figure needs an idle machine.
bench-idle: test-packages ## what the window takes while nobody touches it: processor, wake-ups, network (release build, takes long)
	$(CARGO) build --release -p onionskin --bin onionskin
	$(CARGO) build --release -p onionskin-tests --bin bench_idle
	"$(PROGRAMS:debug=release)/bench_idle" $(ARGUMENTS)

# In release, in real time; about 80 s for each scenario. What make is told (PAIRS SECS GAP TAIL SEED CLOCK) the program reads.
soak: packages ## how long letters take while nodes die: make soak SCENARIO=dead30 (without: all); see tests/README.md
	@$(CARGO) run --release -p onionskin-tests --bin soak

fuzz: packages ## every fuzz target for SECONDS=n seconds
	tests/fuzz/run "$(SECONDS)"

emoji: ## writes assets/emoji/emoji.txt anew from CLDR's annotations (npm)
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	npm install --silent --no-save --prefix "$$folder" cldr-annotations-full@48.2.0 cldr-annotations-derived-full@48.2.0 emojibase-data@17.0.0; \
	node tests/tools/emoji.mjs "$$folder/node_modules/cldr-annotations-full" "$$folder/node_modules/cldr-annotations-derived-full" \
	  "$$folder/node_modules/emojibase-data" assets/emoji/emoji.txt

refresh-nodes: packages ## writes a full, dated list of service nodes to assets/nodes.json (needs the real network)
	$(CARGO) run -p onionskin-core --example refresh_nodes -- assets/nodes.json
