#!/bin/sh
# sh tools/linux-lab.sh [case...]        carries the exported configurations through a real Linux kernel
# sh tools/linux-lab.sh --list           names the cases
# sh tools/linux-lab.sh --vectors DIR    makes the kernel's ESP packets of tests/vectors/kernel anew, into DIR
# sh tools/linux-lab.sh --missing        says what is missing to run (nothing: exit 0, else 77), and does nothing
# sh tools/linux-lab.sh --keep DIR ...   leaves captures and exported files in DIR
#
# The kernel is Debian's cloud kernel in qemu's software emulation: no KVM, no privileges, no network of the host. Its
# package is fetched once into build/lab and not installed; the guest's programs are the host's own. Inside, the cases
# of tests/lab/cases.txt are installed by their exported files on namespaces gw1 and gw2, with hosts on both sides.
# Exit status: 0 all passed, 1 something did not, 3 it could not run.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
lab=$root/tests/lab
cache=$root/build/lab
espsim=${ESPSIM:-}
seconds=${LAB_SECONDS:-900}    # a guest is ended after that; 100 s is usual
# Machines at once, each with its share of the cases; one keeps one processor busy and takes up to 1 GiB.
guests=${LAB_GUESTS:-$(nproc | sed 's/^[5-9]$/4/; s/^[0-9][0-9].*/4/')}

say() {
    echo "linux-lab: $*" >&2
}

fail() {
    say "$*"
    exit 3
}

# ---- what is needed -----------------------------------------------------------------------------------------------------

# Programs and the Debian packages that have them.
needed="qemu-system-x86_64:qemu-system-x86 busybox:busybox-static modprobe:kmod ip:iproute2 tc:iproute2 nft:nftables
clang:clang cpio:cpio python3:python3 apt-get:apt"

PATH=$PATH:/usr/sbin:/sbin
missing() {
    for pair in $needed; do
        command -v "${pair%%:*}" >/dev/null || echo "${pair#*:}"
    done
    [ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] || echo "(a Debian amd64 machine)"
    [ -e /usr/bin/python3 ] || echo python3
    busybox --help 2>/dev/null | grep -q insmod || echo busybox-static
}

# The packages that are unpacked for the guest and not installed here.
guest_packages() {
    apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\)$/\1/p'
    echo "$strongswan"
}
strongswan="strongswan-charon strongswan-libcharon strongswan-swanctl libstrongswan libstrongswan-standard-plugins"

fetch() {
    [ "$(cat "$cache/complete" 2>/dev/null)" != "$strongswan" ] || return 0
    rm -rf "$cache"
    mkdir -p "$cache"
    packages=$(guest_packages)
    # shellcheck disable=SC2086
    if ! (cd "$cache" && apt-get -q download $packages) >"$cache/log" 2>&1; then
        # the package lists may be missing or old
        [ "$(id -u)" -ne 0 ] || apt-get -q update >>"$cache/log" 2>&1 || true
        packages=$(guest_packages)
        # shellcheck disable=SC2086
        (cd "$cache" && apt-get -q download $packages) >>"$cache/log" 2>&1 || return 1
    fi
    echo "$strongswan" >"$cache/complete"
}

# ---- the guest ----------------------------------------------------------------------------------------------------------

