# An edit log of so many edits: `python3 long_log.py EDITS > FILE`. One author types at the end of a text, and each edit
# deletes what was typed 5,000 edits before: the history grows, the document does not.
import struct, sys, zlib

import msgpack

edits, kept, client = int(sys.argv[1]), 5000, 7
pack = msgpack.Packer(use_bin_type=True).pack
out = sys.stdout.buffer


def varuint(number):
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


out.write(pack(["stet-edit-log", 1, "long"]))
for i in range(edits):
    # One client with one struct, a string of one letter: at the beginning of the root, then behind the one before.
    place = b"\x84\x07" + varuint(i - 1) if i > 0 else b"\x04\x01\x04text"
    deleted = b"\x01\x07\x01" + varuint(i - kept) + b"\x01" if i >= kept else b"\x00"
    update = b"\x01\x01\x07" + varuint(i) + place + b"\x01" + (b"\n" if i % 60 == 0 else b"x") + deleted
    payload = pack([i + 1, 1_700_000_000_000 + i * 500, "Ann" if i // 1000 % 2 else "Ben", i // 100_000, update, []])
    out.write(pack([zlib.crc32(payload), payload]))
payload = pack([edits])
out.write(pack([zlib.crc32(payload), payload]))
