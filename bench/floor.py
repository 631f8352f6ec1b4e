# SPDX-License-Identifier: Apache-2.0
"""The physical floor beside which a broker is measured: what a process must at least spend to take
bytes from a socket, check them with CRC-32C and write them to a file, and to send a file's bytes
with sendfile. The other end is another process, whose time does not count."""
import ctypes
import os
import socket
import time

CHUNK = 1 << 20


def crc32c():
    """ISA-L's, which the broker uses too."""
    function = ctypes.CDLL("libisal.so.2").crc32_iscsi
    function.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint]
    function.restype = ctypes.c_uint
    return function


def peer(connect_to, work):
    """Runs work(connection) in a child."""
    child = os.fork()
    if child == 0:
        with socket.create_connection(connect_to) as connection:
            work(connection)
        os._exit(0)
    return child


def spent(work):
    """CPU seconds and seconds of this process alone."""
    begin, wall = os.times(), time.monotonic()
    work()
    end = os.times()
    return end.user + end.system - begin.user - begin.system, time.monotonic() - wall


def receive(path, size, synced):
    """CPU seconds per GB taken in and written to the new file `path`."""
    listener = socket.create_server(("127.0.0.1", 0))

    def send(connection):
        block = os.urandom(CHUNK)
        for _ in range(size // CHUNK):
            connection.sendall(block)

    child = peer(listener.getsockname(), send)
    connection, _ = listener.accept()
    crc, block = crc32c(), bytearray(CHUNK)
    address = ctypes.addressof((ctypes.c_char * CHUNK).from_buffer(block))
    view, file = memoryview(block), os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY)

    def take():
        left = size // CHUNK * CHUNK
        while left:
            got = connection.recv_into(view, min(CHUNK, left))
            crc(address, got, 0)
            os.write(file, view[:got])
            left -= got
            if synced:
                os.fdatasync(file)

    used, _ = spent(take)
    os.close(file)
    os.waitpid(child, 0)
    return used / (size / 1e9)


def send(path, size):
    """CPU seconds per GB sent."""
    listener = socket.create_server(("127.0.0.1", 0))

    def take(connection):
        block = memoryview(bytearray(CHUNK))
        while connection.recv_into(block):
            pass

    child = peer(listener.getsockname(), take)
    connection, _ = listener.accept()
    file = os.open(path, os.O_RDONLY)

    def give():
        at = 0
        while at < size // CHUNK * CHUNK:
            at += os.sendfile(connection.fileno(), file, at, CHUNK)

    used, _ = spent(give)
    connection.close()
    os.close(file)
    os.waitpid(child, 0)
    return used / (size / 1e9)
