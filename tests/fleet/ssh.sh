#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# scripts/fleet/ssh: hosts (sshd on loopback) that answer, and those that cannot: each costs itself alone.
. "$(dirname "$0")/lib.sh"
need_static
need_ssh

read -r -a port <<<"$(free_ports 10)"
ssh_host n1 "${port[0]}"
ssh_host n2 "${port[1]}" 'ForceCommand echo hello; eval "$SSH_ORIGINAL_COMMAND"'
ssh_host hangs "${port[2]}" 'ForceCommand exec sleep 600'
ssh_host torn "${port[3]}" 'ForceCommand sh -c "$SSH_ORIGINAL_COMMAND" | head -c 5000'
ssh_host i686 "${port[4]}" 'ForceCommand exec setarch i686 sh -c "$SSH_ORIGINAL_COMMAND"'
ssh_host full "${port[5]}"
ssh_host noexec "${port[6]}"
ssh_host n3@x "${port[7]}"
known_host off "${port[8]}"
# A connection that is lost while kt is on its way: the host can say nothing, and must not die of that before it has cleaned up.
ssh_host lost "${port[9]}" 'ForceCommand (head -c 100000 | sh -c "$SSH_ORIGINAL_COMMAND" 2>&1) | true'

# As root: real file systems that have no room, or run no programs.
clean_up() {
	umount "$ssh_dir/full/tmp" "$ssh_dir/noexec/tmp" 2>/dev/null
	remove_run_sshd
}
mounted=(full noexec)
mount -t tmpfs -o size=1m kt-full "$ssh_dir/full/tmp" 2>/dev/null && mount -t tmpfs -o noexec kt-noexec "$ssh_dir/noexec/tmp" || {
	skip 'not permitted to mount: hosts without room, and those that run no programs in their /tmp'
	mounted=()
}

hostile=('two words' '$(touch pwned)' ';touch pwned' '-oProxyCommand=touch pwned' '../../etc/n1' $'n1\033[31m' '.n1' 'ö')
{
	echo '# hosts'
	printf '%s\n' n1 n2 n1 torn lost i686 ${mounted[@]+"${mounted[@]}"} off
	printf '\r\n%s\n' "${hostile[@]}"
	printf 'n3@x'
} >"$tmp/hosts"
drive() { # drive ARGUMENT...: in an empty directory
	mkdir -p "$tmp/cwd"
	(cd "$tmp/cwd" && timeout 300 "$fleet/ssh" -s "$static" -F "$ssh_dir/config" -n 2026-01-02 -w 0 "$@")
}
quick=(--filter '^park/cpu=same' --time 100ms --no-trace)
night=$tmp/the\ records/2026-01-02
missing() { h=$1 awk -F'\t' '$1 == ENVIRON["h"] { print $2 }' "$night/missing"; }
reason() { # reason HOST PATTERN
	check "$1: $2" grep -qE -- "$2" <(missing "$1")
	missing "$1" | grep -qE -- "$2" || echo "  $(missing "$1")"
}

sed -i 's/^Host n3@x$/Host x/' "$ssh_dir/config"
drive -t 100s -r 2 "$tmp/hosts" "$tmp/the records" -- "${quick[@]}" >"$tmp/said" 2>"$tmp/log"
status=$?
cat "$tmp/said"
check "hosts are missing: exit $status" test $status -eq 1
for host in n1 n2; do
	check "$host is here" "$kt" report "$night/$host.jsonl.gz"
	check "$host: what was asked for was measured" sh -c "zcat '$night/$host.jsonl.gz' | grep -q '\"question\":\"park/cpu=same\"'"
done
check 'nothing else is' test "$(cd "$night" && echo *.jsonl.gz*)" = 'n1.jsonl.gz n2.jsonl.gz'
reason torn 'torn'
reason lost 'torn|ssh ended'
reason i686 'this host is i686, and kt is built for x86_64'
reason off 'refused$'
reason n3@x 'ermission denied'
for host in ${mounted[@]+"${mounted[@]}"}; do
	[ $host = full ] && reason full 'cannot put kt into .*KB are free.*(o space|Wrote only)'
	[ $host = noexec ] && reason noexec 'noexec'
done
for host in "${hostile[@]}"; do
	reason "$(LC_ALL=C printf '%q' "$host")" 'not a name of a host'
done
check 'the same is on the terminal' cmp <(sed 's/^/  /;s/\t/: /' "$night/missing") <(sed -n '/missing: /,$p' "$tmp/log" | sed 1d | grep -v '^fleet/ssh: no phases')
check 'no control characters are' sh -c "! LC_ALL=C grep -q '[[:cntrl:]]' '$tmp/log'"
check 'what can be tried again is, and what cannot is not' test "$(grep -c 'off: try' "$tmp/log") $(grep -c 'i686: try' "$tmp/log")" = '2 1'
check 'no name was taken for a command' test ! -e "$tmp/cwd/pwned" -a ! -e "$HOME/pwned"
for host in n1 n2 torn lost i686 ${mounted[@]+"${mounted[@]}"}; do
	check "nothing is left on $host" await nothing_left_on $host
done

