#!/usr/bin/env bash
# photo-archive beside the programs that people have: curl resumes a cut download, four
# independent readers accept the archive, and a browser presses the button.
set -euo pipefail

work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT

photos=examples/photos
hash=$(ls "$photos" | head -n 1)

start() {
    [ -z "$server" ] || { kill "$server"; wait "$server" || true; }
    : >"$work/out" # Else the address of the server before it would be found.
    "$BIN/photo-archive" --bind 127.0.0.1:0 "$@" >"$work/out" 2>"$work/log" &
    server=$!
    for _ in $(seq 100); do
        url=$(sed -n 's/.*listening on \(http.*\)/\1/p' "$work/out")
        [ -n "$url" ] && return
        sleep 0.1
    done
    echo "photo-archive did not start:"
    cat "$work/log"
    exit 1
}

start --delay 0.2
# A slow server and an impatient client: the first try is cut off in mid-download.
curl -sS --max-time 1 -o "$work/album.zip" "$url/archive/$hash/" && {
    echo "the download was to be cut off, but was not"
    exit 1
}
part=$(stat -c %s "$work/album.zip")
start
curl -sS -C - -o "$work/album.zip" "$url/archive/$hash/"
curl -sS -o "$work/whole.zip" "$url/archive/$hash/"
cmp "$work/album.zip" "$work/whole.zip"
echo "curl -C - went on after $part bytes, at a restarted server, and got the same bytes"

same() { diff -r "$photos/$hash" "$1"; }
unzip -tq "$work/album.zip"
unzip -q "$work/album.zip" -d "$work/unzip" && same "$work/unzip"
mkdir "$work/bsdtar" && bsdtar -xf "$work/album.zip" -C "$work/bsdtar" && same "$work/bsdtar"
7z x -bd -o"$work/7z" "$work/album.zip" >/dev/null && same "$work/7z"
"$VENV/bin/python" - "$work/album.zip" "$work/python" <<'PYTHON'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    archive.extractall(sys.argv[2])
PYTHON
same "$work/python"
# As a pipe, where no reader can look at the directory first.
curl -sS "$url/archive/$hash/" | bsdtar -xf - -C "$(mkdir -p "$work/pipe" && echo "$work/pipe")" && same "$work/pipe"
echo "unzip, bsdtar, 7z, zipfile and bsdtar on a pipe all unpacked the original photos"

"$VENV/bin/python" .ci/peers.d/photo-archive/browser.py "$url" "$hash" "$work/saved" "$ARTIFACTS"
unzip -tq "$work/saved/$hash.zip"
same "$(mkdir "$work/all" && unzip -q "$work/saved/$hash.zip" -d "$work/all" && echo "$work/all")"
[ "$(unzip -Z1 "$work/saved/$hash (1).zip" | wc -l)" = 2 ]
echo "Chromium saved the album by the button, and two photos chosen with the keyboard"

kill -INT "$server"
wait "$server"
server=
echo "Ctrl-C ended it with 0"
