# The front door. `make run` and `make test` are all that a newcomer needs.

.DEFAULT_GOAL := help
SHELL := /bin/bash
CARGO ?= cargo

# Where Cargo puts what it builds.
TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
# The oldest Rust that builds everything, as Cargo.toml says.
MSRV := $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
# Where the Python SDK's tools are.
PYTHON := $(TARGET)/python
# What scripts/prerequisites installs where the machine has none: Node, cargo-deny.
export PATH := $(TARGET)/tools/bin:$(PATH)

.PHONY: help run test js python web web-test web-bench check audit msrv dist fmt soak bench fuzz clean prerequisites

help: ## Show what there is
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: prerequisites web ## Build and start a server with demo users on http://127.0.0.1:8080
	$(CARGO) run --release --package hongyan -- serve --demo

# The web app comes first, so that the binary under test has it; the browsers get that same binary.
test: web check ## Everything that must hold: the checks, then every test
	$(CARGO) test --workspace --all-features
	$(MAKE) js python
	SERVER_BINARY=$(TARGET)/debug/hongyan crates/server/tests/classic/browser/run
	SERVER_BINARY=$(TARGET)/debug/hongyan $(MAKE) web-test

js: ## Check and test the TypeScript SDK, against a real server and in Chromium
	@scripts/prerequisites npm chromium python
	$(CARGO) build --quiet --package hongyan
	cd sdk/js && npm ci --silent --no-audit --no-fund && npm run --silent check && SERVER_BINARY=$(TARGET)/debug/hongyan npm test --silent

python: $(PYTHON)/.installed ## Check, test and package the Python SDK, against a real server
	$(CARGO) build --quiet --package hongyan
	cd sdk/python && $(PYTHON)/bin/ruff format --quiet --check && $(PYTHON)/bin/ruff check --quiet && $(PYTHON)/bin/mypy
	cd sdk/python && SERVER_BINARY=$(TARGET)/debug/hongyan PYTHONPATH=src $(PYTHON)/bin/python -m unittest discover -t . -s tests
	rm -rf $(PYTHON)/dist
	cd sdk/python && $(PYTHON)/bin/python -m build --no-isolation --outdir $(PYTHON)/dist >/dev/null
	$(PYTHON)/bin/pip install --quiet --no-deps --target $(PYTHON)/dist/installed $(PYTHON)/dist/*.whl
	cd $(PYTHON)/dist/installed && test -f hongyan/py.typed && $(PYTHON)/bin/python -c "import hongyan"

# A virtual environment of its own, so that nothing is asked of the machine but Python.
$(PYTHON)/.installed: sdk/python/requirements-dev.txt
	@scripts/prerequisites python
	python3 -m venv $(PYTHON)
	$(PYTHON)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

web: web/node_modules/.package-lock.json ## Build the web app, which goes into the binary (needs Node 20.19 or later)
	cd web && npm run --silent build

web-test: web ## Check and test the web app, and drive it in Chromium
	cd web && npm run --silent check && npm test --silent
	web/e2e/run test

web-bench: web ## Measure the web app in Chromium: 100,000 messages kept, 50 a second coming in
	web/e2e/run bench

# npm writes this file last.
web/node_modules/.package-lock.json: web/package-lock.json web/package.json
	@scripts/prerequisites npm
	cd web && npm ci --silent --no-audit --no-fund
	@touch $@

check: ## Format, lints, licences and documentation, with warnings as errors
	@scripts/prerequisites deny
	$(CARGO) fmt --all --check
	cargo-deny --locked --log-level error check licenses bans sources
	$(CARGO) clippy --workspace --all-targets --all-features -- -D warnings
	# Private items are documented too, for those who build it, so links to them are no mistake.
	RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" $(CARGO) doc --workspace --no-deps --all-features --document-private-items

audit: ## Look for known vulnerabilities in what we depend on (asks the advisory databases)
	@scripts/prerequisites npm deny
	cargo-deny --locked check advisories
	for folder in web web/e2e sdk/js crates/server/tests/classic/browser; do (cd $$folder && npm audit --audit-level=high) || exit 1; done

msrv: ## Check that the oldest Rust that we promise still builds everything (needs rustup)
	rustup toolchain install $(MSRV) --profile minimal --no-self-update
	CARGO_TARGET_DIR=$(TARGET)/msrv $(CARGO) +$(MSRV) check --locked --workspace --all-targets --all-features

dist: prerequisites web ## Build the binary to install elsewhere: target/dist/hongyan, small and without symbols
	$(CARGO) build --locked --profile dist --package hongyan
	@ls -lh $(TARGET)/dist/hongyan

fmt: ## Format the code
	$(CARGO) fmt --all

soak: prerequisites ## Kill the server at random moments for ten minutes (SOAK_SECONDS) and look for lost messages
	SOAK_SECONDS=$${SOAK_SECONDS:-600} $(CARGO) test --release --package hongyan --test crash soak -- --nocapture

bench: prerequisites ## Measure everything in a few minutes, and write the report to target/bench.md and .json
	$(CARGO) run --release --package hongyan -- bench all --report target/bench.md --report target/bench.json

fuzz: ## Fuzz the codec for a minute each target (needs nightly Rust and cargo-fuzz)
	scripts/fuzz

clean: ## Remove what was built
	$(CARGO) clean

prerequisites:
	@scripts/prerequisites
