#!/usr/bin/env bash
# chat-servers with what people have: four telnets (one on each runtime), nc, and two
# pages in Chromium, all in the one chat of `chat-servers all`.
set -euo pipefail

work=$(mktemp -d)
started=()
trap 'kill "${started[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT

"$BIN/chat-servers" all --port 0 --ws-port 0 >"$work/out" 2>"$work/log" &
server=$!
started+=("$server")
for _ in $(seq 100); do
    [ "$(grep -c 'listening on' "$work/out")" = 8 ] && break
    sleep 0.1
done
mapfile -t ports < <(sed -n 's/.*telnet 127.0.0.1 \([0-9]*\),.*/\1/p' "$work/out")
mapfile -t pages < <(sed -n 's/.*listening on \(http[^;]*\);.*/\1/p' "$work/out")
[ ${#ports[@]} = 4 ] && [ ${#pages[@]} = 4 ]

# One person at a terminal: what is typed goes through a pipe, what is shown into a file.
person() { # NAME PORT COMMAND...
    mkfifo "$work/$1.in"
    "${@:3}" 127.0.0.1 "$2" <"$work/$1.in" >"$work/$1.shown" 2>&1 &
    started+=("$!")
    exec {keyboard}>"$work/$1.in"
    eval "$1=$keyboard"
    types "$1" "login $1"
    sees "$1" "login to chat."
}
types() { printf '%s\n' "$2" >&"${!1}"; }
sees() {
    for _ in $(seq 200); do
        grep -qF -- "$2" "$work/$1.shown" && return
        sleep 0.05
    done
    echo "$1 does not see: $2"
    cat -v "$work/$1.shown" "$work/log"
    exit 1
}

names=(ann bob cat dan)
for i in 0 1 2 3; do
    person "${names[$i]}" "${ports[$i]}" telnet
done
person eve "${ports[0]}" nc
for name in "${names[@]}" eve; do
    types "$name" "msgall hello from $name"
done
for name in "${names[@]}" eve; do
    for other in "${names[@]}" eve; do
        sees "$name" "hello from $other"
    done
done
types dan "msg ann between us"
sees ann "between us"
! grep -q "between us" "$work/bob.shown"
printf -v painted '\033[34m\033[22m[INFO]\033[39m\033[22m - '
types bob whoami
sees bob "$painted"
echo "four telnets on four runtimes and nc talk to each other, in colour"

# Ctrl-C, by which newcomers try to leave: telnet shows nothing until it is answered.
terminal="tmux -L chat-servers-$$"
$terminal new-session -d -x 80 -y 24 "telnet 127.0.0.1 ${ports[1]}"
trap '$terminal kill-server 2>/dev/null || true; kill "${started[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
shows() {
    for _ in $(seq 200); do
        $terminal capture-pane -p | grep -qF -- "$1" && return
        sleep 0.05
    done
    echo "the terminal does not show: $1"
    $terminal capture-pane -p
    exit 1
}
shows "Escape character"
$terminal send-keys "login fay" Enter
shows "[fay] login to chat."
$terminal send-keys C-c
shows "^C"
$terminal send-keys whoami Enter
shows "[INFO] - fay"
$terminal kill-server
sees ann "[fay] "
echo "Ctrl-C in telnet leaves the conversation as it was"

# The pages, on two runtimes; ann's telnet on a third takes part.
"$VENV/bin/python" .ci/peers.d/chat-servers/browser.py \
    "${pages[1]}" "${pages[3]}" "$work/ann.in" "$work/ann.shown" "$ARTIFACTS"

types bob logout
sees bob "logout from chat."
sees bob "Connection closed by foreign host."
kill -INT "$server"
sees eve "server is shutting down."
wait "$server"
echo "logout closed bob's telnet, and Ctrl-C told everyone and ended with 0"
