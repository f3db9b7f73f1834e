"""A wire to a server of this machine on which each request takes its time, and which counts what passes."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tests.services.object_servers import ObjectServer
from tests.services.processes import LOCAL


@dataclass
class SlowWire:
    """Where it is reached, and how many bytes went through it, both ways."""

    endpoint: str = ""
    passed: int = 0


@contextmanager
def slow_wire(server: ObjectServer, seconds: float) -> Iterator[SlowWire]:
    """A wire to a server on which each request, not each byte, takes some time."""
    host, _, port = server.endpoint.removeprefix("http://").partition(":")
    loop = asyncio.new_event_loop()
    wire = SlowWire()

    async def passed_on(client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        with suppress(asyncio.CancelledError):
            replies, requests = await asyncio.open_connection(host, int(port))
            turn = _Turn()
            back = asyncio.ensure_future(_answers(wire, turn, replies, answers))
            await _requests(wire, turn, client, requests, seconds)
            await back

    async def ended() -> None:
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    listening = loop.run_until_complete(asyncio.start_server(passed_on, LOCAL, 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    wire.endpoint = f"http://{LOCAL}:{listening.sockets[0].getsockname()[1]}"
    try:
        yield wire
    finally:
        asyncio.run_coroutine_threadsafe(ended(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


@dataclass
class _Turn:
    """Whose turn it is on one connection: what comes after an answer begins a request."""

    answered: bool = True


async def _requests(
    wire: SlowWire, turn: _Turn, source: asyncio.StreamReader, target: asyncio.StreamWriter, delay: float
) -> None:
    with suppress(ConnectionError):
        while data := await source.read(1 << 18):
            if turn.answered:
                turn.answered = False
                await asyncio.sleep(delay)
            await _passed(wire, data, target)
    target.close()


async def _answers(
    wire: SlowWire, turn: _Turn, source: asyncio.StreamReader, target: asyncio.StreamWriter
) -> None:
    with suppress(ConnectionError, asyncio.CancelledError):
        while data := await source.read(1 << 18):
            turn.answered = True
            await _passed(wire, data, target)
    target.close()


async def _passed(wire: SlowWire, data: bytes, target: asyncio.StreamWriter) -> None:
    wire.passed += len(data)
    target.write(data)
    await target.drain()
