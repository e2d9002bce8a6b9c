"""net.py - namespaces, raw sockets and pcap files for the lab's guest.

One process works in all namespaces: a socket stays in the namespace in which it was opened, so a thread only enters
the namespace for the moment of opening (setns is per thread).
"""
import array
import ctypes
import fcntl
import os
import select
import socket
import struct
import subprocess
import threading
import time

LINKTYPE_RAW = 101
ETH_P_ALL, ETH_P_IP, ETH_P_IPV6 = 0x0003, 0x0800, 0x86DD
PACKET_OUTGOING = 4
CLONE_NEWNET = 0x40000000
SIOCETHTOOL = 0x8946
# ethtool's "set" commands: receive and send checksums, scatter-gather, TSO, GSO, GRO
OFFLOADS = (0x15, 0x17, 0x19, 0x1F, 0x24, 0x2C)

libc = ctypes.CDLL(None, use_errno=True)


class Failure(Exception):
    """A step of the lab that did not do what it must."""


def run(command, ns=None, text=None, check=True):
    """Runs a command line (a list, or one string split at blanks) in a namespace; gives its standard output."""
    words = command.split() if isinstance(command, str) else list(command)
    with entered(ns):  # a child begins in its parent's namespace
        done = subprocess.run(words, input=text, capture_output=True, text=True)
    if check and done.returncode != 0:
        raise Failure("%s: exit %d: %s" % (" ".join(words), done.returncode, (done.stderr + done.stdout).strip()))
    return done.stdout


def ip(ns, lines):
    """`ip` commands, one a line, in one process of the namespace."""
    run("ip -batch -", ns, text=lines)


def sysctl(ns, settings):
    """`net.ipv4.ip_forward=1 ...`; read-only ones of another namespace can't be reached, so the namespace is entered."""
    with entered(ns):
        for setting in settings.split():
            key, value = setting.split("=")
            # /proc/sys/net shows the namespace of the thread that opens it
            with open("/proc/sys/" + key.replace(".", "/"), "w") as f:
                f.write(value)


def read_sysctl(ns, path):
    with entered(ns), open("/proc/sys/net/" + path) as f:
        return path + " " + f.read().strip()


class entered:
    """`with entered("gw1"):` - the calling thread is in the namespace."""

    def __init__(self, ns):
        self.ns = ns

    def __enter__(self):
        self.home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        if self.ns:
            enter("/run/netns/" + self.ns)

    def __exit__(self, *_):
        if libc.setns(self.home, CLONE_NEWNET) != 0:
            raise Failure("setns back: " + os.strerror(ctypes.get_errno()))
        os.close(self.home)


def enter(path):
    fd = os.open(path, os.O_RDONLY)
    if libc.setns(fd, CLONE_NEWNET) != 0:
        raise Failure("setns %s: %s" % (path, os.strerror(ctypes.get_errno())))
    os.close(fd)


def socket_in(ns, *kind):
    with entered(ns):
        return socket.socket(*kind)


def offloads_off(ns, dev):
    """No segments larger than the MTU and no half-made checksums: captures show what a wire would show."""
    s = socket_in(ns, socket.AF_INET, socket.SOCK_DGRAM)
    for command in OFFLOADS:
        value = array.array("B", struct.pack("II", command, 0))
        request = struct.pack("16sP", dev.encode(), value.buffer_info()[0])
        try:
            fcntl.ioctl(s, SIOCETHTOOL, request)
        except OSError:
            pass  # a device that has no such offload
    s.close()


def address(ns, dev):
    """The device's MAC address as 6 octets."""
    s = socket_in(ns, socket.AF_PACKET, socket.SOCK_RAW, 0)
    s.bind((dev, 0))
    mac = s.getsockname()[4]
    s.close()
    return mac


class Wire:
    """A packet socket on a device: sends frames to one next hop and reads IP packets."""

    def __init__(self, ns, dev, to=None):
        self.dev, self.to = dev, to
        self.s = socket_in(ns, socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.s.bind((dev, ETH_P_ALL))
        self.s.settimeout(0.2)

    def send(self, packet):
        proto = ETH_P_IP if packet[0] >> 4 == 4 else ETH_P_IPV6
        self.s.sendto(packet, (self.dev, proto, 0, 0, self.to))

    def poll(self, seconds):
        """The next IP packet as (octets, was it sent by this device), or None."""
        if not select.select([self.s], [], [], seconds)[0]:
            return None
        packet, (_, proto, kind, _, _) = self.s.recvfrom(65536)
        if proto not in (ETH_P_IP, ETH_P_IPV6):
            return None
        return packet, kind == PACKET_OUTGOING

    def close(self):
        self.s.close()


def write_pcap(path, packets):
    """`packets`: (time in s, octets)."""
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, LINKTYPE_RAW))
        for when, packet in packets:
            us = round(when * 1e6)
            f.write(struct.pack("<IIII", us // 1000000, us % 1000000, len(packet), len(packet)) + packet)


def read_pcap(path):
    """The octets of each packet of a LINKTYPE_RAW pcap, little-endian, micro- or nanoseconds."""
    with open(path, "rb") as f:
        text = f.read()
    magic, _, _, _, _, _, link = struct.unpack_from("<IHHiIII", text)
    if magic not in (0xA1B2C3D4, 0xA1B23C4D) or link != LINKTYPE_RAW:
        raise Failure("%s: not a little-endian pcap of raw IP" % path)
    packets, at = [], 24
    while at < len(text):
        length = struct.unpack_from("<IIII", text, at)[2]
        packets.append(text[at + 16:at + 16 + length])
        at += 16 + length
    return packets


class Tap(threading.Thread):
    """Collects every IP packet that a device sends and receives, until stop()."""

    def __init__(self, ns, dev):
        super().__init__(daemon=True)
        self.wire, self.packets, self.ended = Wire(ns, dev), [], False
        self.start()

    def run(self):
        while not self.ended:
            got = self.wire.poll(0.05)
            if got:
                self.packets.append((time.monotonic(),) + got)

    def stop(self):
        """The packets as (time, octets, sent by this device)."""
        self.ended = True
        self.join()
        while (got := self.wire.poll(0)) is not None:
            self.packets.append((time.monotonic(),) + got)
        self.wire.close()
        return self.packets
