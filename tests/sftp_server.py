"""An SFTP server on the loopback interface that serves one folder, with the renaming of OpenSSH's server."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko


@contextmanager
def serve_folder(folder: Path) -> Iterator[int]:
    """Serve a folder as the root until the context ends, and return the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    key = paramiko.ECDSAKey.generate()
    transports: list[paramiko.Transport] = []

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # closed at the end
                return
            transport = paramiko.Transport(connection)
            transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Folder, str(folder))
            transport.start_server(server=_AnyPassword())
            transports.append(transport)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for transport in transports:
            transport.close()
        thread.join(10)


class _AnyPassword(paramiko.ServerInterface):
    def check_auth_password(self, username: str, password: str) -> int:
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def get_allowed_auths(self, username: str) -> str:
        return "password"


class _File(paramiko.SFTPHandle):
    def stat(self) -> paramiko.SFTPAttributes:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class _Folder(paramiko.SFTPServerInterface):
    """Files of a folder. A plain rename is a link and an unlink, as in OpenSSH: it fails where the new name exists."""

    def __init__(self, server: paramiko.ServerInterface, folder: str) -> None:
        super().__init__(server)
        self._folder = folder

    def _path(self, path: str) -> str:
        return self._folder + self.canonicalize(path)

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        try:
            names = os.listdir(self._path(path))  # noqa: PTH208
            return [paramiko.SFTPAttributes.from_stat(Path(self._path(path), name).stat(), name) for name in names]
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        try:
            return paramiko.SFTPAttributes.from_stat(os.stat(self._path(path)))  # noqa: PTH116
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    lstat = stat

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:
        writing = flags & (os.O_WRONLY | os.O_RDWR)
        try:
            descriptor = os.open(self._path(path), flags, 0o666)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
        handle = _File(flags)
        file = os.fdopen(descriptor, "wb" if writing else "rb")
        handle.readfile = handle.writefile = file
        return handle

    def remove(self, path: str) -> int:
        return self._do(os.remove, self._path(path))

    def rename(self, oldpath: str, newpath: str) -> int:
        def link_and_unlink(old: str, new: str) -> None:
            os.link(old, new)
            Path(old).unlink()

        return self._do(link_and_unlink, self._path(oldpath), self._path(newpath))

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        return self._do(os.replace, self._path(oldpath), self._path(newpath))

    def mkdir(self, path: str, attr: paramiko.SFTPAttributes) -> int:
        return self._do(os.mkdir, self._path(path))

    @staticmethod
    def _do(action, *paths: str) -> int:
        try:
            action(*paths)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
        return paramiko.SFTP_OK
