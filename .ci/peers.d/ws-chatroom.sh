#!/usr/bin/env bash
# ws-chatroom beside others: Python's `websockets` as client at every stage and as
# server for our client, and curl on the WebSocket port.
set -euo pipefail

timeout 55 "$VENV/bin/python" crates/ws-chatroom/tests/peers/stages.py "$BIN/ws-chatroom"
