#!/usr/bin/env bash
# Measures issuing alone, on the release program: both issuers, memory over a long run, the rate beside ten thousand and five
# million stored certificates, the start after a crash, and the look over all keys. Leaves JSON in target/bench, and prints the
# rows of docs/benchmarks.md. Takes about 25 minutes, ten of them for the keys, and 20 GB of disk; nothing else should run on the machine meanwhile.
# Usage: scripts/bench-issue.sh [FOLDER]; the disk of the folder is what is measured, by default that of the repository.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p target/bench "${1:-target/bench}"
folder=$(realpath "${1:-target/bench}")
[ -n "${TANBA_BIN:-}" ] || cargo build --release -p tanba-cli
tanba=${TANBA_BIN:-target/release/tanba}
run() {
    local name=$1
    shift
    echo "$(date -u +%H:%M:%S) tanba bench $*" >&2
    "$tanba" bench "$@" --folder "$folder" --json >"target/bench/$name.json"
}
run issue issue --rounds --count 60000
run issue-p256 issue --rounds --count 480000 --key ec-p256
run issue-few issue --rounds --count 100000 --stored 10000 --key ec-p256
run issue-many issue --rounds --count 100000 --stored "${TANBA_BENCH_STORED:-5000000}" --key ec-p256
run recover recover --count 10000
run keys keys --count 100000
node scripts/bench-report.mjs | grep -E '^\| (durable|rate|resident memory|start after)|^(- \*\*(Issuing|Recovery|Keys)|  )'
