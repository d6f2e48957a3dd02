# SPDX-License-Identifier: GPL-2.0-only
# Shared by the commands of scripts/fleet: a night is a directory RECORDS/YYYY-MM-DD. It has HOST.jsonl.gz of
# each host whose record is whole, the file `missing` (HOST, a tab, the reason) while hosts are missing, and log/HOST: what
# the host said last. A record on its way is HOST.jsonl.gz.part.
# Needs $name, the name of the command, and $here, its directory; what hosts send is hostile input.

die() { # die STATUS MESSAGE
	printf '%s: %s\n' "$name" "$2" >&2
	exit "$1"
}

# Each option's argument, checked: these print what is meant, or nothing.
seconds() { # seconds TIME: a whole number of seconds, or of minutes or hours, as 15m
	[[ $1 =~ ^([0-9]{1,6})([smh]?)$ ]] || return 0
	case ${BASH_REMATCH[2]} in
	m) echo $((10#${BASH_REMATCH[1]} * 60)) ;;
	h) echo $((10#${BASH_REMATCH[1]} * 3600)) ;;
	*) echo $((10#${BASH_REMATCH[1]})) ;;
	esac
}
need_seconds() { # need_seconds OPTION TIME
	seconds_given=$(seconds "$2")
	[ -n "$seconds_given" ] || die 2 "invalid $1 '$2': expected a time such as 90s, 15m or 3h"
}
need_number() { # need_number OPTION NUMBER
	[[ $2 =~ ^[1-9][0-9]{0,4}$ ]] || die 2 "invalid $1 '$2': expected a whole number above zero"
}

# What may come from a host, as one line for a terminal.
tame() { LC_ALL=C tr -d '\r' | LC_ALL=C tr '\n\t' '  ' | LC_ALL=C tr -c '[:print:]' '?' | cut -c 1-200 | sed 's/ *$//'; }
shown() { LC_ALL=C printf '%q' "$1"; }

# It is the name of a file, an argument of commands, and a line of text.
is_host_name() { [[ $1 =~ ^[A-Za-z0-9_][A-Za-z0-9._@:-]{0,199}$ ]]; }

find_kt() { # of KT, of this tree, or installed
	local built=${KT_BUILD:-$here/../../build}/kt
	if [ -n "${KT:-}" ]; then echo "$KT"; elif [ -x "$built" ]; then echo "$built"; else command -v kt; fi
}

machine_of() { # machine_of PROGRAM: as `uname -m` has it, by its ELF header
	case $(od -An -tu2 -j18 -N2 "$1" 2>/dev/null | tr -d ' ') in
	62) echo x86_64 ;;
	183) echo aarch64 ;;
	21) echo ppc64le ;;
	22) echo s390x ;;
	243) echo riscv64 ;;
	esac
}

# need_static: $static has programs that run on other machines; $machine becomes theirs
need_static() {
	local program
	for program in kt kt-suite; do
		[ -x "$static/$program" ] || die 2 "no $program in '$static': make static builds it, --static says where it is"
	done
	machine=$(machine_of "$static/kt")
	[ -n "$machine" ] || die 2 "'$static/kt' is not a program of a machine that is known here"
}

# open_night: make $night of $records and $date; no other command brings records there meanwhile
open_night() {
	[[ $date =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}$ ]] || die 2 "invalid --night '$date': expected YYYY-MM-DD"
	mkdir -p "$records/$date/log" || die 5 "cannot make '$records/$date/log'"
	night=$(realpath "$records/$date")
	exec {night_lock}>"$night/.lock" || die 5 "cannot write into '$night'"
	flock -n "$night_lock" || die 5 "another command is bringing records into '$night'"
}

# read_hosts: the lines of standard input into $hosts, each once; those that cannot be a name go into the reasons
declare -a hosts=()
declare -A reason=() final=()
read_hosts() {
	local host
	declare -A seen=()
	while IFS= read -r host || [ -n "$host" ]; do
		host=${host%$'\r'}
		[[ $host =~ ^[[:space:]]*(#.*)?$ ]] && continue
		[ -z "${seen[$host]:-}" ] || continue
		seen[$host]=1
		hosts+=("$host")
		is_host_name "$host" || {
			reason[$host]='not a name of a host: expected letters, digits and . _ - : @'
			final[$host]=1
		}
	done
	[ ${#hosts[@]} -gt 0 ] || die 2 "no hosts: expected a name in each line"
}

is_here() { [ -e "$night/$1.jsonl.gz" ]; }

# still_missing: $todo becomes the hosts for which trying can help
still_missing() {
	local host
	todo=()
	for host in "${hosts[@]}"; do
		[ -n "${final[$host]:-}" ] || is_here "$host" || todo+=("$host")
	done
}

# A record is whole when it begins with the header of a run and its last line says that this one was complete.
is_whole() { # is_whole FILE
	head -n 1 "$1" | grep -q '^{"type":"header"' && tail -c 4096 "$1" | tail -n 1 | grep -q '^{"type":"end".*"status":"complete".*}$'
}

# take RAW HOST: compress what came, under a name that no reader takes, and rename it when it is whole; 1 when what came is
# not, 2 when it cannot be written
take() {
	local part=$night/$2.jsonl.gz.part
	is_whole "$1" || return 1
	gzip -c "$1" >"$part" && mv "$part" "$night/$2.jsonl.gz" && return 0
	rm -f "$part"
	return 2
}

# conclude: the file `missing`, the summary, and the exit status: 0, or 1 when hosts are missing
conclude() {
	local host here=0 missing=()
	for host in "${hosts[@]}"; do
		if is_here "$host"; then here=$((here + 1)); else missing+=("$host"); fi
	done
	if [ ${#missing[@]} -eq 0 ]; then
		rm -f "$night/missing"
	else
		for host in "${missing[@]}"; do
			printf '%s\t%s\n' "$(shown "$host")" "${reason[$host]:-not tried}"
		done >"$night/.missing" && mv "$night/.missing" "$night/missing"
		printf '%s: missing: %s\n' "$name" "${#missing[@]} of ${#hosts[@]} hosts" >&2
		sed "s/^/  /;s/\t/: /" "$night/missing" >&2
	fi
	untraced
	printf '%s: %s of %s hosts\n' "$night" $here ${#hosts[@]}
	[ ${#missing[@]} -eq 0 ]
}

# Where tracing was not permitted the phases are missing, and everything else is there: said once per reason.
untraced() {
	local host
	for host in "${hosts[@]}"; do
		is_here "$host" || continue
		gzip -dc "$night/$host.jsonl.gz" 2>/dev/null | head -n 1 |
			sed -n 's/.*"trace_reason":"\(\([^"\\]\|\\.\)*\)".*/\1/p' | tame
	done | sort | uniq -c | while read -r count why; do
		printf '%s: no phases of wakes from %s hosts: %s\n' "$name" "$count" "$why" >&2
	done
}
