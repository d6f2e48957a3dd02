#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# libkthread's headers for everybody: C99 to C17 and C++11 to C++20, gcc and clang, -pedantic, as the user's own headers and
# as the system's, each alone and in any order; programs of both languages run; and so does a static program with musl.
# Beside others: it compiles, and runs what takes no time.
. "$(dirname "$0")/lib.sh"

headers=$(sed -n '/^kthread_headers/,/[^\\]$/p' lib/kthread/room.mk | grep -o '[a-z_/]*\.h')
warnings='-pedantic -Wall -Wextra -Werror'
lib=$KT_BUILD/lib/libkthread.a
both='waits 42, never -4, workers 7, CPUs all, works 43, misuse 0'
cc_of() { # cc_of COMPILER: there is one; sanitizer builds need nothing here
	command -v "$1" >/dev/null || { skip "$1 is not installed"; return 1; }
}
runs() { # runs PROGRAM TEXT
	timeout 60 "$1" >"$tmp/said" 2>"$tmp/complaints"
	[ $? -eq 0 ] && diff "$tmp/said" <(printf '%s\n' "$2") && ! grep -v ': not permitted for ' "$tmp/complaints"
}

# ---- each header alone, twice, and in any order -----------------------------------------------------------------------
for h in $headers; do
	printf '#include <kthread/%s>\n#include <kthread/%s>\nextern int none;\n' "$h" "$h" >"$tmp/alone.c"
	# shellcheck disable=SC2086 # words
	check "$h: alone, C" gcc -std=c99 $warnings -Ilib -c "$tmp/alone.c" -o /dev/null
	cc_of g++ || continue
	# shellcheck disable=SC2086
	check "$h: alone, C++" g++ -std=c++11 $warnings -Ilib -x c++ -c "$tmp/alone.c" -o /dev/null
done
for order in '-r' '-R --random-source=/dev/zero' ''; do
	# shellcheck disable=SC2086
	printf '%s\n' $headers | sort $order | sed 's|.*|#include <kthread/&>|' >"$tmp/all.c"
	echo 'extern int none;' >>"$tmp/all.c"
	# shellcheck disable=SC2086
	check "all headers, order '$order'" gcc -std=c11 $warnings -Ilib -c "$tmp/all.c" -o /dev/null
done

# ---- the same program in both languages --------------------------------------------------------------------------------
for how in -I -isystem; do
	for std in c99:gcc:clang c11:gcc:clang gnu11:gcc:clang c17:gcc:clang; do
		IFS=: read -r std compilers <<<"$std"
		for cc in ${compilers//:/ }; do
			cc_of "$cc" || continue
			# shellcheck disable=SC2086
			check "$cc -std=$std $how" "$cc" -std=$std $warnings $how lib tests/portable/both.c -D_DEFAULT_SOURCE \
				-o "$tmp/both" "$lib" -pthread
		done
	done
	check "C, $how: it runs" runs "$tmp/both" "$both"
	for std in c++11 c++14 c++17 c++20; do
		for cc in g++ clang++; do
			cc_of "$cc" || continue
			# shellcheck disable=SC2086
			check "$cc -std=$std $how" "$cc" -std=$std $warnings $how lib -x c++ tests/portable/both.c -x none \
				-o "$tmp/both" "$lib" -pthread
			# shellcheck disable=SC2086
			check "$cc -std=$std $how: a program of its own" "$cc" -std=$std $warnings $how lib \
				tests/portable/program.cc -o "$tmp/program" "$lib" -pthread
		done
		[ -e "$tmp/program" ] || continue
		check "C++, $std, $how: it runs" runs "$tmp/both" "$both"
		check "C++, $std, $how: the other runs" runs "$tmp/program" '0 1 2 well'
	done
done
cc_of g++ && check 'C++ with the shared library' g++ -Ilib tests/portable/program.cc -o "$tmp/program" -L"$KT_BUILD/lib" -lkthread \
	-Wl,-rpath,"$KT_BUILD/lib" -pthread
cc_of g++ && check 'C++ with the shared library: it runs' runs "$tmp/program" '0 1 2 well'

# A format that does not fit is noticed in both forms.
for call in 'kthread_create_worker_on_cpu(0, 0, "x/%s", 1)' 'kthread_run_worker(0, "x/%s", 1)' 'kthread_run(f, 0, "%s", 1)' \
	'WARN(1, "%s", 1)'; do
	printf '#include <kthread/kthread.h>\nint f(void *);\nvoid g(void);\nvoid g(void) { (void)%s; }\n' "$call" >"$tmp/format.c"
	check "noticed: $call" sh -c "gcc -Wall -Ilib -c '$tmp/format.c' -o /dev/null 2>&1 | grep -q Wformat="
done

# ---- musl ---------------------------------------------------------------------------------------------------------------
if command -v musl-gcc >/dev/null; then
	# The kernel's own headers are not musl's.
	sys="-idirafter /usr/include -idirafter /usr/include/$(gcc -print-multiarch)"
	check 'musl: the library builds' make -s -j2 B="$tmp/musl" CC=musl-gcc CPPFLAGS="$sys" BOOTSTRAP=no WERROR=1 \
		"$tmp/musl/lib/libkthread.a"
	# shellcheck disable=SC2086
	check 'musl: a static program builds' musl-gcc -static $warnings -Ilib tests/portable/both.c -o "$tmp/static" \
		"$tmp/musl/lib/libkthread.a" -pthread
	check 'musl: it is static' sh -c "! readelf -l '$tmp/static' | grep INTERP"
	check 'musl: it runs' runs "$tmp/static" "$both"
	for shape in md pktgen stop_machine; do
		check "musl: $shape builds" musl-gcc -static -I. -Ilib "$KT_BUILD/tests/shapes/$shape.c" -o "$tmp/shape" \
			"$tmp/musl/lib/libkthread.a" -pthread
		check "musl: $shape runs" timeout 60 "$tmp/shape"
	done
else
	skip 'musl-gcc is not installed (package musl-tools): the library was not built with musl'
fi
finish
