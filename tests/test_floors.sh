#!/bin/sh
# The house is built as floors.txt says; and a house that is not, is found out (planted faults at the end).
set -u
source_dir=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# Without comments, strings and included text; one `file:line: code` per line.
code_of() {
    gcc -fpreprocessed -dD -E -x c++ "$1" 2>/dev/null | sed -e 's/"[^"]*"//g' -e '/^#/d'
}

# C library calls that reach a clock, a file, the environment or another process. Members (->open) are no such calls.
# stderr is left to the last words before an assert.
outside='fopen|fdopen|freopen|popen|tmpfile|remove|rename|printf|puts|putchar|perror|getenv|secure_getenv|setenv|system|exit'
outside="$outside|mkstemp|rand|srand|random|time|clock|clock_gettime|gettimeofday|nanosleep|getrandom"

# findings ROOT: one line for each fault of the house in ROOT.
findings() {
    awk '!/^#/ && NF {
        for (i = 2; i <= NF; i++)
            if (!($i in floor))
                print "floors.txt:" NR ": " $1 " includes " $i ", which is a later floor or none"
        if ($1 in floor)
            print "floors.txt:" NR ": " $1 " stands twice"
        floor[$1] = 1
    }' "$1/floors.txt"
    (cd "$1" && find models sim analysis \( -name '*.[ch]' -o -name '*.cc' \) 2>/dev/null) | sort | while read -r file; do
        folder=${file%/*}
        allowed=$(awk -v folder="$folder" '$1 == folder { print; exit }' "$1/floors.txt")
        [ -n "$allowed" ] || echo "$file: $folder has no line in floors.txt"
        sed -n 's/^ *# *include *"\([^"]*\)".*/\1/p' "$1/$file" | while read -r included; do
            case " $allowed " in
                *" ${included%/*} "*) [ -f "$1/$included" ] || echo "$file: includes $included, which is not there" ;;
                *) echo "$file: includes $included, which floors.txt does not allow to $folder" ;;
            esac
        done
        case $file in
            sim/engine/*.cc) ;;
            *.cc) echo "$file: C++ lives in sim/engine alone" ;;
        esac
        case $file in models/files/* | models/capture/*) ;; # the rooms of models with files
        models/*)
            grep -nE '^ *# *include *<(time|fcntl|unistd|dirent|sys/(stat|time|socket|wait|mman))\.h>' "$1/$file" |
                sed "s|^|$file:|; s|\$|: models have no clock, file or process|"
            code_of "$1/$file" | grep -oE "(^|[^A-Za-z0-9_.>*])($outside) *\(|\<std(in|out)\>" |
                sed "s|^|$file: models have no clock, file or environment: |"
            ;;
        esac
    done
}

faults=$(findings "$source_dir")
if [ -n "$faults" ]; then
    echo "$faults"
    exit 1
fi

# Each planted fault must be found, and must be the only thing that is.
failed=0
planted() { # what, file, text
    rm -rf "$work/house"
    mkdir -p "$work/house/models/base" "$work/house/models/wire" "$work/house/sim/engine" "$work/house/sim/cli"
    printf 'models/base\nmodels/wire models/base\nsim/engine models/base\nsim/cli models/base models/wire\n' \
        >"$work/house/floors.txt"
    echo 'int base;' >"$work/house/models/base/base.h"
    echo '#include "models/base/base.h"' >"$work/house/models/wire/wire.h"
    echo '/* time(NULL) */ /* printf( */ #include "models/base/base.h"' >"$work/house/sim/engine/engine.cc"
    [ -z "$(findings "$work/house")" ] || { echo "the sound house has faults: $(findings "$work/house")"; failed=1; }
    mkdir -p "$(dirname "$work/house/$2")"
    printf "$3\n" >>"$work/house/$2"
    if [ "$(findings "$work/house" | wc -l)" -ne 1 ]; then
        echo "not found: $1"
        failed=1
    fi
}
planted "an upward include" models/base/up.c '#include "models/wire/wire.h"'
planted "an include of a file that is not there" models/wire/gone.c '#include "models/base/gone.h"'
planted "an include that is not from the root" models/wire/near.c '#include "wire.h"'
planted "a later floor" floors.txt 'early late\nlate'
planted "a folder twice" floors.txt 'models/wire'
planted "a folder without a line" models/attic/attic.c 'int x;'
planted "C++ outside of the engine" sim/cli/x.cc 'int x;'
planted "a clock in a model" models/base/t.c '#include <time.h>'
planted "a file in a model" models/base/f.c 'void *f(void) { return fopen("x", "r"); }'
planted "the environment in a model" models/base/e.c 'void *e(void) { return getenv("x"); }'
planted "output in a model" models/base/o.c 'void o(void) { fputs("x", stdout); }'
exit $failed
