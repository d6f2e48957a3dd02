# SPDX-License-Identifier: GPL-2.0-only
# A guest that is still there when self-interrupt looks.
sleep 100000
