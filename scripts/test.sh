#!/usr/bin/env bash
# Every test: format, lints, unit, contract, system, conformance and browser. Stops at the first suite that fails.
set -euo pipefail
cd "$(dirname "$0")/.."
step() { printf '\n== %s (%s)\n' "$1" "$(date +%H:%M:%S)"; }

step "format and lints"
cargo fmt --all --check
cargo clippy --quiet --workspace --all-targets -- -D warnings

step "browser part"
scripts/build-assets.sh

step "the program"
cargo build --release -p tanba-cli --features embed-assets

step "unit, contract, system and conformance tests"
TANBA_BIN="$PWD/target/release/tanba" cargo test --workspace --no-fail-fast

step "browser part: unit tests"
(cd crates/cabinet/web && npm test --silent)

step "browser walks"
(cd tests/browser && TANBA_BIN="$PWD/../../target/release/tanba" node --test --test-concurrency=1)

step "all suites passed"