# ---- again -----------------------------------------------------------------------------------------------------------
start_host off "${port[8]}"
await listens "${port[8]}" || bad 'the sshd of off does not listen'
printf '%s\n' n1 n2 off >"$tmp/hosts"
before=$(stat -c '%i %Y' "$night/n1.jsonl.gz" "$night/n2.jsonl.gz")
drive "$tmp/hosts" "$tmp/the records" -- "${quick[@]}" >"$tmp/said" 2>"$tmp/log"
check "all hosts are there: exit $?" test "$(cat "$tmp/said")" = "$night: 3 of 3 hosts"
check 'only what was missing was done' test "$(grep -c ' here after' "$tmp/log") $(stat -c '%i %Y' "$night/n1.jsonl.gz" "$night/n2.jsonl.gz")" = "1 $before"
check 'and nothing is said to be missing' test ! -e "$night/missing"
check 'arguments arrive as they are' sh -c "cd '$tmp/cwd' && ! timeout 60 '$fleet/ssh' -s '$static' -F '$ssh_dir/config' -n 2026-01-03 -r 1 - '$tmp/the records' -- --filter \"it's \\\$HOME \\\"a\\\"\" <<H
n1
H"
check 'also quotes' grep -qF "it's \$HOME \"a\"" "$tmp/the records/2026-01-03/log/n1"

# ---- one that hangs ---------------------------------------------------------------------------------------------------
printf '%s\n' n1 hangs >"$tmp/hosts"
drive -t 2s -r 2 "$tmp/hosts" "$tmp/the records" -- "${quick[@]}" >"$tmp/said" 2>"$tmp/log"
check "a host that hangs: exit $?" test "$(cat "$tmp/said")" = "$night: 1 of 2 hosts"
reason hangs 'no answer within 2 s'
drive -T 1s -r 5 -w 2 "$tmp/hosts" "$tmp/the records" -- "${quick[@]}" >"$tmp/said" 2>"$tmp/log"
check 'the time in all is kept' test "$(grep -c 'hangs: try' "$tmp/log")" = 1

# ---- an end before the end -------------------------------------------------------------------------------------------
family() { # family PID: and all that descend from it
	local child
	echo "$1"
	for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do family "$child"; done
}
runs_there() { pgrep -f "^\./kt bench -o run.jsonl" >/dev/null && ls "$ssh_dir"/n1/tmp/kt-fleet.*/run.jsonl >/dev/null 2>&1; }
echo n1 >"$tmp/hosts"
for signal in TERM KILL; do
	"$fleet/ssh" -s "$static" -F "$ssh_dir/config" -T 300s -n 2026-01-04 "$tmp/hosts" "$tmp/the records" \
		-- --time 60s --no-trace >"$tmp/said" 2>"$tmp/log" &
	driver=$!
	check 'it measures' await runs_there
	check 'another one does not come between' sh -c "! timeout 60 '$fleet/ssh' -s '$static' -F '$ssh_dir/config' -n 2026-01-04 '$tmp/hosts' '$tmp/the records' 2>'$tmp/other' && grep -q 'another command' '$tmp/other'"
	if [ $signal = TERM ]; then
		kill -TERM $driver
		wait $driver
		check "interrupted: exit $?" grep -q interrupted "$tmp/log"
	else
		# shellcheck disable=SC2046 # several
		kill -KILL $(family $driver) 2>/dev/null
		wait $driver 2>/dev/null
	fi
	check "nothing is left on the host after SIG$signal" await nothing_left_on n1
	check 'and nothing that counts here' test ! -e "$tmp/the records/2026-01-04/n1.jsonl.gz"
done

# Also where nothing is said for so long that a broken connection would not be met.
mkdir "$tmp/direct" && cp "$static/kt" "$static/kt-suite" "$tmp/direct/" && mkfifo "$tmp/direct/in"
(cd "$tmp/direct" && exec sh "$fleet/on-host" 200 stdin --time 100s --no-trace <in >out 2>err) &
there=$!
exec 9>"$tmp/direct/in"
check 'on-host measures' await test -s "$tmp/direct/run.jsonl"
exec 9>&-
check 'and ends when nobody waits any more' test -z "$(survivors $there)"
kill $there 2>/dev/null
wait $there

# ---- what is refused -------------------------------------------------------------------------------------------------
check 'the usage' sh -c "'$fleet/ssh' --help | grep -q '^usage: scripts/fleet/ssh'"
refused 'no arguments' 2 'expected HOSTS and RECORDS' "$fleet/ssh"
refused 'no such list' 2 "cannot read '/nowhere'" "$fleet/ssh" /nowhere "$tmp/r"
refused 'no binaries' 2 'make static' "$fleet/ssh" -s "$tmp" "$tmp/hosts" "$tmp/r"
refused 'a night' 2 'YYYY-MM-DD' "$fleet/ssh" -s "$static" -n ../x "$tmp/hosts" "$tmp/r"
refused 'a time' 2 'invalid --timeout' "$fleet/ssh" -t soon "$tmp/hosts" "$tmp/r"
refused 'no hosts' 2 'no hosts' sh -c "echo '# none' | '$fleet/ssh' -s '$static' - '$tmp/r'"
finish
