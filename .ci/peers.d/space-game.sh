#!/usr/bin/env bash
# space-game in tmux, a real terminal: flown, paused, resized, suspended and ended in every way.
set -euo pipefail
source "$(dirname "$0")/games/tmux"

for size in 80x24 120x40; do
    start "$size" "$BIN/space-game --seed 1 --mute"
    until_seen '▲'
    before=$(picture | grep -m 1 '▲')
    press Left Left Left
    until_not_seen "$before"
    press p
    until_seen 'paused'
    press p
    until_not_seen 'paused'
    picture > "$ARTIFACTS/space-game-$size.txt"
    press C-z
    until_seen 'Stopped'
    until_restored
    type 'fg'
    until_seen '▲'
    press q
    until_seen 'space-game: flew for'
    until_restored
    echo "at $size it flies, pauses, stops for the shell, comes back and quits"
done

start 80x24 "$BIN/space-game --seed 1"
until_seen '▲'
for size in 20x10 19x9 1x1 200x60 80x24; do
    resize "$size"
    sleep 0.2
done
until_seen '▲'
echo 'resized down to a single cell and up again it plays on'

for signal in TERM INT HUP; do
    type_anew "$BIN/space-game --seed 1"
    until_seen '▲'
    kill -"$signal" "$(job)"
    until_restored
    echo "SIG$signal gives the terminal back"
done

type_anew "$BIN/space-game --panic-at 30"
until_seen 'the drill of --panic-at'
until_restored
echo 'a panic gives the terminal back and can be read'
