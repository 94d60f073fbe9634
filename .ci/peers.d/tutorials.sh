#!/usr/bin/env bash
# tutorials beside the programs that people have: nc talks to every server lesson, a browser
# draws the traces, Python reads the Chrome ones, and each exercise fails until it is solved.
set -euo pipefail

work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
fail() { echo "$*"; exit 1; }

# start LESSON FLAGS…: sets $port, or says why there is no server.
start() {
    "$BIN/tutorials" "$@" --port 0 >"$work/out" 2>"$work/err" &
    server=$!
    for _ in $(seq 100); do
        port=$(sed -n 's/^listening on 127.0.0.1:\([0-9]*\);.*/\1/p' "$work/out")
        [ -n "$port" ] && return
        kill -0 "$server" 2>/dev/null || return 1
        sleep 0.1
    done
    return 1
}

stop() {
    kill -INT "$server"
    wait "$server" || fail "$1 did not end cleanly"
    server=
}

for lesson in blocking select callbacks generator-server; do
    start "$lesson" || fail "$lesson: $(cat "$work/err")"
    answer=$(printf 'one\r\ntwo\nthree\n' | nc -N -w 5 127.0.0.1 "$port" | tr '\n' '|')
    [ "$answer" = 'Hello world|Hello world|Hello world|' ] || fail "$lesson said $answer"
    stop "$lesson"
done
echo "nc is greeted by lessons 1, 3, 4 and 8, a line at a time"

for lesson in 'blocking --protocol double' threads wakers async-server send completion tokio; do
    # shellcheck disable=SC2086 # a lesson and its flags
    if ! start $lesson; then
        grep -q 'refuses io_uring' "$work/err" || fail "$lesson: $(cat "$work/err")"
        echo "lesson 17: $(cat "$work/err")"
        continue
    fi
    answer=$(printf '21\n-4\r\nabc\n' | nc -N -w 5 127.0.0.1 "$port" | tr '\n' '|')
    [ "$answer" = '42|-8|error: not a whole number: "abc"|' ] || fail "$lesson said $answer"
    "$BIN/tutorials" client -n 4 --requests 5 --pause 0 --port "$port" >"$work/clients" || fail "$lesson: clients"
    [ "$(grep -c -- '->' "$work/clients")" = 20 ] || fail "$lesson: not 20 answers"
    stop "$lesson"
done
echo "nc and four clients have numbers doubled by lessons 1, 2, 12, 14, 16, 17 and 19"

for lesson in 'scheduler --step 4' async-await async-server 'downloads -n 6 --concurrency 3'; do
    name=${lesson%% *}
    # shellcheck disable=SC2086
    "$BIN/tutorials" $lesson --virtual --trace "$work/$name.svg" >/dev/null
    cmp "$work/$name.svg" "crates/tutorials/docs/$name.svg"
    # shellcheck disable=SC2086
    "$BIN/tutorials" $lesson --virtual --trace "$work/$name.json" >/dev/null
    "$VENV/bin/python" - "$work/$name.json" <<'PYTHON'
import json, sys
events = json.load(open(sys.argv[1]))
runs = [event for event in events if event["ph"] == "X" and event["name"] == "run"]
names = [event for event in events if event["ph"] == "M"]
assert runs and names, "no run or no lane"
assert all(event["dur"] > 0 for event in runs), "a run without length"
starts = {event["id"] for event in events if event["ph"] == "s"}
assert starts == {event["id"] for event in events if event["ph"] == "f"}, "an arrow without an end"
PYTHON
done
echo "four traces are those of the README, and Python reads their Chrome form"

timeout 30 chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=980,420 \
    --screenshot="$ARTIFACTS/tutorials-async-server.png" "file://$work/async-server.svg" 2>/dev/null
[ "$(stat -c %s "$ARTIFACTS/tutorials-async-server.png")" -gt 10000 ] || fail "the browser drew nothing"
echo "a browser draws the trace of lesson 14"

"$BIN/tutorials" downloads -n 5 --latency 50 --out "$work/pictures" >/dev/null
for picture in "$work"/pictures/*.png; do
    [ "$(head -c 8 "$picture" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ] || fail "$picture is no PNG"
done
echo "lesson 18 leaves $(find "$work/pictures" -name '*.png' | wc -l) PNG files and nothing else"

# An exercise whose test passes before anything was done is none.
cargo test --locked -p tutorials --test exercises -- --ignored >"$work/exercises" 2>&1 || true
failed=$(grep -c '^test .* FAILED$' "$work/exercises" || true)
[ "$failed" = 19 ] || { grep '^test ' "$work/exercises"; fail "$failed of 19 exercises fail before they are solved"; }
echo "each of the 19 exercises fails until it is solved"
