# What the window costs: bash .ci/peers.d/chat-gui/measure.sh [release|debug]
# Needs Xvfb and xdotool. Prints start, memory, and CPU idle and at 50 messages/s.
set -euo pipefail
bin=$(realpath "${CARGO_TARGET_DIR:-target}/${1:-release}")
work=$(mktemp -d)
pids=()
finish() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$work"; }
trap finish EXIT

Xvfb -displayfd 3 -screen 0 1000x800x24 3>"$work/display" 2>/dev/null &
pids+=($!)
until [ -s "$work/display" ]; do sleep 0.1; done
export DISPLAY=:$(cat "$work/display") RUST_LOG=warn,chat_gui=debug HOME="$work" XDG_RUNTIME_DIR="$work"
unset WAYLAND_DISPLAY MINECHAT_TOKEN TOKEN || true
export MINECHAT_READ_PORT=$((30000 + RANDOM % 2000)) MINECHAT_WRITE_PORT=$((32001 + RANDOM % 2000))
cd "$work"
taskset -c 0 "$bin/underground-chat" serve --read-port $MINECHAT_READ_PORT --write-port $MINECHAT_WRITE_PORT >/dev/null 2>&1 &
pids+=($!)

# The CPU time a process has used, in hundredths of a second.
ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }
rss() { awk '/VmRSS/ {printf "%.1f MB\n", $2 / 1024}' "/proc/$1/status"; }
percent() { # name pid seconds
    local before after
    before=$(ticks "$2"); sleep "$3"; after=$(ticks "$2")
    awk -v n="$1" -v t=$((after - before)) -v s="$3" 'BEGIN {printf "%-34s %.1f %% of a core over %d s\n", n, t / s, s}'
}
history() { # count
    awk -v n="$1" 'BEGIN {for (i = 0; i < n; i++) {
        printf "[2026.11.%02d %02d:%02d] Nick %d: message %d of the past", 1 + int(i * 20 / n), int(i / 60) % 24, i % 60, i % 17, i
        for (w = 0; w < i * 7 % 25; w++) printf " words"; print ""}}' > minechat.history
}
# So many lines a second by the clock, so that a late one makes the next ones early.
feed() { # rate count
    local i start=${EPOCHREALTIME/./} wait
    mkfifo "$work/nothing"; exec 4<>"$work/nothing"
    for ((i = 0; i < $2; i++)); do
        echo "message number $i of a busy chat"
        wait=$((start + (i + 1) * 1000000 / $1 - ${EPOCHREALTIME/./}))
        [ $wait -le 0 ] || read -r -t "$(printf '0.%06d' $wait)" -u 4 || true
    done
}
for count in 10000 100000; do
    history $count
    : > "$work/log"
    taskset -c 1 "$bin/chat-gui" --lang en 2>"$work/log" &
    pid=$!
    pids+=($pid)
    until grep -q 'first picture' "$work/log"; do sleep 0.1; done
    sleep 2
    id=$(xdotool search --onlyvisible --name 'Underground chat' | head -n 1)
    xdotool windowfocus "$id"; xdotool key Escape
    sleep 1
    echo "with $count messages: $(grep -o 'after=.*' "$work/log") to the first picture, $(rss $pid) resident"
    if [ "$count" = 100000 ]; then
        # The cursor comes to rest ten seconds after the last key.
        sleep 12
        percent "idle, connected, the keyboard in the field" $pid 30
        feed 50 1300 | taskset -c 0 "$bin/underground-chat" --username Busy >/dev/null 2>&1 &
        pids+=($!)
        sleep 3
        before=$(wc -l < minechat.history)
        percent "50 messages/s" $pid 20
        echo "  ($(( ($(wc -l < minechat.history) - before) / 20 )) messages/s were heard)"
        echo "after that: $(rss $pid) resident"
    fi
    kill $pid; wait $pid || true
done
