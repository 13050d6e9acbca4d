#!/usr/bin/env bash
# Builds Kryoptic, a PKCS#11 token in software that has ML-DSA and locks its PIN, for the tests: target/kryoptic/.
#
# The distribution's OpenSSL is older than Kryoptic's Ed25519 and ML-DSA need, so libcrypto is built from the sources that
# the crate openssl-src carries, without everything that a token does not use. Features of Kryoptic: `standard` (RSA,
# ECDSA, EdDSA, SQLite store) and `pqc` (ML-DSA). Two to three minutes of two processors, once.
set -euo pipefail
cd "$(dirname "$0")/.."
kryoptic=1.5.4
openssl=300.6.1
out=$PWD/target/kryoptic
[ -e "$out/libkryoptic_pkcs11.so" ] && [ "$(cat "$out/version" 2>/dev/null)" = "$kryoptic $openssl" ] && exit 0

rm -rf "$out"
mkdir -p "$out/fetch/src"
cat >"$out/fetch/Cargo.toml" <<END
[package]
name = "fetch"
version = "0.0.0"
edition = "2024"
[dependencies]
kryoptic = { version = "=$kryoptic", default-features = false }
openssl-src = "=$openssl"
[workspace]
END
touch "$out/fetch/src/lib.rs"
packages=$(cd "$out/fetch" && cargo metadata --quiet --format-version 1)
folder() { # folder PACKAGE: where its sources lie
    python3 -c 'import json, os, sys; print(next(os.path.dirname(p["manifest_path"]) for p in json.loads(sys.stdin.read())["packages"] if p["name"] == sys.argv[1]))' "$1" <<<"$packages"
}
cp -r "$(folder openssl-src)/openssl" "$out/openssl"
cp -r "$(folder kryoptic)" "$out/source"
chmod -R u+w "$out/openssl" "$out/source"
# It lies inside our workspace and is no part of it.
printf '\n[workspace]\n' >>"$out/source/Cargo.toml"

jobs=$(nproc)
(
    cd "$out/openssl"
    ./config no-shared no-module no-tests no-docs no-apps no-deprecated no-legacy no-engine no-dso no-atexit \
        no-aria no-argon2 no-cast no-des no-dsa no-ec2m no-mdc2 no-rc2 no-rc4 no-rc5 no-rmd160 no-seed no-sm2 no-sm3 no-sm4
    make -j"$jobs" build_generated libcrypto.a
) >"$out/openssl.log" 2>&1
(
    cd "$out/source"
    KRYOPTIC_OPENSSL_SOURCES="$out/openssl" CARGO_PROFILE_RELEASE_OPT_LEVEL=1 cargo build --quiet --release --locked \
        --no-default-features --features standard,pqc,ossl/ossl-sys --target-dir "$out/build"
) >"$out/kryoptic.log" 2>&1
cp "$out/build/release/libkryoptic_pkcs11.so" "$out/"
rm -rf "$out/build" "$out/openssl" "$out/source" "$out/fetch"
echo "$kryoptic $openssl" >"$out/version"
