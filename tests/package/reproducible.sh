#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Two directories, two users' settings: the same bytes of the tarball, the packages, the static programs and the libraries.
. "$(dirname "$0")/lib.sh"

git rev-parse -q --verify HEAD >/dev/null 2>&1 || {
	skip 'not a git checkout'
	finish
}
makes='dist static build/lib/libkthread.a build/lib/libkthread.so.0 build/lib/libktbench.a'
if command -v dpkg-buildpackage >/dev/null; then makes+=' deb'; else skip 'packages for Debian: no dpkg-buildpackage: apt-get install dpkg-dev debhelper'; fi
if command -v rpmbuild >/dev/null; then makes+=' rpm'; else skip 'packages for Fedora: no rpmbuild: apt-get install rpm'; fi

made() { # made DIRECTORY: what it made, each with its sum
	(cd "$1/build" && find . -type f \( -name '*.tar.gz' -o -name '*.deb' -o -name '*.rpm' -o -name '*.a' -o \
		-name '*.so.0' -o -path './static/kt*' ! -name '*.*' \) -exec sha256sum {} + | sort -k 2)
}
# shellcheck disable=SC2086 # several targets
build() { # build DIRECTORY [VARIABLE=VALUE...]
	git clone -q "$from" "$1" && (cd "$1" && shift && umask "$mask" && env BOOTSTRAP=no "$@" make -s $makes)
}
from=. mask=022
check "make $makes, in one directory" build "$roots/here" TZ=UTC LC_ALL=C
from=$roots/here mask=077
check 'and in another one' build "$roots/a/longer/path/than/that" TZ=Asia/Kathmandu LC_ALL=C.UTF-8 HOME="$tmp" CCACHE_DISABLE=1
made "$roots/here" >"$tmp/here"
check 'something was made' test "$(grep -c -E '\.(deb|rpm|tar\.gz|a)$|static/kt' "$tmp/here")" -ge 5
check 'the same bytes' diff "$tmp/here" <(made "$roots/a/longer/path/than/that")
sed -n 's/^\(.\{12\}\)[^ ]* */\1  /p' "$tmp/here"
finish
