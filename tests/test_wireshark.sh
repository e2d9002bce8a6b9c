#!/bin/sh
# What `espsim esp encap` writes, Wireshark decrypts: every suite that it knows, in every mode and IP version; ICVs good,
# contained octets equal.
set -u
for tool in tshark python3; do
    if ! command -v $tool >/dev/null; then
        echo "skipped: no $tool (Debian package $tool)"
        exit 77
    fi
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
python3 "$2/tests/wireshark.py" "$1/espsim" "$work"
