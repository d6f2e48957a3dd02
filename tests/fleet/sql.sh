#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Records of many hosts in ClickHouse and in DuckDB: the union is that of an independent program, percentiles are kt's to the last
# bit, what is torn, twice, late or of another schema costs itself alone and is named, and what has changed is found, of hosts and
# of all of them. KT_FLEET_HOSTS=1000 makes it the size that a fleet has (20 minutes); KT_FLEET_RECORDS names a directory for
# its records, kept and taken again. Arguments are engines, both by default.
. "$(dirname "$0")/lib.sh"

hosts=${KT_FLEET_HOSTS:-16}
fleet=scripts/fleet
# Of 70 hosts the median is known well enough to tell 1 % of some of the arms alone from chance.
many=$((hosts > 70 ? hosts : 70)) least=$((hosts >= 1000 ? 10 : 4))
records=${KT_FLEET_RECORDS:-$tmp/records}
night=2026-11-26
export KT=$kt

csv() { # csv EXPRESSION FILE: Python's EXPRESSION about the rows r of a CSV
	python3 -c "
import csv, sys
csv.field_size_limit(1 << 30)
r = list(csv.DictReader(open(sys.argv[2], newline='', encoding='utf-8')))
print(eval(sys.argv[1]))" "$@"
}
says() { # says PATTERN: the last load did, on stderr
	grep -qE -- "$1" "$tmp/said" || {
		echo "no '$1' in:"
		head -n 5 "$tmp/said"
		false
	}
}
seconds() { # seconds NAME COMMAND...: how long it took is shown, and never judged
	local name=$1 begin
	shift
	begin=$(date +%s.%N)
	check "$name" "$@"
	echo "$engine, $hosts hosts: $name: $(echo "$begin $(date +%s.%N)" | awk '{ printf "%.1f", $2 - $1 }') s"
}
load() {
	local status
	timeout 1200 $fleet/load "$@" 2>"$tmp/said"
	status=$?
	cat "$tmp/said" >&2
	return $status
}
ask() { timeout 300 $fleet/query "$@"; }
same() { # same DATABASE NIGHT KEPT FILE...: its union and quantiles are those of the files, KEPT from one engine to the next
	local db=$1 of=$2 kept=$tmp/$3
	shift 3
	ask merge "$db" "$of" >"$tmp/merge.csv" && ask quantiles "$db" "$of" >"$tmp/quantiles.csv" || return 1
	[ ! -e "$kept.json" ] || set --
	[ $# -eq 0 ] || timeout 1200 "$kt" merge -f json "$@" >"$kept.json" 2>/dev/null
	python3 tests/fleet/union.py "$tmp/merge.csv" "$tmp/quantiles.csv" "$kept.json" "$kept.union" "$@" >"$tmp/same"
}
sql() { # sql DATABASE STATEMENT
	PYTHONPATH=$fleet python3 -c '
import database, sys
print(database.Database(sys.argv[1]).ask(sys.argv[2] + ";\n"), end="")' "$@"
}
fails() { ! "$@" >/dev/null 2>&1; }

[ -d "$records" ] || timeout 3000 tests/fleet/simulate "$records" --hosts "$hosts" || { bad 'simulate'; finish; }
all=("$records/$night"/*.jsonl.gz)

# ---- a night ----------------------------------------------------------------------------------------------------------
a_night() {
	seconds 'load a night' load "$db" "$records/$night"
	check 'which is said' says "$hosts hosts' nights loaded\$"
	seconds 'merge' ask merge "$db"
	seconds 'quantiles' ask quantiles "$db"
	check 'the union of an independent program, and the percentiles of kt' same "$db" $night all "${all[@]}"
	check 'of 69 series' grep -qx '69 series, 207 quantiles' "$tmp/same"
	check 'the night as Parquet' ask parquet "$db"
	size=$(($(wc -c <"$tmp/out") / hosts))
	echo "$engine, $hosts hosts: $size bytes of Parquet a host's night"
	check 'of at most 25 KB a host' test $size -le 25000
	if [ $engine = clickhouse ]; then
		size=$(($(sql "$db" "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase()" | tail -n 1) / hosts))
		echo "$engine, $hosts hosts: $size bytes in the database"
		check 'of at most 20 KB a host in the database' test $size -le 20000
	fi
	cp "$tmp/quantiles.csv" "$tmp/quantiles.$engine"
	cp "$tmp/merge.csv" "$tmp/merge.$engine"
	sed 's/\(,[0-9]*[1-8]\)$/\11/;t;' "$tmp/merge.csv" >"$tmp/wrong.csv"
	check 'and which sees a wrong bucket' fails python3 tests/fleet/union.py "$tmp/wrong.csv" "$tmp/quantiles.csv" "$tmp/all.json" "$tmp/all.union"
	check 'the same night again' load "$db" "$records/$night"
	check 'counts once' says "^load: 0 hosts' nights loaded, $hosts were there already\$"
	check 'and changes nothing' same "$db" $night all "${all[@]}"
}

# ---- what is wrong costs itself alone ---------------------------------------------------------------------------------
spoilt() {
	local bad=$tmp/bad db=$tmp/bad.$suffix from=$records/$night i
	rm -rf "$bad" "$db"
	mkdir -p "$bad/2026-11-25" "$bad/$night" "$bad/again/$night" "$bad/whole/$night"
	for i in 0 1 2; do cp "$from/h0000$i.jsonl.gz" "$bad/$night"; done
	for i in torn:3:.gz middle:4: cut:5:.gz schema:6:.gz names:7: coarse:8:.gz batch:9:; do
		IFS=: read -r how host gz <<<"$i"
		python3 tests/fleet/spoil.py $how "$from/h$(printf %05d $host).jsonl.gz" "$bad/$night/$how$host.jsonl$gz"
	done
	cp "$from/h00000.jsonl.gz" "$bad/$night/twin.jsonl.gz"
	cp "$from/h00012.jsonl.gz" "$bad/$night/o'dd, \"name\".jsonl.gz"
	: >"$bad/$night/empty.jsonl"
	echo '{"type":' | gzip >"$bad/$night/nothing.jsonl.gz"
	cp "$from/h00013.jsonl.gz" "$bad/$night/part.jsonl.gz.part"
	load "$db" "$bad/$night" 2>/dev/null
	check 'what is left out makes the status 5' test $? -eq 5
	for i in torn3 middle4 cut5 schema6 twin empty nothing; do
		check "$i is named" grep -q "^load: $night/$i: " "$tmp/said"
	done
	for i in h0000 names7 coarse8 batch9 dd part; do
		check "of $i nothing" fails grep -q "^load: $night/$i" "$tmp/said"
	done
	check 'the line that is broken' grep -q "/middle4: .*line 26: malformed" "$tmp/said"
	check 'the schema that is not known' grep -qi "/schema6: left out: .*schema" "$tmp/said"
	check 'which run is twice' grep -q "/twin: holds a run that is counted as $night/h00000" "$tmp/said"
	check 'what can be read of them counts' same "$db" $night bad1 "$bad/$night"/*.jsonl "$bad/$night"/*.jsonl.gz

	mkdir -p "$bad/2026-11-27"
	for i in 10 11; do python3 tests/fleet/spoil.py time "$from/h000$i.jsonl.gz" "$bad/2026-11-27/h$i.jsonl"; done
	check 'what has passes and no buckets' load "$db" "$bad/2026-11-27"
	check 'and its percentiles' same "$db" 2026-11-27 bad2 "$bad/2026-11-27"/*.jsonl
	check 'of mode time' grep -q '^"\?create_stop"\?,"\?keventd"\?,1,"\?time' "$tmp/quantiles.csv"

	check 'a whole record in another directory' python3 tests/fleet/spoil.py names "$from/h00003.jsonl.gz" "$bad/whole/$night/torn3.jsonl.gz"
	check 'takes the place of the torn one' load "$db" "$bad/whole/$night"
	check 'and is named' says "^load: $night/torn3: takes the place of"
	cp "$from/h00013.jsonl.gz" "$bad/again/$night/h00000.jsonl.gz"
	check 'another run of the same night' load "$db" "$bad/again/$night"
	check 'is not counted' says "^load: $night/h00000: is another run"
	rm "$bad/$night/torn3.jsonl.gz"
	cp "$bad/whole/$night/torn3.jsonl.gz" "$bad/$night"
	check 'both leave the union as it ought to be' same "$db" $night bad3 "$bad/$night"/*.jsonl "$bad/$night"/*.jsonl.gz
	cp "$from/h00014.jsonl.gz" "$bad/2026-11-25/h00014.jsonl.gz"
	check 'a night before' load "$db" "$bad/2026-11-25"
	check 'is late' says "^load: 2026-11-25: loaded after 2026-11-27"
	check 'and by itself' same "$db" 2026-11-25 bad4 "$from/h00014.jsonl.gz"
	mkdir -p "$bad/late/$night"
	cp "$from/h00015.jsonl.gz" "$bad/late/$night"
	check 'a host that comes late' load "$db" "$bad/late/$night"
	check 'is named' says "^load: $night/h00015: is late"
	cp "$from/h00015.jsonl.gz" "$bad/$night"
	check 'and counts' same "$db" $night bad5 "$bad/$night"/*.jsonl "$bad/$night"/*.jsonl.gz
	refused 'a night that is not there' 4 'no night 2026-01-01; the last one is 2026-11-27' $fleet/query quantiles "$db" 2026-01-01
	refused 'a night that is none' 2 "invalid NIGHT '1; DROP'" $fleet/query quantiles "$db" '1; DROP'
	check 'tables of another version' sql "$db" 'DELETE FROM version WHERE tables = 1;
INSERT INTO version VALUES (2, 7)'
	refused 'are not asked' 2 'version 2.7, this is 2.1' $fleet/query quantiles "$db"
	refused 'and nothing is loaded there' 2 'version 2.7, this is 2.1' $fleet/load "$db" "$bad/$night"
}

# ---- what has changed -------------------------------------------------------------------------------------------------
# Rows with a p50 and no buckets, of 15 nights. Chance has its share in which of the hosts are called: none of the three fleets is that
# of another seed.
figures() { # figures NAME FLAG...: into $tmp/NAME
	[ -d "$tmp/$1" ] || timeout 3000 tests/fleet/simulate "$tmp/$1" --figures --hosts "$many" --nights 15 "${@:2}"
}
insert() { # insert DATABASE FOLDER
	PYTHONPATH=$fleet python3 -c '
import database, sys
db = database.Database(sys.argv[1])
db.ask("".join(db.set(n, sys.argv[2] + "/" + n) for n in ("series", "runs", "problems", "delete")) + db.file("load"))' "$@"
}
changed() { # changed NAME FLAG...: what is found of a fleet that was shifted
	local name=$1
	check "simulate $*" figures "$@"
	check 'insert' insert "$tmp/$name.$engine" "$tmp/$name"
	seconds "changes ($many hosts, 15 nights)" ask changes "$tmp/$name.$engine"
	cp "$tmp/out" "$tmp/$name.$engine.csv"
	python3 tests/fleet/found.py "$tmp/$name.$engine.csv" "${shifted[@]}" >"$tmp/found"
	sed "s|^|$engine, $*: |" "$tmp/found"
	read -r _ found _ others _ slower _ of _ faster <"$tmp/found"
}
what_changed() {
	local shifted=() found others slower of faster i
	for i in 0 7 14 21 28 35 42 49 56 63; do shifted+=("h$(printf %05d $i)"); done
	changed some --shift 0.05 --shifted 10
	check 'at least 9 of 10 hosts are found' test "$found" -ge 9
	check 'at most 1 % of the others are' test $((100 * others)) -le $((many - 10))
	check 'and nothing is called the fleet'"'s" test $((slower + faster)) -eq 0
	changed all --fleet-shift 0.01 --seed 2
	check 'what all hosts have is found as theirs' test $((10 * slower)) -ge $((least * of))
	check 'and never as faster' test "$faster" -eq 0
	check 'and not as that of each' test $((100 * (found + others))) -le "$many"
	changed none --seed 3 --tails 0.02
	check 'where nothing changed nothing is called, though nights differ' test $((100 * (found + others))) -le $((2 * many))
	check 'of the fleet neither' test $((slower + faster)) -eq 0
}

for engine in ${*:-clickhouse duckdb}; do
	suffix=$engine
	if ! why=$($fleet/engines/install $engine); then
		absent "$engine: $why"
		continue
	fi
	echo "$engine $(PYTHONPATH=$fleet python3 -c 'import database, sys; print(database.Database(sys.argv[1]).version())' "x.$engine")"
	db=$tmp/fleet.$suffix
	a_night
	spoilt
	what_changed
done
if [ -e "$tmp/quantiles.clickhouse" ] && [ -e "$tmp/quantiles.duckdb" ]; then
	check 'both engines answer the same' sh -c "tr -d '\"' <'$tmp/merge.clickhouse' | cmp - '$tmp/merge.duckdb'"
	for i in some all none; do
		check 'also to what has changed' python3 tests/fleet/alike.py "$tmp/$i.clickhouse.csv" "$tmp/$i.duckdb.csv"
	done
fi
finish
