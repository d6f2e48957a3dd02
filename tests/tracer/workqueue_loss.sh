#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A map that is full of cancelled works gives loss counters, not wrong figures, and is emptied (workqueue_loss.c).
exec "${KT_BUILD:-build}/tests/tracer/workqueue_loss"
