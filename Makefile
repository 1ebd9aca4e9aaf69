.DEFAULT_GOAL := help
.PHONY: help demo test bench lint fmt build setup

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 10

setup: ## Set up what building needs
	@scripts/setup.sh

build: setup ## Build the command and the plugins
	cargo build --release --locked
	@scripts/plugins.sh

demo: build ## Set up, build, and show a short tour on sample captures
	@scripts/demo.sh

test: build ## Set up, build, and pass all tests
	@scripts/test.sh

bench: build ## Compare with other tools on generated captures (needs the peers that it names)
	@scripts/bench.sh

lint: setup ## Check formatting and lints
	cargo fmt --all --check
	cargo clippy --release --locked --workspace --all-targets -- -D warnings

fmt: ## Format
	cargo fmt --all
