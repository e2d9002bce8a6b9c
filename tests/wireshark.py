"""wireshark.py ESPSIM FOLDER - seals packets with one SA for each suite, mode and IP version, and has tshark open them."""
import os
import struct
import subprocess
import sys

espsim, folder = sys.argv[1], sys.argv[2]

# Names and key lengths in octets (key, salt); the names that tshark 4.0 knows, and whether it checks the ICV.
COMBINED = [('aes-gcm-16', k, 4) for k in (16, 24, 32)] + [('aes-gcm-12', 16, 4), ('aes-gcm-8', 32, 4)]
CIPHERS = [('null', 0, 0), ('aes-cbc', 16, 0), ('aes-cbc', 24, 0), ('aes-cbc', 32, 0), ('3des-cbc', 24, 0),
           ('aes-ctr', 16, 4), ('aes-ctr', 32, 4)]
INTEGRITY = [('hmac-md5-96', 16), ('hmac-sha1-96', 20), ('hmac-sha2-256-128', 32), ('hmac-sha2-384-192', 48),
             ('hmac-sha2-512-256', 64), ('hmac-sha2-256-96', 32), ('aes-cmac-96', 16), ('aes-xcbc-96', 16)]
UNCHECKED = ('aes-cmac-96', 'aes-xcbc-96')
MODES = ('tunnel', 'beet', 'transport', 'wildcard')
SUITES = [(e, k, s, 'none', 0) for e, k, s in COMBINED] + \
         [(e, k, s, i, ik) for e, k, s in CIPHERS for i, ik in INTEGRITY]


def checksum(octets):
    if len(octets) % 2:
        octets += b'\0'
    total = sum(struct.unpack('!%dH' % (len(octets) // 2), octets))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def address(version, side, n):
    if version == 4:
        return bytes((10, side, n >> 8, n & 255)), '10.%d.%d.%d' % (side, n >> 8, n & 255)
    return bytes.fromhex('fd00%04x' % side) + bytes(10) + struct.pack('!H', n), 'fd00:%x::%x' % (side, n)


def datagram(src, dst, length):
    """A whole packet of `length` octets; ports above 49151, so that tshark guesses nothing about the data."""
    version = 4 if len(src) == 4 else 6
    n = length - (20 if version == 4 else 40)
    upper = struct.pack('!HHHH', 50000, 50001, n, 0) + bytes(i & 255 for i in range(n - 8))
    pseudo = src + dst + (struct.pack('!HH', 17, n) if version == 4 else struct.pack('!II', n, 17))
    upper = upper[:6] + struct.pack('!H', checksum(pseudo + upper) or 0xffff) + upper[8:]
    if version == 6:
        return struct.pack('!IHBB', 6 << 28, n, 17, 60) + src + dst + upper
    head = struct.pack('!BBHHHBBH', 0x45, 0, length, 7, 0x4000, 60, 17, 0) + src + dst
    return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + upper


def key(name, length):
    return ''.join('%02x' % ((len(name) * 31 + i * 7) & 255) for i in range(length))


def key_of(encr, length):
    """Three different DES keys with odd parity do for any cipher."""
    return ('0123456789abcdef23456789abcdef01456789abcdef0123' if encr == '3des-cbc' else key(encr, length))


def write_pcap(path, packets):
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 101))
        for i, p in enumerate(packets):
            f.write(struct.pack('<IIII', i, 0, len(p), len(p)) + p)


def make():
    """The SA file, and what goes in: (packet, what tshark must find inside, whether it checks the ICV, what)."""
    sections, rows = [], []
    n = 0
    for version in (4, 6):
        for mode in MODES:
            for encr, key_len, salt_len, integ, integ_len in SUITES:
                n += 1
                (src, src_text), (dst, dst_text) = address(version, 1, n), address(version, 2, n)
                lines = ['[sa]', 'mode = ' + mode, 'spi = 0x%x' % (0x1000 + n), 'encr = ' + encr,
                         'encr_key = ' + key_of(encr, key_len), 'salt = ' + key('salt', salt_len), 'integ = ' + integ,
                         'integ_key = ' + key(integ, integ_len)]
                if mode in ('tunnel', 'beet'):
                    lines += ['outer_src = ' + ('192.0.2.1' if version == 4 else '2001:db8::1'),
                              'outer_dst = ' + ('192.0.2.2' if version == 4 else '2001:db8::2')]
                if mode == 'beet':
                    lines += ['inner_src = ' + src_text, 'inner_dst = ' + dst_text]
                else:
                    bits = 8 * len(src)
                    lines += ['sel_src = %s/%d' % (src_text, bits), 'sel_dst = %s/%d' % (dst_text, bits)]
                sections.append('\n'.join(lines))
                for length in (72 + n % 16, 600):
                    packet = datagram(src, dst, length)
                    inside = packet if mode == 'tunnel' else packet[20 if version == 4 else 40:]
                    what = '%s %s-%d %s IPv%d' % (mode, encr, 8 * key_len, integ, version)
                    rows.append((packet, inside, integ not in UNCHECKED, what))
    return sections, rows


def tshark(capture):
    """One (ICV good, ICV bad, contained octets) for each packet."""
    wanted = ['esp.icv_good', 'esp.icv_bad', 'esp.contained_data']
    command = ['tshark', '-n', '-r', capture, '-T', 'fields', '-E', 'separator=|', '-E', 'occurrence=f']
    for switch in ('enable_encryption_decode', 'enable_authentication_check'):
        command += ['-o', 'esp.%s:TRUE' % switch]
    for field in wanted:
        command += ['-e', field]
    ran = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ, WIRESHARK_CONFIG_DIR=folder))
    if ran.returncode:
        sys.exit('tshark: ' + ran.stderr)
    return [line.split('|') for line in ran.stdout.splitlines()]


