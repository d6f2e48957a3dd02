#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A map that is too small gives loss counters, not wrong figures (work_loss.c).
exec "${KT_BUILD:-build}/tests/tracer/work_loss"
