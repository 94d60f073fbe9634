"""The chatroom stage with uWebSockets driven from Python: python uwebsockets_server.py PORT"""

import sys

from socketify import App, OpCode

app = App()
app.ws(
    "/*",
    {
        "idle_timeout": 120,
        "open": lambda client: client.subscribe("room"),
        "message": lambda client, message, opcode: client.publish("room", message, OpCode.TEXT),
    },
)
app.listen(int(sys.argv[1]), lambda config: None)
app.run()
