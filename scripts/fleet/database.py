# SPDX-License-Identifier: GPL-2.0-only
"""A database of a fleet, asked in SQL by the engine that its name says: what load, query and picture share."""
import datetime
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
RECORD, TABLES = 2, 1  # the schema of the records (lib/record/SCHEMA.md), and that of the tables (README.md)


def give_up(text, status=2):
    sys.exit_status = status
    print(f"{os.path.basename(sys.argv[0])}: {text}", file=sys.stderr)
    sys.exit(status)


def engines():
    """Where scripts/fleet/engines/install puts the packages."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.environ.get("KT_ENGINES") or os.path.join(cache, "kt", "engines")


class Database:
    def __init__(self, path):
        self.path = os.path.realpath(path)
        self.engine = "duckdb" if path.endswith(".duckdb") else "clickhouse"
        self.exists = os.path.exists(path)

    def command(self):
        """The engine's own command where there is one, else its package and node."""
        own = shutil.which(self.engine)
        if own and self.engine == "duckdb":
            return [own, "-csv", "-bail", self.path]
        if own:
            return [own, "local", "--path", self.path, "--multiquery", "--output-format", "CSVWithNames"]
        if not shutil.which("node") or not os.path.isdir(os.path.join(engines(), "node_modules")):
            give_up(f"{self.engine} is not installed; scripts/bootstrap fleet brings it", 3)
        return ["node", os.path.join(HERE, "engines", "run.js"), engines(), self.engine, self.path]

    def set(self, name, text):
        """A parameter of the statements that come after."""
        text = text.replace("'", "''")
        if self.engine == "duckdb":
            return f"SET VARIABLE {name} = '{text}';\n"
        return f"SET param_{name} = '{text}';\n".replace("\\", "\\\\")

    def file(self, name):
        with open(os.path.join(HERE, self.engine, name + ".sql"), encoding="utf-8") as f:
            return f.read()

    def ask(self, sql, text=True):
        """What the statements answer, as CSV. An error ends the program with the engine's first line of it."""
        done = subprocess.run(self.command(), input=sql.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode:
            lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
            give_up(f"{self.engine} on {self.path}: {lines[0]}", 5)
        return done.stdout.decode() if text else None

    def version(self):
        """Of the engine."""
        command = self.command()
        if command[0] == "node":
            command = command[:4] + ["version"]
        else:
            command = [command[0], "--version"]
        return subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout.decode().strip()

    def check_version(self):
        """Tables of another version are refused."""
        found = self.ask("SELECT record, tables FROM version;\n").split("\n")[1].split(",")
        if [int(x) for x in found] != [RECORD, TABLES]:
            give_up(f"{self.path} has tables of version {found[0]}.{found[1]}, this is {RECORD}.{TABLES}: load the records "
                    "into a new database")


def open_night(path, night=None):
    """The database and the night that is asked for, the last one by default. One that is not there ends the program."""
    db = Database(path)
    if not db.exists:
        give_up(f"{path} does not exist; scripts/fleet/load makes it", 4)
    db.check_version()
    nights = db.ask("SELECT DISTINCT night FROM runs ORDER BY night;\n").replace('"', "").split()[1:]
    if night is None:
        night = nights[-1] if nights else give_up(f"{path} has no night", 4)
    try:
        datetime.date.fromisoformat(night)
    except ValueError:
        give_up(f"invalid NIGHT '{night}': expected a date such as 2026-11-26")
    if night not in nights:
        give_up(f"{path} has no night {night}; the last one is {nights[-1] if nights else 'none'}", 4)
    return db, night
