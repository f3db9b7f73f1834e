"""A wire to a server on which each request, not each byte, takes some time."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.services.object_servers import ObjectServer
from tests.services.processes import LOCAL


@contextmanager
def slow_wire(server: ObjectServer, seconds: float) -> Iterator[str]:
    """The endpoint of a server behind such a wire, as to a store on another continent."""
    host, _, port = server.endpoint.removeprefix("http://").partition(":")
    loop = asyncio.new_event_loop()

    async def passed_on(client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        replies, requests = await asyncio.open_connection(host, int(port))
        back = asyncio.ensure_future(_pump(replies, answers, 0))
        await _pump(client, requests, seconds)
        await back

    async def ended() -> None:
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    listening = loop.run_until_complete(asyncio.start_server(passed_on, LOCAL, 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{LOCAL}:{listening.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(ended(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter, delay: float) -> None:
    """Pass bytes on; those that come after a pause begin a request, and wait."""
    last = 0.0
    try:
        while data := await source.read(1 << 18):
            if time.monotonic() - last > delay / 2:
                await asyncio.sleep(delay)
            target.write(data)
            await target.drain()
            last = time.monotonic()
    except ConnectionError:
        pass
    target.close()
