"""The chat on Tornado, for the comparison: python tornado_chat.py PORT"""

import asyncio
import sys

from chat import Chat
from tornado.iostream import StreamClosedError
from tornado.tcpserver import TCPServer


def write(stream, line):
    if not stream.closed():
        stream.write(line)


chat = Chat(write)


class Server(TCPServer):
    async def handle_stream(self, stream, address):
        try:
            while True:
                chat.receive(stream, await stream.read_until(b"\n"))
        except StreamClosedError:
            chat.gone(stream)


async def main():
    server = Server()
    server.listen(int(sys.argv[1]), "127.0.0.1", backlog=4096)
    await asyncio.Event().wait()


asyncio.run(main())
