#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kt report on the records of tests/corpus/records: 0-, 2- and 5- names say how it ends, any- are from tests/fuzz/records.sh.
# Beside others: it only reads records.
. "$(dirname "$0")/lib.sh"
# What gnuplot is to draw is written, and not drawn: that takes longer than all the rest.
FUZZ_PATH=$tmp/bin
mkdir "$FUZZ_PATH"
printf '#!/bin/sh\nexit 0\n' >"$FUZZ_PATH/gnuplot"
chmod 755 "$FUZZ_PATH/gnuplot"
. tests/fuzz/survives.sh

for file in tests/corpus/records/*; do
	name=${file##*/}
	if said=$(survives "$file" "${name%%-*}"); then ok; else bad "$said"; fi
done
said=$(unreadable)
if [ -z "$said" ]; then ok; else bad "$said"; fi
finish
