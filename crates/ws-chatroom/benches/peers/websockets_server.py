"""The chatroom stage with Python `websockets`, as its documentation teaches it: python websockets_server.py PORT"""

import asyncio
import sys

from websockets.asyncio.server import broadcast, serve

clients = set()


async def accept(client):
    clients.add(client)
    try:
        async for message in client:
            broadcast(clients - {client}, message)
    finally:
        clients.discard(client)


async def main():
    async with serve(accept, "127.0.0.1", int(sys.argv[1]), compression=None, backlog=4096):
        await asyncio.get_running_loop().create_future()


asyncio.run(main())