def secrets(path):
    """The lines of the Decryption Secrets Block, which must stand before all packets."""
    octets = open(path, 'rb').read()
    at, found = 0, None
    while at < len(octets):
        kind, length = struct.unpack_from('<II', octets, at)
        assert struct.unpack_from('<I', octets, at + length - 4)[0] == length, 'block lengths differ'
        if kind == 10:
            secrets_type, n = struct.unpack_from('<II', octets, at + 8)
            assert secrets_type == 0x45535053, hex(secrets_type)
            found = octets[at + 16:at + 16 + n].decode()
        assert kind != 6 or found, 'a packet before the keys'
        at += length
    return found.splitlines()


def main():
    sections, rows = make()
    sa_file, plain = os.path.join(folder, 'sa.ini'), os.path.join(folder, 'plain.pcap')
    with open(sa_file, 'w') as f:
        f.write('\n\n'.join(sections) + '\n')
    write_pcap(plain, [r[0] for r in rows])
    failed = 0
    for name, options in (('esp.pcap', []), ('esp.pcapng', ['--pcapng'])):
        out = os.path.join(folder, name)
        subprocess.run([espsim, 'esp', 'encap', '--sa', sa_file, '--in', plain, '--out', out, '--esp-sa',
                        os.path.join(folder, 'esp_sa')] + options, check=True)
        seen = tshark(out)
        if len(seen) != len(rows):
            sys.exit('%s: %d packets, expected %d' % (name, len(seen), len(rows)))
        for (_, inside, checked, what), (good, bad, contained) in zip(rows, seen):
            if (good, bad) != ('1' if checked else '0', '0') or contained.replace(':', '') != inside.hex():
                failed += 1
                print('FAILED: %s: %s: icv_good %s, icv_bad %s, contained %s' % (name, what, good, bad, contained[:80]))
    lines = secrets(os.path.join(folder, 'esp.pcapng'))
    known = open(os.path.join(folder, 'esp_sa')).read().splitlines()
    if [line.rsplit(',', 2)[0] for line in lines] != known or any(not l.endswith('"32-bit","0"') for l in lines):
        failed += 1
        print('FAILED: the keys in the capture are not those of esp_sa')
    print('%d packets of %d SAs decrypted by tshark, twice' % (len(rows), len(sections)))
    sys.exit(1 if failed else 0)


main()
