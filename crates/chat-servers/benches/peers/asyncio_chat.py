"""The chat on asyncio streams, for the comparison: python asyncio_chat.py PORT"""

import asyncio
import sys

from chat import Chat

chat = Chat(lambda writer, line: writer.write(line))


async def client(reader, writer):
    try:
        while line := await reader.readline():
            chat.receive(writer, line)
    except ConnectionError:
        pass
    finally:
        chat.gone(writer)
        writer.close()


async def main():
    server = await asyncio.start_server(client, "127.0.0.1", int(sys.argv[1]), backlog=4096)
    await server.serve_forever()


asyncio.run(main())
