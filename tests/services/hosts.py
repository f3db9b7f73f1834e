"""Hosts of the test run's own: network namespaces that reach each other by veth pairs, and nothing else.

Each has an address, a host name and a folder of its own, which all of them see under one path. Servers in them listen
on addresses that exist nowhere but there. Needs root, as containers have it, and iproute2.
"""

import ctypes
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

_NETWORK = 0x40000000  # CLONE_NEWNET
_SUBNET = "198.18.0"  # set aside for tests of networks (RFC 2544)
_ENTER = 'hostname "$1" && mount --bind "$2" "$3" && shift 3 && exec "$@"'


@dataclass(frozen=True, slots=True)
class Host:
    """One host; ``home`` is its own folder, which it sees as ``here``."""

    name: str
    namespace: str
    address: str
    home: Path
    here: Path

    def command(self, *arguments: str | Path) -> list[str]:
        """A command line that runs on this host, under its name and with its folder."""
        inside = ["sh", "-c", _ENTER, "sh", self.name, str(self.home), str(self.here)]
        # The namespace of mounts is private: no other host sees what is mounted here.
        outside = ["ip", "netns", "exec", self.namespace, "unshare", "--uts", "--mount"]
        return [*outside, *inside, *map(str, arguments)]

    def run(
        self, *arguments: str | Path, environment: Mapping[str, str]
    ) -> "subprocess.CompletedProcess[str]":
        """A command to its end."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.home,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    @contextmanager
    def entered(self) -> Iterator[None]:
        """This thread, and what it starts, is on the host's network while the block runs."""
        with Path("/proc/thread-self/ns/net").open("rb") as before:
            _enter(Path("/run/netns") / self.namespace)
            try:
                yield
            finally:
                _set(before.fileno())


@contextmanager
def running_hosts(folder: Path, names: Sequence[str]) -> Iterator[list[Host]]:
    """Hosts by name. The first one holds the bridge to which the others are wired."""
    here = folder / "here"
    here.mkdir()
    with ExitStack() as stack:
        hosts = [stack.enter_context(_host(folder, name, n)) for n, name in enumerate(names, start=1)]
        first, *others = hosts
        _ip("-n", first.namespace, "link", "add", "wires", "type", "bridge")
        _give_address(first, "wires")
        for number, host in enumerate(others):
            far = ("peer", "name", f"wire{number}", "netns", first.namespace)
            _ip("-n", host.namespace, "link", "add", "eth0", "type", "veth", *far)
            _give_address(host, "eth0")
            _ip("-n", first.namespace, "link", "set", f"wire{number}", "master", "wires", "up")
        yield hosts


@contextmanager
def _host(folder: Path, name: str, number: int) -> Iterator[Host]:
    # Runs of several checkouts may meet on one machine; their names must not.
    host = Host(name, f"bcn-{os.getpid()}-{name}", f"{_SUBNET}.{number}", folder / name, folder / "here")
    host.home.mkdir()
    _ip("netns", "add", host.namespace)
    try:
        _ip("-n", host.namespace, "link", "set", "lo", "up")
        yield host
    finally:
        _ip("netns", "delete", host.namespace)


def _give_address(host: Host, device: str) -> None:
    _ip("-n", host.namespace, "address", "add", f"{host.address}/24", "dev", device)
    _ip("-n", host.namespace, "link", "set", device, "up")


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(arguments)} failed; it needs root and iproute2: {done.stderr}")


def _enter(namespace: Path) -> None:
    with namespace.open("rb") as found:
        _set(found.fileno())


def _set(descriptor: int) -> None:
    # os.setns comes with Python 3.12.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _NETWORK):
        raise OSError(ctypes.get_errno(), "this thread cannot enter the host's network")
