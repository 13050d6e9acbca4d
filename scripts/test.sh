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

step "unit, contract, system and conformance tests"
# One build for everything that is run: the program with what browsers need embedded, and the agent that brings its typeface
# along and answers from a file, which only tests know. (`make build` makes the release program.)
cargo test --workspace --features tanba-cli/embed-assets,tanba-agent/scripted,tanba-agent/embed-fonts --no-fail-fast

step "fuzz targets, 20000 runs each"
if find "$(rustc --print sysroot)" -name 'librustc*_rt.asan.a' | grep -q .; then
    fuzz/run.sh 20000
else
    echo "SKIPPED: fuzz targets: this compiler has no address sanitizer (bounded random tests ran above)"
fi

step "browser part: unit tests"
(cd crates/cabinet/web && npm test --silent)

step "browser walks"
(cd tests/browser && TANBA_BIN="$PWD/../../target/debug/tanba" node --test --test-concurrency=2)

step "all suites passed"
