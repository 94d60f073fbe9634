"""The chat's `msgall` with uWebSockets driven from Python: python socketify_chat.py PORT"""

import json
import sys
import time

from socketify import App, OpCode


def said(client, message, opcode):
    if not isinstance(message, str) or not message.startswith("msgall ^"):
        return
    text = message[7:]
    name = "u" + text[1:4]
    now = time.localtime()
    frame = {
        "action": "response",
        "kind": "chat",
        "message": time.strftime("[%H:%M:%S]", now) + f"[{name}]: {text}",
        "from": name,
        "at": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", now),
    }
    app.publish("room", json.dumps(frame), OpCode.TEXT)


app = App()
app.ws("/*", {"idle_timeout": 120, "open": lambda client: client.subscribe("room"), "message": said})
app.listen(int(sys.argv[1]), lambda config: None)
app.run()
