#!/usr/bin/env bash
# Measures what the agent costs, on the release program, into target/bench/agent.json; scripts/bench-report.mjs tells it.
# Nothing else should run on the machine meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p target/bench
cargo test --release --quiet -p tanba-agent --test agent figures -- --ignored --nocapture --test-threads 1 |
    sed -n 's/^FIGURES //p' >target/bench/agent.json
[ -s target/bench/agent.json ]
