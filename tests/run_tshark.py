"""run_tshark.py MODE FOLDER: what tshark saw (lan1.seen, lan2.seen, sat.seen here) against the captures in FOLDER.

Every packet on the link decrypts with a good ICV; what ESP contains is what the hosts sent, octet by octet; checksums are
good everywhere but inside BEET, which Wireshark sums over addresses that are not the hosts'.
"""
import struct
import sys

PROTOCOLS, IP_SUM, TCP_SUM, UDP_SUM, ICV_GOOD, ICV_BAD, PAD_LEN, CONTAINED = range(8)
TRAILER_LEN = 2


def read_seen(name):
    with open(name + ".seen") as lines:
        return [line.rstrip("\n").split(";") for line in lines]


def read_packets(path):
    with open(path, "rb") as file:
        data = file.read()
    packets, at = [], 24
    while at < len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        packets.append(data[at + 16:at + 16 + length])
        at += 16 + length
    return packets


def is_from(packet, lan):
    """Whether the source is a host of LAN 1 or 2: 10.1.0.0/16 or fd00:1::/32, and so on."""
    if packet[0] >> 4 == 4:
        return packet[12:14] == bytes((10, lan))
    return packet[8:12] == bytes((0xfd, 0, 0, lan))


def head_len(packet):
    return (packet[0] & 15) * 4 if packet[0] >> 4 == 4 else 40


def as_forwarded(packet):
    """One hop on: TTL or hop limit, and the header checksum of IPv4."""
    p = bytearray(packet)
    if p[0] >> 4 == 6:
        p[7] -= 1
        return bytes(p)
    p[8] -= 1
    p[10:12] = b"\0\0"
    total = sum(struct.unpack("!10H", p[:20]))
    total = (total & 0xffff) + (total >> 16)
    total = (total & 0xffff) + (total >> 16)
    p[10:12] = struct.pack("!H", total ^ 0xffff)
    return bytes(p)


def fail(text):
    sys.exit("FAILED: " + text)


def check_sums(mode, name, seen):
    # 0 is bad; a list has a status for each header of the packet.
    columns = {"IP": IP_SUM, "TCP": TCP_SUM, "UDP": UDP_SUM}
    for k, row in enumerate(seen):
        if "malformed" in row[PROTOCOLS]:
            fail(f"{mode}/{name}: packet {k} is malformed")
        for what, column in columns.items():
            inside_beet = mode == "beet" and name == "sat" and what != "IP"
            if "0" in row[column].split(",") and not inside_beet:
                fail(f"{mode}/{name}: packet {k} has a bad {what} checksum")
    if not any("1" in row[TCP_SUM] for row in seen) and not (mode == "beet" and name == "sat"):
        fail(f"{mode}/{name}: no TCP checksum was looked at")


def inner(mode, sent):
    """What ESP must contain for a packet that a host sent."""
    return as_forwarded(sent) if mode == "tunnel" else sent[head_len(sent):]


def check_link(mode, folder, seen):
    want = [[inner(mode, p) for p in read_packets(f"{folder}/lan{lan}.pcap") if is_from(p, lan)] for lan in (1, 2)]
    if len(seen) != len(want[0]) + len(want[1]) or min(len(w) for w in want) < 50:
        fail(f"{mode}: {len(seen)} packets on the link for {len(want[0])} and {len(want[1])} sent")
    at = [0, 0]
    for k, row in enumerate(seen):
        if "esp" not in row[PROTOCOLS].split(":") or row[ICV_GOOD] != "1" or row[ICV_BAD] != "0":
            fail(f"{mode}: packet {k} on the link is no ESP with a good ICV: {row[:CONTAINED]}")
        got = bytes.fromhex(row[CONTAINED])
        side = next((s for s in (0, 1) if at[s] < len(want[s]) and got == want[s][at[s]]), None)
        if side is None:
            fail(f"{mode}: ESP packet {k} contains what no host sent: {got.hex()[:120]}")
        at[side] += 1


mode, folder = sys.argv[1:]
for name in "lan1", "lan2", "sat":
    check_sums(mode, name, read_seen(name))
if mode != "plain":
    check_link(mode, folder, read_seen("sat"))
