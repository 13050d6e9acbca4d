#!/usr/bin/env bash
# Measures what docs/benchmarks.md reports, on the release program, and writes that page anew. Takes about fifty minutes;
# nothing else should run on the machine meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh test
scripts/build-assets.sh
cargo build --release -p tanba-cli --features embed-assets
mkdir -p target/bench
target/release/tanba bench renewal --count 200 --json >target/bench/renewal.json
TANBA_BIN=target/release/tanba scripts/bench-issue.sh
target/release/tanba bench cabinet --json >target/bench/cabinet.json
target/release/tanba bench reminders --json >target/bench/reminders.json
target/release/tanba bench lookup --json >target/bench/lookup.json
node scripts/bench-import.mjs target/release/tanba >target/bench/import.json
node scripts/bench-serve.mjs target/release/tanba >target/bench/serve.json
(cd tests/browser && TANBA_BIN="$PWD/../../target/release/tanba" node speed.mjs)
scripts/bench-agent.sh
node scripts/bench-report.mjs >docs/benchmarks.md
echo "written: docs/benchmarks.md"
