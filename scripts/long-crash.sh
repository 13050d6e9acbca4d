#!/usr/bin/env bash
# The long run of the crash tests: every call of a port fails and is the last of its process, a disk fills up page by page,
# and a server that many people renew with is killed again and again, each time at other instants. Adds a line to the table
# in docs/crash.md. Usage: scripts/long-crash.sh [ROUNDS] [RENEWALS_OF_EACH_PERSON], by default 20 rounds of 10
# (nobody is sent more than fifteen codes a day, and each round is a day).
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-20}
each=${2:-10}
scripts/build-assets.sh
cargo build --release -p tanba-cli --features embed-assets
log=target/long-crash.log
: >"$log"
begin=$(date +%s)
cargo test --release -p tanba-ca --test authority -- faults disk crash 2>&1 | tee -a "$log" | grep '^test '
for round in $(seq "$rounds"); do
    TANBA_BIN="$PWD/target/release/tanba" TANBA_RENEWALS_EACH=$each TANBA_SEED=$((begin + round)) \
        cargo test --release -p tanba-cli --test system -- crash --nocapture 2>&1 | tee -a "$log" | grep '^crash:'
done
kills=$(grep -o '[0-9]* kills' "$log" | awk '{sum += $1} END {print sum + 0}')
renewals=$(grep -o '^crash: [0-9]* renewals' "$log" | awk '{sum += $2} END {print sum + 0}')
voided=$(grep -o '[0-9]* intents void' "$log" | awk '{sum += $1} END {print sum + 0}')
minutes=$((($(date +%s) - begin) / 60))
echo "| $(date -u +%Y-%m-%d) | $(git rev-parse --short HEAD) | $rounds | $renewals | $kills | $voided | nothing | $minutes |" >>docs/crash.md
echo "written: docs/crash.md"
