#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A newcomer's machine: a bare Debian 12 with gcc, make and git. scripts/bootstrap brings what the build and the tests need, all is built
# with -Werror, and tests run.
. "$(dirname "$0")/lib.sh"

git rev-parse -q --verify HEAD >/dev/null 2>&1 || {
	skip 'not a git checkout'
	finish
}
root_of bookworm || {
	skip "$why"
	finish
}
root=$roots/bookworm limit=1500
in_there() { in_root "$root" "$@"; }
check 'gcc, make and git' in_there sh -c 'apt-get -qq update && apt-get -qq install -y --no-install-recommends gcc make git libc6-dev'
check 'a clone' git clone -q . "$root/root/kt"
check 'make, with what it installs' in_there sh -ec 'cd /root/kt; scripts/bootstrap build; make -j"$(nproc)" WERROR=1 all'
check 'which works' in_there /root/kt/build/kt --version
check 'what the tests need' in_there sh -ec 'cd /root/kt; scripts/bootstrap check'
cp "$tmp/out" "$there/bootstrap.log"
check 'a second time there is nothing to do' sh -c "$(declare -f in_root); test -z \"\$(in_root '$root' sh -c 'cd /root/kt; scripts/bootstrap check' 2>&1)\""
check 'the tests build' in_there sh -ec 'cd /root/kt; make -j"$(nproc)" WERROR=1 all tests'
check 'unit tests' in_there sh -ec 'cd /root/kt; for t in hist verdict cli kthread_park; do build/tests/unit/$t; done'
finish
