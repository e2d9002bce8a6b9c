#!/bin/sh
# Captures of `espsim run` as Wireshark sees them, with nothing but the options and the folder that README.md names.
# tests/run_tshark.py holds what tshark says against what the hosts sent.
set -u
subcommand=
. "$2/tests/command.sh"
tests=$2/tests
command -v tshark >/dev/null || { echo "SKIPPED: no tshark"; exit 77; }

# shark MODE CAPTURE: one line a packet.
shark() {
    mkdir -p profile
    cp "result/$1/esp_sa" profile/
    WIRESHARK_CONFIG_DIR=$PWD/profile tshark -n -r "result/$1/$2" -o esp.enable_encryption_decode:TRUE \
        -o esp.enable_authentication_check:TRUE -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE \
        -o udp.check_checksum:TRUE -T fields -E separator=';' -e frame.protocols -e ip.checksum.status \
        -e tcp.checksum.status -e udp.checksum.status -e esp.icv_good -e esp.icv_bad -e esp.pad_len \
        -e esp.contained_data 2>shark.err || fail "tshark: $(cat shark.err)"
    ! grep -i 'esp_sa\|error\|malformed' shark.err || fail "tshark complains of $1/esp_sa"
}

# check [WORD...]: runs the scenario with the words in three modes with ESP, and looks at all captures.
check() {
    rm -rf result
    "$espsim" run "$tests/run_scenario.ini" --out result --quiet --set scenario.duration=1s \
        --modes plain,tunnel,beet,wildcard "$@" || fail "espsim run $*"
    for mode in plain tunnel beet wildcard; do
        for capture in lan1 lan2 sat; do
            shark $mode $capture.pcap >$capture.seen
        done
        python3 "$tests/run_tshark.py" $mode result/$mode || fail "$mode $*"
    done
}

check
check --set scenario.ip=6 --set ipsec.algorithm=aes-gcm-16-256
check --set ipsec.algorithm=aes-cbc-128-hmac-sha2-256-128 --set ipsec.udp_encap=yes

# What README.md says, as it stands there, with tshark in Wireshark's place.
sed -n 's/^    //p' result/README.md | sed 's/ wireshark / tshark /' >commands
grep -q tshark commands || fail "README.md has no command"
(cd result && sh ../commands) >seen 2>/dev/null || fail "the commands of README.md: $(cat commands)"
! grep -q ' ESP ' seen && grep -q ' TCP ' seen && grep -q ' UDP ' seen ||
    fail "README.md's commands do not open the capture: $(head -n 3 seen)"
exit $failed
