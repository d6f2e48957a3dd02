# SPDX-License-Identifier: GPL-2.0-only
# What kt doctor says of this kernel; the host compares it with the stored table.
kt doctor
