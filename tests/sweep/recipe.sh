# recipe FILE N: the N-th example under "Several machines" of the manual page FILE, as man prints it, for `sh`.
recipe() {
    awk -v n="$2" '/^\.SS/ { several = /Several machines/ } /^\.SH/ { several = 0 }
        several && /^\.nf/ { k++; on = 1; next } /^\.fi/ { on = 0 } on && k == n' "$1" |
        sed 's/^    //; s/\\-/-/g; s/\\e$/\\/'
}
