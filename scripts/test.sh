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
# The agent that answers from a file is made for the browser walks; only tests know this feature.
TANBA_BIN="$PWD/target/release/tanba" cargo test --workspace --features tanba-agent/scripted --no-fail-fast

step "fuzz targets, 20000 runs each"
if find "$(rustc --print sysroot)" -name 'librustc*_rt.asan.a' | grep -q .; then
    fuzz/run.sh 20000
else
    echo "SKIPPED: fuzz targets: this compiler has no address sanitizer (bounded random tests ran above)"
fi

step "browser part: unit tests"
(cd crates/cabinet/web && npm test --silent)

step "browser walks"
(cd tests/browser && TANBA_BIN="$PWD/../../target/release/tanba" node --test --test-concurrency=2)

step "all suites passed"