# Copies a program or library and what it is linked with, to the same place below $guest; what is unpacked only, to
# where it would be installed.
take() {
    for file; do
        place=${file#"$unpacked"}
        mkdir -p "$guest$(dirname "$place")"
        cp -L "$file" "$guest$place"
        LD_LIBRARY_PATH=$unpacked/usr/lib/ipsec ldd "$file" 2>/dev/null |
            sed -n 's/.* \(\/[^ ]*\) (0x.*/\1/p; s/^\t\(\/[^ ]*\) (0x.*/\1/p' | while read -r needs; do
            place=${needs#"$unpacked"}
            [ -e "$guest$place" ] || { mkdir -p "$guest$(dirname "$place")" && cp -L "$needs" "$guest$place"; }
        done
    done
}

take_python() {
    python=$(readlink -f /usr/bin/python3)
    version=$(basename "$python")
    take "$python"
    ln -s "$version" "$guest/usr/bin/python3"
    mkdir -p "$guest/usr/lib/$version"
    # the standard library without what no headless machine needs
    (cd "/usr/lib/$version" && tar -cf - --exclude=test --exclude='*.so' --exclude=__pycache__/'*.opt-*' \
        ./*.py collections encodings json re ctypes importlib __pycache__) | tar -C "$guest/usr/lib/$version" -xf -
    for library in "/usr/lib/$version"/lib-dynload/_ctypes.*.so "/usr/lib/$version"/lib-dynload/_json.*.so; do
        [ ! -e "$library" ] || take "$library"
    done
}

take_kernel() {
    kernel=$(echo "$unpacked"/boot/vmlinuz-*)
    release=${kernel##*/vmlinuz-}
    depmod -b "$unpacked" "$release"
    sed '/^#/d' "$lab/modules.txt" | while read -r module; do
        modprobe -d "$unpacked" -S "$release" --show-depends "$module" || fail "kernel $release has no module $module"
    done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' >"$work/modules"
    while read -r file; do
        place=${file#"$unpacked"}
        mkdir -p "$guest$(dirname "$place")"
        cp "$file" "$guest$place"
        echo "$place"
    done <"$work/modules" >"$guest/lab/modules"
}

take_strongswan() {
    take "$unpacked/usr/lib/ipsec/charon" "$unpacked/usr/sbin/swanctl"
    for plugin in openssl kdf nonce random kernel-netlink socket-default vici; do
        take "$unpacked/usr/lib/ipsec/plugins/libstrongswan-$plugin.so"
    done
    take "$(ldconfig -p | sed -n 's/.*libgcc_s.so.1 (libc6,x86-64) => //p')" # opened when a thread is cancelled
    mkdir -p "$guest/etc/swanctl" "$guest/etc/strongswan.d"
    : >"$guest/etc/strongswan.conf" # each machine's own is mounted over it
}

build_guest() {
    mkdir -p "$guest/lab" "$guest/bin" "$guest/etc" "$guest/usr/bin" "$unpacked"
    for package in "$cache"/*.deb; do
        dpkg-deb -x "$package" "$unpacked"
    done
    take_kernel
    take /usr/bin/dash /usr/bin/sed /usr/bin/grep "$(command -v ip)" "$(command -v tc)" "$(command -v nft)"
    take_python
    take_strongswan
    cp "$(command -v busybox)" "$guest/bin/busybox"
    ln -s ../usr/bin/dash "$guest/bin/sh"
    cp "$lab"/*.py "$guest/lab/"
    cp "$lab/init" "$guest/init"
    chmod 755 "$guest/init"
    [ ! -d "$work/cases" ] || cp -r "$work/cases" "$guest/lab/cases"
    (cd "$guest" && find . | cpio -o -H newc --quiet) >"$work/initrd"
}

# Boots n guests, each with a Python program of tests/lab and a part of the cases; what they left under /out comes to
# $work/out. The shell only waits, so that a signal ends the guests at once. Addresses are not randomised: the emulator
# would translate every program anew each time that it starts, and a start would take ten times as long.
boot() { # program, n
    for part in $(seq "$2"); do
        truncate -s 256M "$work/disk$part"
        mkfifo "$work/console$part"
        sed -nu '/^lab: begin/,${/^lab: begin/d; / reboot: /d; s/\r//g; p}' <"$work/console$part" &
        readers="$readers $!"
        timeout --kill-after=5 "$seconds" qemu-system-x86_64 -accel tcg -cpu max -m 1024 -nodefaults -no-user-config \
            -display none -no-reboot -kernel "$kernel" -initrd "$work/initrd" \
            -append "console=ttyS0 quiet loglevel=1 panic=-1 mitigations=off norandmaps lab.run=$1 lab.part=$part/$2" \
            -serial stdio -drive "file=$work/disk$part,format=raw,if=virtio" -device virtio-rng-pci \
            </dev/null >"$work/console$part" &
        emulators="$emulators $!"
    done
    all=$emulators
    for emulator in $all; do
        ended=0
        wait "$emulator" || ended=$?
        emulators=${emulators#" $emulator"}
        [ "$ended" != 124 ] || fail "a guest did not end within $seconds s; LAB_SECONDS=N gives it more"
    done
    # shellcheck disable=SC2086
    wait $readers
    mkdir "$work/out"
    for part in $(seq "$2"); do
        tar -C "$work/out" -xf "$work/disk$part" 2>/dev/null || fail "a guest ended (exit $ended) and left nothing"
        cat "$work/out/status" >>"$work/statuses"
    done
}

# shellcheck disable=SC2317 # called by trap
end() {
    for emulator in $emulators; do
        if kill "$emulator" 2>/dev/null; then
            wait "$emulator" || true
        fi
    done
    rm -rf "$work"
}

# ---- commands -----------------------------------------------------------------------------------------------------------

keep=
vectors=
cases=
while [ $# -gt 0 ]; do
    case $1 in
    --list) exec python3 "$lab/host.py" list "$lab/cases.txt" ;;
    --missing)
        gone=$(missing | sort -u | tr '\n' ' ')
        [ -z "$gone" ] || { echo "missing: $gone"; exit 77; }
        fetch || { echo "missing: the kernel package linux-image-cloud-amd64 (not fetched; see $cache/log)"; exit 77; }
        exit 0
        ;;
    --vectors) vectors=$2; shift ;;
    --keep)
        keep=$2
        shift
        mkdir -p "$keep"
        [ -z "$(ls -A "$keep")" ] || fail "--keep $keep: is not empty"
        ;;
    -*) sed -n '2,6s/^# //p' "$0" >&2; exit 2 ;;
    *) cases="$cases $1" ;;
    esac
    shift
done

case $guests in
'' | 0* | *[!0-9]*) fail "LAB_GUESTS=$guests: expected a number from 1" ;;
esac
if [ -z "$espsim" ]; then
    sh "$root/tools/install.sh"
    cmake -S "$root" --preset release >&2
    cmake --build "$root/build/release" --target espsim >&2
    espsim=$root/build/release/espsim
fi
gone=$(missing | sort -u | tr '\n' ' ')
[ -z "$gone" ] || fail "missing: $gone"
fetch || fail "the guest's packages can't be fetched; see $cache/log (apt-get update may help)"

work=$(mktemp -d "${TMPDIR:-/tmp}/espsim-lab.XXXXXX")
emulators=
readers=
trap end EXIT
trap 'exit 130' INT TERM HUP
guest=$work/guest
unpacked=$work/unpacked

if [ -n "$vectors" ]; then
    build_guest
    boot vectors.py 1
    mkdir -p "$vectors"
    cp "$work"/out/vectors/* "$vectors/"
    exit "$(cat "$work/statuses")"
fi

mkdir "$work/cases"
# shellcheck disable=SC2086
python3 "$lab/host.py" prepare "$espsim" "$lab/cases.txt" "$lab/scenario.ini" "$work/cases" $cases
build_guest
n_cases=$(find "$work/cases" -mindepth 1 -maxdepth 1 | wc -l)
[ "$guests" -le "$n_cases" ] || guests=$n_cases
boot lab.py "$guests"
result=0
! grep -qv '^0$' "$work/statuses" || result=1
python3 "$lab/host.py" check "$espsim" "$work/cases" "$work/out" || result=1
if [ -n "$keep" ]; then
    cp -r "$work/out" "$work/cases" "$keep/"
fi
[ "$result" = 0 ] && echo "linux-lab: all passed" || echo "linux-lab: something did not pass; see FAIL above"
exit "$result"
