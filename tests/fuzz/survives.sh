# SPDX-License-Identifier: GPL-2.0-only
# Sourced after tests/cli/lib.sh. survives FILE: kt report ends with 0, 2 or 5 on it in each format, in time, says no more
# than a few clear lines, and what it wrote can be read; otherwise why not, and 1.
: "${FUZZ_SECONDS:=10}" "${FUZZ_MEGABYTES:=1500}"

# Sanitizers need address space without end; they watch the memory themselves.
if grep -q 'fsanitize=[^ ]*address' "$KT_BUILD/flags"; then
	export ASAN_OPTIONS=hard_rss_limit_mb=$FUZZ_MEGABYTES:max_allocation_size_mb=$FUZZ_MEGABYTES:exitcode=99
	bounded() { "$@"; }
else
	bounded() { (ulimit -v $((FUZZ_MEGABYTES * 1024)) && exec "$@"); }
fi
export UBSAN_OPTIONS=halt_on_error=1:exitcode=99

survives() {
	local file=$1 f status said
	for f in text html json; do
		bounded timeout "$FUZZ_SECONDS" "$kt" report "$file" -f $f >"$tmp/fuzz.$f" 2>"$tmp/fuzz.err" </dev/null
		status=$?
		said="$file, $f: exit $status"
		case $status in
		0) [ ! -s "$tmp/fuzz.err" ] || { echo "$said, and something on stderr" && return 1; } ;;
		2 | 5) [ -s "$tmp/fuzz.err" ] || { echo "$said, and nothing on stderr" && return 1; } ;;
		*)
			echo "$said"
			head -n 20 "$tmp/fuzz.err"
			return 1
			;;
		esac
		if [ "$(wc -l <"$tmp/fuzz.err")" -gt 1 ] || LC_ALL=C grep -qP '^(?!kt report: )|[^\x20-\x7e]' "$tmp/fuzz.err"; then
			echo "$said, unclear on stderr:"
			head -n 5 "$tmp/fuzz.err"
			return 1
		fi
		[ $status -ne 2 ] || continue
		if [ $f = text ] && LC_ALL=C grep -qP '[\x00-\x09\x0b-\x1f\x7f]' "$tmp/fuzz.text"; then
			echo "$said: a control character in the text"
			return 1
		elif [ $f = html ] && { grep -qiE '<script|<img|onerror=' "$tmp/fuzz.html" || ! tail -n 1 "$tmp/fuzz.html" | grep -q '</html>$'; }; then
			echo "$said: the page is not whole, or has a name as markup"
			return 1
		elif [ $f = json ] && ! strict_json "$tmp/fuzz.json" 2>"$tmp/fuzz.err"; then
			echo "$said: not strict JSON: $(tail -n 1 "$tmp/fuzz.err")"
			return 1
		fi
	done
}
