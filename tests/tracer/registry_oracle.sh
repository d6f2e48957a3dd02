#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Processes that nobody named have whole wakes (registry_oracle.c).
exec "${KT_BUILD:-build}/tests/tracer/registry_oracle"
