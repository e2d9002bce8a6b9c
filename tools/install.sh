#!/bin/sh
# Installs the packages of tools/packages.txt that are missing; does nothing (and needs no network) where all are there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

fail() {
    echo "tools/install.sh: $*" >&2
    exit 3
}

command -v dpkg-query >/dev/null || fail "no dpkg-query: this is no Debian; install what tools/packages.txt names by other means"

missing=
for package in $(sed 's/#.*//' "$here/packages.txt"); do
    status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) || status=
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "packages are missing and there is no sudo; as root: apt-get install$missing"
    as_root=sudo
fi
apt() {
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" >&2
}
echo "tools/install.sh: installing$missing" >&2
apt update || fail "apt-get update failed; see above"
# shellcheck disable=SC2086
apt install -y --no-install-recommends $missing || fail "apt-get install failed; see above"
