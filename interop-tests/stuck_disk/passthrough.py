# SPDX-License-Identifier: Apache-2.0
"""A FUSE file system that passes everything through to a folder: stopped with SIGSTOP it is a
disk that hangs. `passthrough.py FOLDER MOUNTPOINT` runs in the foreground."""
import os
import sys

from fuse import FUSE, Operations

STAT_KEYS = ("st_atime", "st_ctime", "st_mtime", "st_gid", "st_uid", "st_mode", "st_nlink",
             "st_size")
STATFS_KEYS = ("f_bavail", "f_bfree", "f_blocks", "f_bsize", "f_files", "f_frsize", "f_namemax")


class Passthrough(Operations):
    def __init__(self, root):
        self.root = root

    def __call__(self, name, path, *arguments):
        return getattr(self, name)(self.root + path, *arguments)

    def access(self, path, mode):
        return 0

    def getattr(self, path, handle=None):
        stat = os.lstat(path)
        return {key: getattr(stat, key) for key in STAT_KEYS}

    def readdir(self, path, handle):
        return [".", "..", *os.listdir(path)]

    def mkdir(self, path, mode):
        return os.mkdir(path, mode)

    def rmdir(self, path):
        return os.rmdir(path)

    def unlink(self, path):
        return os.unlink(path)

    def rename(self, old, new):
        return os.rename(old, self.root + new)

    def chmod(self, path, mode):
        return os.chmod(path, mode)

    def chown(self, path, uid, gid):
        return os.chown(path, uid, gid)

    def utimens(self, path, times=None):
        return os.utime(path, times)

    def statfs(self, path):
        stat = os.statvfs(path)
        return {key: getattr(stat, key) for key in STATFS_KEYS}

    def open(self, path, flags):
        return os.open(path, flags & ~os.O_APPEND)

    def create(self, path, mode, info=None):
        return os.open(path, os.O_RDWR | os.O_CREAT, mode)

    def read(self, path, size, offset, handle):
        return os.pread(handle, size, offset)

    def write(self, path, data, offset, handle):
        return os.pwrite(handle, data, offset)

    def truncate(self, path, length, handle=None):
        return os.truncate(path, length)

    def flush(self, path, handle):
        return 0

    def fsync(self, path, datasync, handle):
        return os.fsync(handle)

    def fsyncdir(self, path, datasync, handle):
        return 0

    def release(self, path, handle):
        return os.close(handle)


if __name__ == "__main__":
    FUSE(Passthrough(os.path.realpath(sys.argv[1])), sys.argv[2], foreground=True, nothreads=True)
