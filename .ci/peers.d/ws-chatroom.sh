#!/usr/bin/env bash
# ws-chatroom beside others: Python's `websockets` as client at every stage and as
# server for our client, and curl on the WebSocket port.
set -euo pipefail

venv=target/peers/ws-chatroom
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check websockets
timeout 50 "$venv/bin/python" crates/ws-chatroom/tests/peers/stages.py "$BIN/ws-chatroom"
