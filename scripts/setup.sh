#!/usr/bin/env bash
# Installs what a build (`setup.sh build`), the agent's package (`setup.sh package`) or the tests (`setup.sh test`) need, by the
# system's package manager when that is allowed, else says the one command to type.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:-build}

missing=()
need() { # need COMMAND PACKAGE...
    command -v "$1" >/dev/null 2>&1 || missing+=("${@:2}")
}
need_file() { # need_file PATH PACKAGE...
    [ -e "$1" ] || missing+=("${@:2}")
}

need cc build-essential
need node nodejs
need npm npm
if ! command -v cargo >/dev/null 2>&1; then
    echo "tanba: a Rust toolchain is needed (cargo, 1.95 or later)." >&2
    exit 1
fi

# The WebAssembly target: by rustup where it has or gets it, else by Debian's own compiler for the web.
wasm_by_rustup() {
    command -v rustup >/dev/null 2>&1 || return 1
    rustup target list --installed 2>/dev/null | grep -q '^wasm32-unknown-unknown$' && return 0
    timeout 120 rustup target add wasm32-unknown-unknown >/dev/null 2>&1
}
if [ "$mode" != package ] && ! wasm_by_rustup; then
    need_file /usr/bin/rustc rustc-web cargo-web rust-web-src
    need wasm-ld lld
fi

if [ "$mode" != build ]; then
    # The agent's package is made, and installed by the tests.
    need dpkg-deb dpkg
    need objdump binutils
fi
if [ "$mode" = test ]; then
    need chromium chromium
    # Pictures of screens that are kept are made small by it.
    need pngquant pngquant
    need cwebp webp
    need openssl openssl
    need pk12util libnss3-tools
    need certtool gnutls-bin
    # A token in software, and a tool of others that looks into it.
    need softhsm2-util softhsm2
    need pkcs11-tool opensc
    # A reader without hardware, and the service that looks after readers.
    need_file /usr/sbin/pcscd pcscd
    need_file /usr/lib/pcsc/drivers/serial/libifdvpcd.so vsmartcard-vpcd
    need keytool default-jre-headless
    need curl curl
    need pdftotext poppler-utils
    need python3 python3
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
    need xmlsec1 xmlsec1
    # A screen in memory for the agent's window, somebody who types and clicks there, and what a window is drawn with.
    need Xvfb xvfb
    need xdotool xdotool
    for library in libegl1 libgl1 libgl1-mesa-dri libx11-xcb1 libxcursor1 libxi6 libxkbcommon-x11-0; do
        dpkg -s "$library" >/dev/null 2>&1 || missing+=("$library")
    done
    # What a screen reader hears of the window.
    need dbus-daemon dbus-daemon
    need busctl systemd
    need_file /usr/libexec/at-spi-bus-launcher at-spi2-core
    need_file /usr/share/fonts/truetype/noto/NotoSans-Regular.ttf fonts-noto-core
fi

if [ "${#missing[@]}" -gt 0 ]; then
    # A package that is already there under another path is not asked for again.
    wanted=()
    for package in "${missing[@]}"; do
        dpkg -s "$package" >/dev/null 2>&1 || wanted+=("$package")
    done
    if [ "${#wanted[@]}" -gt 0 ]; then
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            echo "tanba: installing ${wanted[*]}"
            log=$(mktemp)
            if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${wanted[@]}"; } >"$log" 2>&1; then
                tail -n 20 "$log" >&2
                echo "tanba: the packages could not be installed: ${wanted[*]}" >&2
                exit 1
            fi
            rm -f "$log"
        else
            echo "tanba: please install what is missing, then try again:" >&2
            echo "    sudo apt-get install ${wanted[*]}" >&2
            exit 1
        fi
    fi
fi

if [ "$mode" = test ]; then
    mkdir -p target
    # The second opinion on certificates.
    if [ ! -x target/venv/bin/lint_pkix_cert ]; then
        echo "tanba: installing pkilint"
        python3 -m venv target/venv
        target/venv/bin/pip install --quiet --disable-pip-version-check "pkilint==0.13.3"
    fi
    # The second opinion on what the agent signs.
    if ! target/venv/bin/python -c 'import pyhanko, signxml, importlib.util as u; exit(u.find_spec("endesive") is None)' 2>/dev/null; then
        echo "tanba: installing pyhanko, signxml, endesive"
        target/venv/bin/python -m pip install --quiet --disable-pip-version-check "pyhanko==0.38.0" "signxml==5.2.0" "endesive==3.0.1"
    fi
    # The second opinion on keys, and another maker's ML-DSA.
    if ! target/venv/bin/python -c 'import badkeys, roca, dilithium_py' 2>/dev/null; then
        echo "tanba: installing badkeys, roca-detect, dilithium-py"
        target/venv/bin/python -m pip install --quiet --disable-pip-version-check \
            "badkeys==0.0.21" "roca-detect==1.2.12" "dilithium-py==1.5.1"
    fi
    # The clients that the agent is tested with, as they are published.
    if [ ! -d tests/clients/node_modules ] || [ tests/clients/package-lock.json -nt tests/clients/node_modules ]; then
        (cd tests/clients && npm ci --silent --no-audit --no-fund && touch node_modules)
    fi
    # A second token, with ML-DSA and a PIN that locks. Without it its tests say that they were skipped.
    # It takes five minutes of a processor to build, so only where that is asked for (clang, libclang-dev, libsqlite3-dev).
    if [ -n "${TANBA_KRYOPTIC:-}" ] && ! scripts/build-kryoptic.sh; then
        echo "tanba: Kryoptic could not be built (target/kryoptic/*.log); tests with ML-DSA in a token are skipped" >&2
    fi
    # A mail server of another maker.
    if ! target/venv/bin/python -c 'import aiosmtpd' 2>/dev/null; then
        echo "tanba: installing aiosmtpd"
        target/venv/bin/pip install --quiet --disable-pip-version-check "aiosmtpd==1.4.6"
    fi
    # Whoever reads our numbers.
    if ! target/venv/bin/python -c 'import prometheus_client' 2>/dev/null; then
        echo "tanba: installing prometheus_client"
        target/venv/bin/python -m pip install --quiet --disable-pip-version-check "prometheus_client==0.23.1"
    fi
    # Whoever reads our interface description and tries everything; with many dependencies, so in a place of its own.
    if [ ! -x target/venv-api/bin/schemathesis ]; then
        echo "tanba: installing schemathesis"
        python3 -m venv target/venv-api
        target/venv-api/bin/pip install --quiet --disable-pip-version-check "schemathesis==4.32.5"
    fi
    # The driver of the browser tests; the browser is the system's own.
    if [ ! -d tests/browser/node_modules ] || [ tests/browser/package-lock.json -nt tests/browser/node_modules ]; then
        (cd tests/browser && npm ci --silent --no-audit --no-fund && touch node_modules)
    fi
fi
