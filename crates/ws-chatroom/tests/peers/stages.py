"""Every stage with Python `websockets` as the client, our client with its server, and curl.

python stages.py PATH_OF_WS_CHATROOM
"""

import asyncio
import contextlib
import os
import subprocess
import sys

import websockets
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

PROGRAM = sys.argv[1]

# What somebody has set for the program is not meant for these.
for name in list(os.environ):
    if name.startswith("WS_CHATROOM_"):
        del os.environ[name]


@contextlib.asynccontextmanager
async def server(*flags):
    """Our server at any free port; it must end well when it is told to."""
    process = await asyncio.create_subprocess_exec(
        PROGRAM, "server", "--bind", "127.0.0.1:0", *flags,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )
    try:
        line = (await process.stdout.readline()).decode()
        yield line.removeprefix("listening on ").split(";")[0]
        process.terminate()
        assert await process.wait() == 0, "the server did not end well"
    finally:
        if process.returncode is None:
            process.kill()


async def hears(client, *texts):
    for text in texts:
        async with asyncio.timeout(10):
            heard = await client.recv()
        assert heard == text, f"heard {heard!r}, not {text!r}"


async def hears_dated(client, seconds, text):
    """A busy machine may be a second late."""
    async with asyncio.timeout(10):
        heard = await client.recv()
    assert heard in (f"{seconds} {text}", f"{seconds + 1} {text}"), f"heard {heard!r}"


async def closes(client, code):
    async with asyncio.timeout(10):
        try:
            while True:
                await client.recv()
        except ConnectionClosed as closed:
            assert closed.rcvd and closed.rcvd.code == code, closed


async def echo():
    async with server("--stage", "echo") as url, connect(url) as one:
        await one.send("Hello!")
        await hears(one, "Hello!")


async def chatroom():
    async with server("--stage", "chatroom") as url:
        async with connect(url) as one, connect(url) as two:
            await one.send("Hello!")
            await two.send("Hello yourself!")
            await hears(two, "Hello!")
            await hears(one, "Hello yourself!")


async def timestamps():
    async with server("--stage", "timestamps") as url:
        async with connect(url) as one, connect(url) as two:
            await asyncio.sleep(3)
            await one.send("pizza later?")
            await hears_dated(two, 3, "pizza later?")
            await asyncio.sleep(3)
            await one.send("or maybe pasta")
            await hears_dated(two, 6, "or maybe pasta")


async def pagers():
    async with server("--stage", "pagers") as url:
        async with connect(url) as one, connect(url) as two, connect(url) as three:
            await one.send("page")
            for other in two, three:
                await hears(other, "PAGING", "PAGING", "PAGING")
            await three.send("I am here")
            await hears_dated(one, 2, "I am here")
            while (heard := await two.recv()) == "PAGING":
                pass
            assert heard.endswith(" I am here"), heard
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.5):
                    raise AssertionError(f"still {await two.recv()}")


async def private():
    async with server() as url:
        async with connect(url) as one, connect(url) as two, connect(url) as three:
            await hears(one, "Client 2 connected", "Client 3 connected")
            await hears(two, "Client 3 connected")
            await one.send("invite 2")
            await hears(one, "Private chatting with Client 2")
            await hears(two, "Private chatting with Client 1")
            await two.send("psst")
            await hears_dated(one, 0, "psst")
            await two.send("leave")
            await hears(one, "Private chat ended.")
            await hears(two, "Private chat ended.")
            await one.send("invite 3")
            await hears(one, "Private chatting with Client 3")
            await hears(three, "Private chatting with Client 1")
            await three.close()
            await hears(one, "Private chat ended.", "Client 3 disconnected")
            await hears(two, "Client 3 disconnected")
            await two.send(b"binary")
            await closes(two, 1003)
            await one.send("x" * 65_537)
            await closes(one, 1009)


async def goodbye():
    async with server() as url:
        one = await connect(url)
    await closes(one, 1001)


async def our_client():
    async def echo(socket):
        async for message in socket:
            await socket.send(message)

    async with serve(echo, "127.0.0.1", 0) as other:
        port = other.sockets[0].getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            PROGRAM, "client", f"ws://127.0.0.1:{port}",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        async with asyncio.timeout(10):
            process.stdin.write(b"Hello!\nand \x1b[31m\n")
            assert await process.stdout.readline() == b"< Hello!\n"
            assert await process.stdout.readline() == b"< and \\x1b[31m\n"
            process.stdin.close()
            rest, _ = await process.communicate()
        assert (rest, process.returncode) == (b"", 0), rest


async def curl():
    async with server() as url:
        process = await asyncio.create_subprocess_exec(
            "curl", "--silent", "--include", "--max-time", "10", url.replace("ws:", "http:"),
            stdout=subprocess.PIPE,
        )
        printed = (await process.communicate())[0].decode()
        assert process.returncode == 0, process.returncode
        assert printed.startswith("HTTP/1.1 426 Upgrade Required"), printed
        assert f"client {url}" in printed, printed


async def main():
    print(f"Python websockets {websockets.__version__}")
    for proof in echo, chatroom, timestamps, pagers, private, goodbye, our_client, curl:
        await proof()
        print(f"ok: {proof.__name__.replace('_', ' ')}")


asyncio.run(main())
