# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced after tests/cli/lib.sh.
#
# survives FILE [STATUS]: kt report ends on it with STATUS (any: 0, 2 or 5) in each format, in time, says at most one clear
# line, and what it wrote for people is whole and harmless; otherwise prints why not, and returns 1. The JSON is kept.
# unreadable: prints a line for each JSON kept that is not strict, or not as its schema describes it, and forgets them all.
: "${FUZZ_SECONDS:=10}" "${FUZZ_MEGABYTES:=1500}" "${FUZZ_PATH:=$PATH}"
mkdir "$tmp/json"

# Sanitizers need address space without end; they watch the memory themselves.
if grep -q 'fsanitize=[^ ]*address' "$KT_BUILD/flags"; then
	export ASAN_OPTIONS=hard_rss_limit_mb=$FUZZ_MEGABYTES:max_allocation_size_mb=$FUZZ_MEGABYTES:exitcode=99
else
	ulimit -v $((FUZZ_MEGABYTES * 1024))
fi
export UBSAN_OPTIONS=halt_on_error=1:exitcode=99

render() { # render FILE FORMAT
	local format="-f $2"
	[ "$2" != full ] || format=--full
	# shellcheck disable=SC2086
	timeout "$FUZZ_SECONDS" env PATH="$FUZZ_PATH" "$kt" report "$1" $format >"$tmp/fuzz.$2" 2>"$tmp/fuzz.err" </dev/null
}

survives() {
	local file=$1 want=${2:-any} f status said lines
	for f in text full html md csv json; do
		render "$file" $f
		status=$?
		said="$file, $f: exit $status"
		case $want:$status in
		any:[025] | "$status:$status") ;;
		*)
			echo "$said, expected $want"
			head -n 20 "$tmp/fuzz.err"
			return 1
			;;
		esac
		lines=$(wc -l <"$tmp/fuzz.err")
		if [ "$lines" -ne $((status ? 1 : 0)) ] || LC_ALL=C grep -qP '^(?!kt report: )|[^\x20-\x7e]' "$tmp/fuzz.err"; then
			echo "$said, unclear on stderr:"
			head -n 5 "$tmp/fuzz.err"
			return 1
		fi
		[ $status -ne 2 ] || continue
		if [ $f != html ] && LC_ALL=C grep -qP '[\x00-\x09\x0b-\x1f\x7f]' "$tmp/fuzz.$f"; then
			echo "$said: a control character"
			return 1
		elif [ $f = md ] && { [ "$(wc -c <"$tmp/fuzz.md")" -gt 60000 ] ||
			[ "$(grep -c '^<details>' "$tmp/fuzz.md")" -ne "$(grep -c '^</details>' "$tmp/fuzz.md")" ]; }; then
			echo "$said: the comment is too long, or not whole"
			return 1
		elif [ $f = html ] && { [ "$(grep -oi '<script' "$tmp/fuzz.html" | wc -l)" -ne 1 ] || # its own
			grep -qiE '<img|onerror=' "$tmp/fuzz.html" || ! tail -c 8 "$tmp/fuzz.html" | grep -q '</html>'; }; then
			echo "$said: the page is not whole, or has a name as markup"
			return 1
		elif [ $f = json ]; then
			mv "$tmp/fuzz.json" "$tmp/json/${file##*/}"
		fi
	done
}

unreadable() {
	find "$tmp/json" -type f -exec "$kt" report --validate {} + 2>/dev/null | grep -v ': as documented' | head -n 20
	python3 - "$tmp/json" <<'P'
import json, pathlib, sys
def pairs(p):
    d = dict(p)
    assert len(d) == len(p), "duplicate key"
    return d
def no(c):
    raise ValueError(c)
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    try:
        json.loads(path.read_bytes().decode("utf-8"), object_pairs_hook=pairs, parse_constant=no)
    except (ValueError, AssertionError, RecursionError) as e:
        print(f"{path.name}: not strict JSON: {e}")
    path.unlink()
P
}
