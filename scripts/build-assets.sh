#!/usr/bin/env bash
# Builds the browser part into target/assets: the WASM module, scripts, styles. Does only what is not up to date. With the word
# `typeface`: fetches the typeface alone, which is all that the agent needs.
set -euo pipefail
cd "$(dirname "$0")/.."

web=crates/cabinet/web
work=target/assets-work
out=target/assets
mkdir -p "$work"

# One build at a time.
exec 9>"$work/lock"
command -v flock >/dev/null 2>&1 && flock 9

say() { echo "tanba: $*"; }

# changed STAMP PATH...: whether any file of the paths is newer than the stamp, or the stamp is not there.
changed() {
    local stamp=$1
    shift
    [ ! -e "$stamp" ] && return 0
    [ -n "$(find "$@" -name node_modules -prune -o -newer "$stamp" -print -quit 2>/dev/null)" ]
}

# run WHAT COMMAND...: says what happens, and shows the output only when it fails.
run() {
    local what=$1 log
    shift
    log="$work/log"
    say "$what"
    if ! "$@" >"$log" 2>&1; then
        cat "$log" >&2
        say "failed: $what" >&2
        exit 1
    fi
}

# The target by rustup where it is there or can be added; else Debian's compiler for the web, with its own sources.
build_wasm() {
    local arguments=(-p tanba-keystore-wasm --lib --profile wasm --target wasm32-unknown-unknown)
    if command -v rustup >/dev/null 2>&1 &&
        { rustup target list --installed 2>/dev/null | grep -qx wasm32-unknown-unknown ||
            timeout 120 rustup target add wasm32-unknown-unknown; }; then
        cargo build "${arguments[@]}"
    elif rustc --print target-libdir --target wasm32-unknown-unknown >/dev/null 2>&1 &&
        [ -d "$(rustc --print target-libdir --target wasm32-unknown-unknown)" ]; then
        cargo build "${arguments[@]}"
    elif [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] && command -v wasm-ld >/dev/null 2>&1; then
        RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc RUSTFLAGS="-C linker=wasm-ld" \
            /usr/bin/cargo build -Z build-std=std,panic_abort "${arguments[@]}"
    else
        echo "The target wasm32-unknown-unknown is missing. Either: rustup target add wasm32-unknown-unknown"
        echo "or: sudo apt-get install rustc-web cargo-web rust-web-src lld"
        return 1
    fi
}

fetch() {
    if changed "$web/node_modules/.package-lock.json" "$web/package-lock.json"; then
        run "fetching the compilers for scripts and styles, and the typeface for paper" npm ci --prefix "$web" --ignore-scripts --no-audit --no-fund
        touch "$web/node_modules/.package-lock.json"
    fi
    # The typeface of printed documents and of the agent's window: two weights, with all Kazakh letters (SIL Open Font License).
    local typeface="$web/node_modules/@expo-google-fonts/noto-sans" weight font
    mkdir -p target/print-fonts
    for weight in 400Regular:regular 700Bold:bold; do
        font="$typeface/${weight%:*}/NotoSans_${weight%:*}.ttf"
        cmp -s "$font" "target/print-fonts/${weight#*:}.ttf" || cp "$font" "target/print-fonts/${weight#*:}.ttf"
        if changed "target/print-fonts/${weight#*:}.window" "target/print-fonts/${weight#*:}.ttf" "$web/build/typeface.mjs"; then
            node "$web/build/typeface.mjs" "target/print-fonts/${weight#*:}.ttf" "target/print-fonts/${weight#*:}.window"
        fi
    done
}
if [ "${1:-}" = typeface ]; then
    fetch
    exit
fi

rust_sources=(Cargo.lock Cargo.toml crates/crypto crates/pki crates/keystore crates/model crates/keystore-wasm)
if changed "$work/wasm.stamp" "${rust_sources[@]}" tools/bindgen/Cargo.lock tools/bindgen/src "$0"; then
    touch "$work/wasm.stamp.new"
    run "building the key module (WASM; a minute or two the first time)" build_wasm
    if changed target/bindgen/debug/tanba-bindgen tools/bindgen/Cargo.lock tools/bindgen/Cargo.toml tools/bindgen/src; then
        run "building the binding generator (a minute, once)" \
            cargo build --locked --manifest-path tools/bindgen/Cargo.toml --target-dir target/bindgen
        touch target/bindgen/debug/tanba-bindgen
    fi
    module=target/wasm32-unknown-unknown/wasm/tanba_keystore_wasm.wasm
    if changed "$work/wasm/keystore.js" "$module"; then
        rm -rf "$work/wasm.new"
        run "binding it to JavaScript" target/bindgen/debug/tanba-bindgen "$module" "$work/wasm.new" keystore
        rm -rf "$work/wasm"
        mv "$work/wasm.new" "$work/wasm"
    fi
    mv "$work/wasm.stamp.new" "$work/wasm.stamp"
fi

fetch

if [ ! -e "$out/manifest.json" ] || changed "$work/web.stamp" "$web" crates/cabinet/guide docs/screens "$work/wasm" "$0"; then
    touch "$work/web.stamp.new"
    say "compiling scripts and styles"
    node "$web/build/assets.mjs" "$work" "$out"
    mv "$work/web.stamp.new" "$work/web.stamp"
fi
