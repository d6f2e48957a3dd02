#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `make rpm`: rpmlint finds nothing; in a bare Debian 12 the packages install, work, and leave nothing when erased. Not shown here, for
# want of Fedora's packages: that the names of what they depend on are Fedora's, and a build by its macros.
. "$(dirname "$0")/lib.sh"

needs_command rpmbuild rpm
check 'make rpm' make_here rpm
mapfile -t rpms < <(find "$KT_BUILD/rpm" -name '*.rpm' ! -name '*-debug*' | sort)
check 'four packages' test "$(rpm -qp --qf '%{name} ' "${rpms[@]}" 2>/dev/null)" = 'kt ktbench-devel libkthread-devel libkthread0 '
if command -v rpmlint >/dev/null; then
	check 'rpmlint' sh -c 'rpmlint -c scripts/package/rpmlint.toml -s "$@" scripts/package/kt.spec' - "${rpms[@]}"
else
	skip 'no rpmlint: apt-get install rpmlint'
fi
libdir=$(rpm --eval '%_libdir')
needs() { rpm -qp --requires "$KT_BUILD"/rpm/*/"$1"-[0-9]*.rpm; }
for library in libbpf.so.1 libelf.so.1 libjansson.so.4 libc.so.6; do
	check "kt depends on $library" has "^$library" needs kt
done
check 'the headers on the library, of this very build' has '^libkthread0.* = [0-9.]*-1' needs libkthread-devel

root_of bookworm || {
	skip "$why"
	finish
}
root=$roots/bookworm
in_there() { in_root "$root" "$@"; }
db=/var/lib/dpkg/rpm # of what files_of leaves out
# This machine's rpm; the one in there knows of Debian's packages only.
rpm_there() { rpm --root "$root" --dbpath $db "$@"; }
check 'the lists of packages' in_there apt-get -qq update
check 'what they depend on, and a compiler, of Debian' in_there apt-get -qq install -y --no-install-recommends \
	libbpf1 libelf1 libjansson4 libuv1 libglib2.0-0 gcc libc6-dev pkg-config
# The directories are those of Fedora's package filesystem.
mkdir -p "$root/tmp/work" "$root$db" "$root$libdir/pkgconfig" "$root/usr/share/"{licenses,bash-completion/completions,zsh/site-functions}
files_of "$root" >"$tmp/before"
check 'installed' rpm_there -i --nodeps "${rpms[@]}"
check 'as they were made' rpm_there -Va --nodeps --nouser --nogroup
check 'kt --version' in_there kt --version
check 'kt doctor' in_there kt doctor
check 'kt bench' in_there kt bench --filter '^park/cpu=same' --time 200ms -o /tmp/run.jsonl
check 'kt report' has park in_there kt report /tmp/run.jsonl
cp lib/kthread/examples/worker.c "$root/tmp/work/"
readme_code 'Writing a benchmark' >"$root/tmp/work/my-suite.c"
check 'a program of the library' has 'tick, 0 left' in_there sh -ec "export PKG_CONFIG_PATH=$libdir/pkgconfig LD_LIBRARY_PATH=$libdir
	cd /tmp/work; cc -Wall -Werror -o worker worker.c \$(pkg-config --cflags --libs kthread); ldd worker | grep $libdir/libkthread.so.0; ./worker"
check 'a benchmark' has trylock in_there sh -ec "export PKG_CONFIG_PATH=$libdir/pkgconfig
	cd /tmp/work; cc -O2 -Wall -Werror -o my-suite my-suite.c \$(pkg-config --cflags --libs ktbench)
	kt bench ./my-suite --time 100ms -o /tmp/mine.jsonl; kt report /tmp/mine.jsonl"
# shellcheck disable=SC2046 # several words
check 'erased' rpm_there -e $(rpm -qp --qf '%{name} ' "${rpms[@]}" 2>/dev/null)
check 'no file is left' diff "$tmp/before" <(files_of "$root")
finish
