#!/usr/bin/env bash
# garbage-shooter in tmux, a real terminal: title, game, game over, again, and both demos.
set -euo pipefail
source "$(dirname "$0")/games/tmux"

export XDG_DATA_HOME="$work/data"
for size in 80x24 120x40; do
    start "$size" "$BIN/garbage-shooter --seed 1 --mute"
    until_seen 'SPACE or ENTER'
    picture > "$ARTIFACTS/garbage-shooter-title-$size.txt"
    press Enter
    until_seen '1957 Sputnik'
    until_seen '1961 Gagarin'
    picture > "$ARTIFACTS/garbage-shooter-$size.txt"
    press r
    until_seen '1957 Sputnik'
    press q
    until_seen 'score 0, seed'
    until_restored
    echo "at $size it shows its title, plays, begins again and quits"
done

for size in 80x24 120x40; do
    demo="crates/garbage-shooter/assets/demo-$size.txt"
    "$BIN/garbage-shooter" --replay "$demo" > "$work/first" < /dev/null
    "$BIN/garbage-shooter" --replay "$demo" > "$work/again" < /dev/null
    cmp "$work/first" "$work/again"
    echo "the demo of $size ends twice in the same picture: $(tail -n 1 "$work/first")"
done
