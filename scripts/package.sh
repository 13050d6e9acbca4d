#!/usr/bin/env bash
# Makes the Debian package of the agent from a built program: package.sh PROGRAM [FOLDER]. Prints the path of the package.
# The same program gives the same package, octet by octet. TANBA_PACKAGE_LEVEL (0 to 9): how hard it is packed.
set -euo pipefail
umask 022
cd "$(dirname "$0")/.."
program=$1
out=${2:-target/package}

# The time of the last change, so that a package can be made again; a copy without history takes the sources' own.
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y Cargo.toml)
fi
export SOURCE_DATE_EPOCH

version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
architecture=$(dpkg --print-architecture)
from=packaging/agent
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

put() { # put MODE FILE PLACE
    install -D -m "$1" "$2" "$root/$3"
}
packed() { # packed PLACE: a file of text, made small
    mkdir -p "$root/$(dirname "$1")"
    gzip -9n >"$root/$1"
}

put 755 "$program" usr/bin/tanba-agent
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root/usr/bin/tanba-agent"
put 644 $from/tanba-agent.desktop usr/share/applications/tanba-agent.desktop
put 644 $from/tanba-agent.service usr/lib/systemd/user/tanba-agent.service
put 644 $from/tanba-agent.svg usr/share/icons/hicolor/scalable/apps/tanba-agent.svg
packed usr/share/man/man1/tanba-agent.1.gz <$from/tanba-agent.1
documents=usr/share/doc/tanba-agent
# The text of the licence, as the file of copyrights wants it: one space before each line, a dot for an empty one.
sed '1,/^$/d; s/^$/./; s/^/ /' LICENSE-MIT >"$root/licence"
sed -e "/^EXPAT$/{r $root/licence" -e 'd}' $from/copyright >"$root/copyright"
put 644 "$root/copyright" $documents/copyright
rm "$root/licence" "$root/copyright"
packed $documents/changelog.gz <<EOF
tanba-agent ($version) unstable; urgency=medium

  * What is new stands in CHANGELOG.md of the sources.

 -- The Tanba authors <authors@tanba.example>  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
EOF

# The library of the system that the program was linked with; those of the screen are opened when a window is.
libc=$(objdump -T "$root/usr/bin/tanba-agent" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1)
mkdir "$root/DEBIAN"
cat >"$root/DEBIAN/control" <<EOF
Package: tanba-agent
Version: $version
Architecture: $architecture
Maintainer: The Tanba authors <authors@tanba.example>
Installed-Size: $(du -k -s "$root/usr" | cut -f1)
Depends: libc6 (>= ${libc#GLIBC_}), libgcc-s1, libegl1, libgl1, libx11-6, libx11-xcb1, libxcursor1, libxi6, libxkbcommon0, libxkbcommon-x11-0
Recommends: libgl1-mesa-dri, libnss3-tools, libwayland-client0, libwayland-cursor0, libwayland-egl1
Suggests: opensc, pcscd
Section: utils
Priority: optional
Description: keys of this computer for web pages, with your consent
 Sites that sign with NCALayer find this program in its place. It signs with
 keys in PKCS#12 files and in tokens, and each time it asks in a window that
 names the site and what is to be signed, in Kazakh, Russian or English.
 .
 Each user runs "tanba-agent install" once: then her browsers trust the
 program, and it starts with her session.
EOF
(cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
chmod 644 "$root/DEBIAN"/*
find "$root" -print0 | xargs -0 touch --no-dereference --date="@$SOURCE_DATE_EPOCH"

mkdir -p "$out"
package=$out/tanba-agent_${version}_$architecture.deb
dpkg-deb --root-owner-group -Zxz -z"${TANBA_PACKAGE_LEVEL:-6}" --build "$root" "$package" >/dev/null
echo "$package"
