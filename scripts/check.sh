#!/usr/bin/env bash
# The fast part of the tests: format, lints, unit tests.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo fmt --all --check
cargo clippy --quiet --workspace --all-targets -- -D warnings
cargo test --quiet --workspace --lib --bins
