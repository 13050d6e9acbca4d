#!/usr/bin/env bash
# Runs fuzz targets for a named number of runs: fuzz/run.sh [RUNS] [TARGET...]. Needs no nightly compiler and no cargo-fuzz;
# where cargo-fuzz is installed, `cargo fuzz run TARGET` works too. Seeds: the tests' own data, and the fixtures if they are
# there.
set -euo pipefail
cd "$(dirname "$0")"
runs=${1:-20000}
[ $# -gt 0 ] && shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(pkcs12 certificate csr crl profile cms ocsp_request agent_frame agent_head xml)

fixtures=${TANBA_FIXTURES:-../../shared/fixtures}
seeds() {
    case $1 in
        pkcs12) find ../crates/keystore/tests/data "$fixtures/p12" "$fixtures/kz/p12" -name '*.p12' -o -name '*.pfx' ;;
        certificate) find ../crates "$fixtures/kz" -name '*.cer' ;;
        csr) find ../crates "$fixtures/gost" -name '*.csr' -o -name '*.p10' ;;
        crl) find ../crates seeds/crl "$fixtures/pkits/crls" "$fixtures/kz" -name '*.crl' -size -16k ;;
        profile) find ../crates/pki/profiles -name '*.toml' ;;
        cms) find ../crates "$fixtures/kz/cms" "$fixtures/cms" -name '*.cms' -o -name '*.der' -o -name '*.bin' ;;
        ocsp_request) find ../crates "$fixtures/kz/ocsp" -name '*.ocspreq' -o -name '*request*' ;;
        agent_frame) find ../crates "$fixtures/clients" -name '*.json' -size -64k ;;
        agent_head) find seeds/agent_head -type f ;;
        xml) find ../crates "$fixtures/kz/xml" -name '*.xml' ;;
    esac 2>/dev/null || true
}

export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Clink-dead-code -Zsanitizer=address --cfg fuzzing"
triple=$(rustc -vV | sed -n 's/^host: //p')
# All at once, so that no processor waits while one target is linked.
cargo build --quiet --release --target "$triple" --target-dir ../target/fuzz "${targets[@]/#/--bin=}"
for target in "${targets[@]}"; do
    corpus=../target/fuzz/corpus/$target
    mkdir -p "$corpus" "artifacts/$target"
    seeds "$target" | while read -r seed; do
        cp -n "$seed" "$corpus/$(sha1sum "$seed" | cut -c1-16)" 2>/dev/null || true
    done
    echo "fuzz: $target, $runs runs"
    "../target/fuzz/$triple/release/$target" -runs="$runs" -max_len=16384 -timeout=10 -rss_limit_mb=2048 \
        -verbosity=0 -print_final_stats=1 -artifact_prefix="artifacts/$target/" "$corpus"
done
