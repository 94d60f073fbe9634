"""WebSockets through nginx, and telnet on the other side: over HTTP, over TLS, and saying nothing."""

import contextlib
import re
import socket
import ssl
import sys
import threading
import time

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.sync.client import ClientConnection, connect

http, https, careless, telnet = map(int, sys.argv[1:5])
certificate, config = sys.argv[5:]
HOST = "chat.localhost"


class Noted(ClientConnection):
    """Remembers when it was pinged."""

    def __init__(self, *arguments, **settings):
        self.pinged = []
        super().__init__(*arguments, **settings)

    def process_event(self, event):
        if isinstance(event, Frame) and event.opcode is Opcode.PING:
            self.pinged.append(time.monotonic())
        super().process_event(event)


def page(port, scheme="http", origin=None):
    """A WebSocket as a page behind nginx opens it, that pings nobody itself."""
    context = ssl.create_default_context(cafile=certificate) if scheme == "https" else None
    return connect(
        f"{scheme.replace('http', 'ws')}://{HOST}:{port}/ws",
        # Not every resolver knows what is below localhost.
        sock=socket.create_connection(("127.0.0.1", port)),
        ssl=context,
        origin=origin or f"{scheme}://{HOST}:{port}",
        create_connection=Noted,
        ping_interval=None,
        proxy=None,
    )


def hears(web, text):
    while text not in (line := web.recv(timeout=10)):
        assert line


held = contextlib.ExitStack()
quiet = held.enter_context(page(http))
quiet.send("login quiet")
hears(quiet, "quiet")
begun = time.monotonic()

dropped = []


def drop():
    """Behind a proxy that is less patient than the server, silence ends a WebSocket."""
    with page(careless) as impatient:
        since = time.monotonic()
        try:
            while True:
                impatient.recv(timeout=25)
        except ConnectionClosed:
            dropped.append(time.monotonic() - since)


control = threading.Thread(target=drop)
control.start()

terminal = socket.create_connection(("127.0.0.1", telnet), timeout=15).makefile("rw", encoding="utf-8", newline="\n")


def types(line):
    terminal.write(line + "\r\n")
    terminal.flush()


def sees(text):
    while text not in (line := terminal.readline()):
        assert line, f"telnet ended before {text!r}"


types("login ann")
sees("login to chat.")
for port, scheme, name in ((http, "http", "bob"), (https, "https", "eve")):
    with page(port, scheme) as web:
        web.send(f"login {name}")
        hears(web, "login to chat.")
        web.send(f"msgall from the web, {scheme}")
        sees(f"from the web, {scheme}")
        types(f"msg {name} from telnet")
        hears(web, "from telnet")
    sees("logout from chat.")
    try:
        with page(port, scheme, origin="https://elsewhere.test"):
            raise AssertionError("a page from elsewhere was let in")
    except InvalidStatus as refused:
        assert refused.response.status_code == 403, refused
print("telnet and WebSockets, over HTTP and TLS, talked through nginx; a page from elsewhere got 403")

while not quiet.pinged:
    assert time.monotonic() - begun < 30, "a silent WebSocket is not pinged"
    time.sleep(0.05)
interval = quiet.pinged[0] - begun
chat = open(config).read().split("server_name chat")[1]
for patience in map(int, re.findall(r"proxy_(?:read|send)_timeout (\d+)s;", chat)):
    assert patience > 2 * interval, (patience, interval)
assert patience
types("msgall still there?")
hears(quiet, "still there?")
held.close()
control.join()
assert dropped and dropped[0] < interval, dropped
print(f"a silent WebSocket is pinged after {interval:.0f} s and nginx waits {patience} s; one that waits 10 s cut it off")
