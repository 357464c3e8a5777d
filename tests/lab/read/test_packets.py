"""Packet files of every dialect, and damaged ones: what came before the damage is kept."""

import io
import struct

import pytest

from keepsight.lab.read.limits import UnreadableArtefact
from keepsight.lab.read.packets import PacketFile
from tests.lab.synthetic.traffic import START_US, Wire, block


def wire():
    made = Wire()
    for number in range(3):
        made.send(bytes([number]) * (60 + number))
    return made


def read(data):
    file = PacketFile(io.BufferedReader(io.BytesIO(data)), "x")
    return file, [(bytes(d[s:e]), wire_bytes, us, link) for d, s, e, wire_bytes, us, link in file]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("nanoseconds", [False, True])
def test_pcap_in_both_byte_orders_and_resolutions(order, nanoseconds):
    file, packets = read(wire().pcap(order=order, nanoseconds=nanoseconds))
    assert file.format == "pcap"
    assert [len(p[0]) for p in packets] == [60, 61, 62]
    assert packets[0][2] == START_US + 1000
    assert not file.damage


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("resolution", [None, 3, 9])
def test_pcapng_with_several_interfaces(order, resolution):
    file, packets = read(wire().pcapng(order=order, links=(1, 101), resolution=resolution))
    assert file.format == "pcapng"
    assert [p[3] for p in packets] == [1, 101, 1]
    assert packets[2][2] == START_US + 3000
    assert file.links == {1, 101}


def test_secrets_in_the_file_are_noticed():
    made = wire().pcapng()
    file, packets = read(made + block("<", 10, struct.pack("<II", 0x544C534B, 0)))
    assert file.has_secrets
    assert len(packets) == 3
    other, _ = read(made + block("<", 10, struct.pack("<II", 0x57474B4C, 0)))
    assert not other.has_secrets, "secrets of another protocol than TLS"


@pytest.mark.parametrize("cut", [1, 7, 20, 40])
@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_a_file_cut_in_a_packet_keeps_the_packets_before(form, cut):
    data = getattr(wire(), form)()
    file, packets = read(data[:-cut])
    assert len(packets) == 2
    assert "middle" in file.damage


def test_absurd_lengths_end_the_reading_with_a_reason():
    data = bytearray(wire().pcap())
    struct.pack_into("<I", data, 24 + 8, 0xFFFFFFF0)
    file, packets = read(bytes(data))
    assert packets == []
    assert "claims 4294967280 bytes" in file.damage
    file, packets = read(wire().pcapng() + struct.pack("<II", 6, 0xFFFFFFFC) + bytes(8))
    assert len(packets) == 3
    assert "claims" in file.damage


def test_a_packet_of_an_interface_that_does_not_exist_is_damage():
    head = struct.pack("<IIIII", 9, 0, 0, 4, 4)
    file, packets = read(wire().pcapng() + block("<", 6, head + b"abcd"))
    assert len(packets) == 3
    assert file.damage


def test_other_files_are_refused():
    with pytest.raises(UnreadableArtefact, match="neither pcap nor pcapng"):
        read(b"GIF89a..........................")
    with pytest.raises(UnreadableArtefact, match="header is cut"):
        read(wire().pcap()[:10])
