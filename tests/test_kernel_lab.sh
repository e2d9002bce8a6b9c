#!/bin/sh
# Exported configurations on a real kernel (tools/linux-lab.sh). ESPSIM_LAB: all cases, some (the default: one of each
# form) or none; tools/test.sh asks for all.
set -u
build=$1 root=$2
cases=
case ${ESPSIM_LAB:-some} in
all) ;;
some) cases="tunnel4-gcm beet4-gcm nft4-gcm bpf4-gcm" ;;
none)
    echo "skipped: ESPSIM_LAB=none"
    exit 77
    ;;
*)
    echo "ESPSIM_LAB=$ESPSIM_LAB: expected all, some or none"
    exit 1
    ;;
esac
missing=$(sh "$root/tools/linux-lab.sh" --missing) || {
    echo "skipped: $missing; \`sh tools/linux-lab.sh\` installs what it needs"
    exit 77
}
# shellcheck disable=SC2086
ESPSIM=$build/espsim exec sh "$root/tools/linux-lab.sh" $cases
