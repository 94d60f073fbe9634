# The real window under Xvfb beside the real server: registers, says, hears what the
# terminal client says, outlives the server, and leaves pictures to be looked at.
# Clipboard, links, dialogs and foreign text are tried as a person would; at the end Wayland.
set -euo pipefail

# Sourced parts: one screen of what a person does each.
parts=$(realpath "$(dirname "$0")")/chat-gui
work=$(mktemp -d)
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
fail() { echo "chat-gui: $*" >&2; tail -n 20 "$work"/*.log >&2 || true; picture failed || true; exit 1; }

# Waits up to 20 s for a command to succeed.
until_true() {
    local what=$1; shift
    for _ in $(seq 200); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done
    fail "$what"
}

export LC_ALL=C.UTF-8 HOME="$work" XDG_RUNTIME_DIR="$work"
unset WAYLAND_DISPLAY WAYLAND_SOCKET MINECHAT_TOKEN TOKEN || true
cd "$work"

# A display that nobody answers at is one line, not a panic.
code=0; DISPLAY=:4095 "$BIN/chat-gui" 2>"$work/dead.log" || code=$?
[ "$code" = 1 ] && [ "$(wc -l < "$work/dead.log")" = 1 ] || fail "a dead display: $code"

Xvfb -displayfd 3 -screen 0 1000x800x24 3>"$work/display" 2>"$work/xvfb.log" &
pids+=($!)
until_true "no display" test -s "$work/display"
export DISPLAY=:$(cat "$work/display")

read_port=$((20000 + RANDOM % 10000)); write_port=$((read_port + 1))
export MINECHAT_READ_PORT=$read_port MINECHAT_WRITE_PORT=$write_port
serve() {
    "$BIN/underground-chat" serve --read-port "$read_port" --write-port "$write_port" \
        --data "$work/accounts.redb" 2>>"$work/server.log" &
    server=$!
    pids+=($server)
    until_true "the server does not listen" nc -z 127.0.0.1 "$write_port"
}
picture() { import -window root "$ARTIFACTS/chat-gui-$1.png"; }
say() { xdotool type --delay 15 -- "$1"; xdotool key Return; }
history_has() { grep -qF -- "$1" minechat.history; }
from_terminal() { ( mkdir -p "$work/other"; cd "$work/other"; echo "$1" | "$BIN/underground-chat" send --username Vlad - ); }
clipboard_is() { [ "$(timeout 2 xclip -selection clipboard -o)" = "$1" ]; }

# Opens a window in this directory, at the upper left, with the keyboard.
open_window() {
    "$BIN/chat-gui" --lang en "$@" 2>>"$work/window.log" &
    window=$!
    pids+=($window)
    until_true "no window" xdotool search --onlyvisible --name 'Underground chat'
    id=$(xdotool search --onlyvisible --name 'Underground chat' | head -n 1)
    xdotool windowmove "$id" 0 0 windowsize "$id" 760 640 windowfocus --sync "$id"
    sleep 0.5
}
# Ends it by a signal; it is to say nothing and to be quick.
close_window() {
    local code=0 begun=$SECONDS
    kill -TERM "$window"
    wait "$window" || code=$?
    [ "$code" = 0 ] || fail "SIGTERM ended it with $code"
    [ $((SECONDS - begun)) -le 4 ] || fail "it was slow to end"
    ! grep -q panicked "$work/window.log" || fail "it panicked"
    id=
}

source "$parts/talk.sh"
source "$parts/hands.sh"
source "$parts/accounts.sh"
source "$parts/wayland.sh"
