# SPDX-License-Identifier: GPL-2.0-only
# The runner must see a guest that fails as one.
echo 'ok before'
exit 3
