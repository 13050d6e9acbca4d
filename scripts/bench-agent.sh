#!/usr/bin/env bash
# Measures what the agent costs into target/bench/agent.json, and tells it in docs/benchmarks.md: start, memory and size of the
# program in the package, rates of the same code in a test. Nothing else should run on the machine meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."
# As `make package` builds (docs/adr/0042-the-agents-package-is-small-and-starts-at-once.md).
export AWS_LC_SYS_NO_JITTER_ENTROPY=1
mkdir -p target/bench
make --silent package >&2
rm -rf target/bench/agent
dpkg-deb --extract "$(ls -t target/package/tanba-agent_*.deb | head -n 1)" target/bench/agent
# Rates are of the same code, built in the same way, in a test: without the window, which takes minutes to build once more.
TANBA_AGENT_BIN=$PWD/target/bench/agent/usr/bin/tanba-agent \
    cargo test --profile packaged --quiet -p tanba-agent --no-default-features --test agent figures -- \
    --ignored --exact figures::figures --nocapture --test-threads 1 |
    sed -n 's/^FIGURES //p' >target/bench/agent.json
[ -s target/bench/agent.json ]
node scripts/bench-report.mjs agent
