#!/bin/sh
# Every C and C++ file reads as .clang-format says.
set -u
root=$2
if ! command -v clang-format >/dev/null; then
    echo "skipped: no clang-format (Debian package clang-format)"
    exit 77
fi
cd "$root" || exit 1
files=$(find models sim analysis tests bench \( -name '*.[ch]' -o -name '*.cc' \) 2>/dev/null | sort)
[ -n "$files" ] || { echo "no sources in $root"; exit 1; }
# shellcheck disable=SC2086
if ! clang-format --dry-run -Werror $files; then
    echo "to mend: (cd $root && clang-format -i \$(git ls-files '*.[ch]' '*.cc'))"
    exit 1
fi
