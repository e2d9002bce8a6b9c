"""traffic.py - what the lab's hosts send: pings, UDP and TCP through their own stacks, and packets made by hand."""
import errno
import hashlib
import os
import select
import socket
import struct
import threading
import time

import pkt
from net import Wire, socket_in
from topology import ADDRESS

PATIENCE = 10.0  # s; only what must come is waited for so long: the emulated machine may get little of a busy processor

IP_MTU_DISCOVER, IP_PMTUDISC_DONT, IP_PMTUDISC_PROBE = 10, 0, 3
IPV6_MTU_DISCOVER, IPV6_DONTFRAG = 23, 62


def family(v):
    return socket.AF_INET if v == 4 else socket.AF_INET6


def ping(v, src, dst, size, patience=PATIENCE):
    """Sends an echo request of `size` octets through the host's stack (no DF) and waits for the reply; False: none.

    An IPv6 host learns the path MTU by losing a packet, so it asks again.
    """
    patiences = (patience,) if v == 4 else (0.4, 0.4, patience)
    return any(ping_once(v, src, dst, size, patience) for patience in patiences)


def ping_once(v, src, dst, size, patience):
    proto, text = pkt.echo(ADDRESS[v][src], ADDRESS[v][dst], os.getpid() & 0xFFFF, size, pkt.fill(size))
    s = socket_in(src, family(v), socket.SOCK_RAW, proto)
    if v == 4:
        s.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT)
    s.sendto(text, (ADDRESS[v][dst], 0))
    want = {4: 0, 6: 129}[v]
    end = time.monotonic() + patience
    while (left := end - time.monotonic()) > 0 and select.select([s], [], [], left)[0]:
        got = s.recvfrom(65536)[0]
        got = got[(got[0] & 15) * 4:] if v == 4 else got
        if got[0] == want and got[4:] == text[4:]:
            s.close()
            return True
    s.close()
    return False


def udp_echo(v, src, dst, sizes):
    """Datagrams there and back; gives the sizes that came back whole."""
    server = socket_in(dst, family(v), socket.SOCK_DGRAM)
    server.bind((ADDRESS[v][dst], 50007))
    client = socket_in(src, family(v), socket.SOCK_DGRAM)
    client.bind((ADDRESS[v][src], 50008))
    for s in (server, client):
        s.settimeout(PATIENCE)
    came = []
    for size in sizes:
        payload = pkt.fill(size, size)
        client.sendto(payload, (ADDRESS[v][dst], 50007))
        try:
            text, peer = server.recvfrom(65536)
            server.sendto(text, peer)
            if client.recvfrom(65536)[0] == payload:
                came.append(size)
        except socket.timeout:
            pass
    server.close()
    client.close()
    return came


def tcp_transfer(v, src, dst, n_octets):
    """n_octets over one connection; the seconds it took, or None when what arrived is not what was sent."""
    server = socket_in(dst, family(v), socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((ADDRESS[v][dst], 50009))
    server.listen(1)
    server.settimeout(PATIENCE)
    payload = (pkt.fill(4096) * (n_octets // 4096 + 1))[:n_octets]
    arrived = hashlib.sha256()

    def serve():
        try:
            s, _ = server.accept()
            s.settimeout(3 * PATIENCE)
            while part := s.recv(65536):
                arrived.update(part)
            s.close()
        except OSError:
            pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    client = socket_in(src, family(v), socket.SOCK_STREAM)
    client.settimeout(3 * PATIENCE)
    began = time.monotonic()
    try:
        client.connect((ADDRESS[v][dst], 50009))
        client.sendall(payload)
        client.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    thread.join(4 * PATIENCE)
    client.close()
    server.close()
    return time.monotonic() - began if arrived.digest() == hashlib.sha256(payload).digest() else None


def too_big(v, src, dst, size, patience):
    """Sends an echo request of `size` octets in all with DF set; the MTU of the ICMP answer, or None."""
    head = 28 if v == 4 else 48
    proto, text = pkt.echo(ADDRESS[v][src], ADDRESS[v][dst], 99, size, pkt.fill(size - head))
    errors = socket_in(src, family(v), socket.SOCK_RAW, proto)
    if v == 4:
        s = socket_in(src, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        packet = pkt.ip4(ADDRESS[v][src], ADDRESS[v][dst], proto, text, ident=7, df=True)
    else:
        s = errors
        s.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, IP_PMTUDISC_PROBE)
        packet = text
    try:
        s.sendto(packet, (ADDRESS[v][dst], 0))
    except OSError as e:
        if e.errno != errno.EMSGSIZE:
            raise
    end = time.monotonic() + patience
    mtu = None
    while mtu is None and (left := end - time.monotonic()) > 0 and select.select([errors], [], [], left)[0]:
        got = errors.recvfrom(65536)[0]
        got = got[(got[0] & 15) * 4:] if v == 4 else got
        if v == 4 and got[:2] == b"\x03\x04":
            mtu = struct.unpack_from("!H", got, 6)[0]
        elif v == 6 and got[0] == 2:
            mtu = struct.unpack_from("!I", got, 4)[0]
    errors.close()
    s.close()
    return mtu


def send_as_host(v, packets):
    """Whole packets through the stacks of the hosts that they are from, IPsec included."""
    hosts = {address: host for host, address in ADDRESS[v].items()}
    sockets = {}
    for p in packets:
        f = pkt.Fields(p)
        host = hosts[f.src]
        if host not in sockets:
            sockets[host] = socket_in(host, family(v), socket.SOCK_RAW, socket.IPPROTO_RAW)
        try:
            sockets[host].sendto(p, (f.dst, 0))
        except OSError as e:
            if e.errno != errno.EMSGSIZE:  # the host itself knows the path MTU
                raise
    for s in sockets.values():
        s.close()


def listen(v, host, port):
    s = socket_in(host, family(v), socket.SOCK_DGRAM)
    s.bind((ADDRESS[v][host], port))
    s.settimeout(0.3)
    return s


def heard(s):
    """All datagrams that came in."""
    texts = []
    try:
        while True:
            texts.append(s.recvfrom(65536)[0])
    except socket.timeout:
        s.close()
        return texts


def send_raw(ns, dev, mac, packets, gap=0.002):
    """Packets made by hand, onto a device towards one MAC address."""
    wire = Wire(ns, dev, mac)
    for p in packets:
        wire.send(p)
        time.sleep(gap)
    wire.close()
