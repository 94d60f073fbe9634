# The real window under Xvfb beside the real server: registers, says, hears what the
# terminal client says, outlives the server, and leaves pictures to be looked at.
set -euo pipefail

work=$(mktemp -d)
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
fail() { echo "chat-gui: $*" >&2; tail -n 20 "$work"/*.log >&2 || true; exit 1; }

# Waits up to 20 s for a command to succeed.
until_true() {
    local what=$1; shift
    for _ in $(seq 200); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done
    fail "$what"
}

Xvfb -displayfd 3 -screen 0 1000x800x24 3>"$work/display" 2>"$work/xvfb.log" &
pids+=($!)
until_true "no display" test -s "$work/display"
export DISPLAY=:$(cat "$work/display")
export LC_ALL=C.UTF-8 HOME="$work" XDG_RUNTIME_DIR="$work"
unset WAYLAND_DISPLAY MINECHAT_TOKEN TOKEN || true

cd "$work"
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
from_terminal() { ( mkdir -p other; cd other; echo "$1" | "$BIN/underground-chat" send --username Vlad - ); }

serve
"$BIN/chat-gui" --lang en 2>"$work/window.log" &
window=$!
pids+=($window)
until_true "no window" xdotool search --name 'Underground chat'
id=$(xdotool search --name 'Underground chat' | head -n 1)
xdotool windowmove "$id" 0 0 windowsize "$id" 760 640 windowfocus --sync "$id"
sleep 1
picture registration

# The name is typed where the keyboard is when the dialog opens.
say Eva
until_true "no token in .env" grep -q '^MINECHAT_TOKEN=' .env
[ "$(stat -c %a .env)" = 600 ] || fail "others can read the token"
say 'hello from the window'
until_true "what was said did not come back" history_has 'Eva: hello from the window'
! history_has ': Eva' || fail "the name was posted as a message"
until_true "the terminal's message was not sent" from_terminal 'hello from the terminal'
until_true "the terminal's message was not heard" history_has 'Vlad: hello from the terminal'

# What is typed while the server is away arrives when it is back.
kill "$server"; wait "$server" || true
say 'said while offline'
sleep 1.5
picture offline
history_has 'said while offline' && fail "it cannot have been heard yet"
serve
until_true "what waited was not sent" history_has 'Eva: said while offline'

# Arabic, Hebrew, and a line longer than any window.
from_terminal "$(printf 'a long line of many words %.0s' $(seq 180))"
from_terminal 'مرحبا بالعالم، this is mixed with English'
from_terminal 'שלום עולם, and https://example.org/page too'
until_true "the last line was not heard" history_has 'https://example.org/page too'
sleep 0.5
picture light
xdotool key ctrl+f; say 'many words'; sleep 0.5; picture search
xdotool key Escape
xdotool mousemove 700 20 click 1; sleep 0.5; picture settings
xdotool key Escape
xdotool windowsize "$id" 340 480; sleep 1; picture narrow

kill -TERM "$window"
code=0; wait "$window" || code=$?
[ "$code" = 0 ] || fail "SIGTERM ended it with $code"
grep -q panicked "$work/window.log" && fail "it panicked"

# The history is shown again, in the dark, without being heard twice.
lines=$(wc -l < minechat.history)
"$BIN/chat-gui" --theme dark --lang en 2>>"$work/window.log" &
window=$!
pids+=($window)
until_true "no second window" xdotool search --name 'Underground chat'
xdotool windowfocus "$(xdotool search --name 'Underground chat' | head -n 1)"
sleep 1
picture dark
[ "$(wc -l < minechat.history)" = "$lines" ] || fail "the history was written twice"
kill -TERM "$window"; wait "$window"

echo "chat-gui: registered, said, heard, outlived the server, showed its history again"
