#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# crosscheck_load.py CPU PIDS: processes on one CPU that wake each other, compete, yield and sleep; their ids go to the
# file PIDS, their name is kt-crosscheck. All have ended when this one ends.
import os, sys, time

ROUNDS, SLEEPS, YIELDS, HOG_S = 500, 60, 300, 0.3


def answer(read, write):
    for _ in range(ROUNDS):
        os.write(write, os.read(read, 1))


def ask(read, write):
    for _ in range(ROUNDS):
        os.write(write, b"x")
        os.read(read, 1)


def hog():
    while time.process_time() < HOG_S:
        pass


def caller():
    """long system calls: a kernel that preempts only at points of its own does so there"""
    page = bytearray(1 << 25)
    with open("/dev/zero", "rb", buffering=0) as zero:
        while time.process_time() < HOG_S:
            zero.readinto(page)


def yielder():
    for _ in range(YIELDS):
        os.sched_yield()


def sleeper():
    for _ in range(SLEEPS):
        time.sleep(0.001)


def main():
    os.sched_setaffinity(0, {int(sys.argv[1])})
    with open("/proc/self/comm", "w", encoding="utf-8") as f:
        f.write("kt-crosscheck")
    there, back = os.pipe(), os.pipe()
    jobs = [lambda: answer(there[0], back[1]), lambda: ask(back[0], there[1]), hog, hog, caller, yielder,
            sleeper]
    children = []
    for job in jobs:
        pid = os.fork()
        if not pid:
            job()
            os._exit(0)
        children.append(pid)
    for pid in children:
        assert os.waitpid(pid, 0)[1] == 0
    with open(sys.argv[2], "w", encoding="utf-8") as f:
        print(*children, file=f)


main()
