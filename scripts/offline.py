"""Run a command without a network but this machine's own loopback, which Ray and browsers need.

    unshare -rn python scripts/offline.py COMMAND...

In a fresh namespace the loopback is down; this brings it up and becomes the command.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import sys

_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1


def main() -> None:
    """Bring the loopback up and run the command."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        name = struct.pack("16sH14s", b"lo", 0, bytes(14))
        flags = struct.unpack("16sH14s", fcntl.ioctl(any_socket, _GET_FLAGS, name))[1]
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sH14s", b"lo", flags | _UP, bytes(14)))
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
