# SPDX-License-Identifier: GPL-2.0-only
# The runner must see a guest that does not end as one.
trap '' TERM
while :; do sleep 1; done
