"""The chat's server as asyncio suggests it, to be measured beside ours: one
`write` per reader and message, no accounts on disk. Bounded as ours is: a
reader more than 64 KiB behind is dropped, and so is nobody in this bench.
"""

import asyncio
import json
import resource
import uuid

BACKLOG = 64 * 1024
readers = set()


async def read(reader, writer):
    readers.add(writer)
    try:
        while await reader.read(512):
            pass
    except ConnectionError:
        pass
    finally:
        readers.discard(writer)
        writer.close()


def post(line):
    for writer in list(readers):
        if writer.transport.get_write_buffer_size() > BACKLOG:
            readers.discard(writer)
            writer.transport.abort()
        else:
            writer.write(line)


async def write(reader, writer):
    try:
        writer.write(b"Hello %username%! Enter your personal hash or leave it empty to create new account.\n")
        await reader.readline()
        writer.write(b"Enter preferred nickname below:\n")
        name = (await reader.readline()).decode().strip()
        account = {"nickname": name, "account_hash": str(uuid.uuid4())}
        writer.write(json.dumps(account).encode() + b"\n")
        writer.write(b"Welcome to chat! Post your message below. End it with an empty line.\n")
        lines = []
        while line := await reader.readline():
            if line.strip():
                lines.append(line.decode().strip())
                continue
            if lines:
                post(f"{name}: {' '.join(lines)}\n".encode())
                lines = []
            writer.write(b"Message send. Write more, end message with an empty line.\n")
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def main():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    reading = await asyncio.start_server(read, "127.0.0.1", 0, backlog=4096)
    writing = await asyncio.start_server(write, "127.0.0.1", 0)
    addresses = (server.sockets[0].getsockname() for server in (reading, writing))
    print("listening on", " ".join(f"{host}:{port}" for host, port in addresses), flush=True)
    await asyncio.gather(reading.serve_forever(), writing.serve_forever())


asyncio.run(main())
