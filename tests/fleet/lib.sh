# SPDX-License-Identifier: GPL-2.0-only
# Shared by tests/fleet/*.sh: real programs on loopback, which end with the test, however that ends. KT_FLEET_STRICT=1 makes
# a failure of what cannot be had.
. "$(dirname "$0")/../cli/lib.sh"
PATH=$PATH:$KT_BUILD/tools/bin:/usr/sbin:/sbin
static=$KT_BUILD/static
fleet=$PWD/scripts/fleet

started=()
end_all() { # what was started ends, the last first, by its id
	local i
	for ((i = ${#started[@]} - 1; i >= 0; i--)); do
		kill "${started[i]}" 2>/dev/null && { wait "${started[i]}" 2>/dev/null || :; }
	done
	started=()
	! declare -F clean_up >/dev/null || clean_up
	rm -rf "$tmp"
}
trap end_all EXIT
trap 'exit 130' INT TERM HUP

absent() { # absent WHAT: it cannot be had
	if [ "${KT_FLEET_STRICT:-0}" = 1 ]; then bad "KT_FLEET_STRICT: $*"; else skip "$*"; fi
}
lacking() { # lacking WHAT: nothing can be tried without it
	absent "$@"
	finish
}
need_program() { # need_program PROGRAM PACKAGE
	command -v "$1" >/dev/null || lacking "$1 is not installed (package $2)"
}

free_ports() { # free_ports N: ports of loopback on which nobody listens
	python3 - "$1" <<'P'
import socket, sys
taken = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in taken:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in taken))
P
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The programs that hosts get: those of make check-fleet, else they are built now.
need_static() {
	[ -x "$static/kt" ] && [ -x "$static/kt-suite" ] && return
	check 'make static' make -s B="${KT_BUILD#"$PWD/"}" static
}

# ---- hosts over ssh --------------------------------------------------------------------------------------------------
# Each is an sshd of its own on loopback, with its own port, keys and directory for temporary files: $ssh_dir/HOST/tmp.
ssh_dir=$tmp/ssh
need_ssh() {
	need_program sshd openssh-server
	need_program ssh openssh-client
	need_program parallel parallel
	mkdir -p "$ssh_dir"
	ssh-keygen -q -t ed25519 -N '' -f "$ssh_dir/key"
	printf 'IdentityFile "%s"\nIdentitiesOnly yes\nUserKnownHostsFile "%s"\nGlobalKnownHostsFile /dev/null\nUser %s\n' \
		"$ssh_dir/key" "$ssh_dir/known" "$(id -un)" >"$ssh_dir/config"
	# As root it wants an empty directory of this name.
	[ "$(id -u)" != 0 ] || [ -d /run/sshd ] || { mkdir /run/sshd && made_run_sshd=1; }
	echo "$(ssh -V 2>&1 | cut -d, -f1), $(parallel --version | head -n 1)"
}
remove_run_sshd() { [ -z "${made_run_sshd:-}" ] || rmdir /run/sshd; }
clean_up() { remove_run_sshd; }

# ssh_host NAME PORT [LINE...]: one that listens, with these further lines of sshd_config(5); no PORT listens yet: known_host
known_host() {
	local at=$ssh_dir/$1
	mkdir -p "$at/tmp"
	ssh-keygen -q -t ed25519 -N '' -f "$at/key"
	printf '[127.0.0.1]:%s %s\n' "$2" "$(cut -d' ' -f1,2 "$at/key.pub")" >>"$ssh_dir/known"
	printf 'Host %s\n\tHostName 127.0.0.1\n\tPort %s\n' "$1" "$2" >>"$ssh_dir/config"
}
start_host() {
	local at=$ssh_dir/$1
	{
		printf 'ListenAddress 127.0.0.1\nPort %s\nHostKey "%s"\nAuthorizedKeysFile "%s"\nSetEnv TMPDIR="%s"\n' \
			"$2" "$at/key" "$ssh_dir/key.pub" "$at/tmp"
		printf 'PidFile none\nUsePAM no\nStrictModes no\nPermitRootLogin yes\nPasswordAuthentication no\nPrintMotd no\n'
		shift 2
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$at/sshd_config"
	"$(command -v sshd)" -D -e -f "$at/sshd_config" 2>"$at/log" &
	started+=($!)
}
ssh_host() {
	known_host "$1" "$2"
	start_host "$@"
	await listens "$2" || { bad "the sshd of $1 does not listen" && cat "$ssh_dir/$1/log"; }
}
nothing_left_on() { [ -z "$(ls -A "$ssh_dir/$1/tmp")" ]; }
