#!/usr/bin/env bash
# examples/deploy as it is shipped, but for addresses: the programs run as their units confine
# them, nginx stands in front, and curl, unzip, nc and WebSockets go through it.
set -euo pipefail

deploy=$(realpath examples/deploy)
here=$(realpath .ci/peers.d/deploy)
BIN=$(realpath "$BIN")
# Where Debian has nginx, for users other than root.
PATH=$PATH:/usr/sbin
work=$(mktemp -d)
# nginx's workers are somebody else.
chmod 755 "$work"
started=()
trap 'kill "${started[@]}" 2>/dev/null || true; wait; rm -rf "$work"' EXIT

fail() {
    echo "$1"
    tail -n 20 "$work"/*.log "$work"/*/error.log 2>/dev/null || true
    exit 1
}
# Waits until the file $1 holds the text $2.
until_in() {
    for _ in $(seq 400); do
        grep -qF -- "$2" "$1" 2>/dev/null && return
        sleep 0.05
    done
    fail "no '$2' in $1"
}

# The units.
mkdir "$work/units"
for unit in "$deploy"/systemd/*.service; do
    copy=$work/units/$(basename "$unit")
    sed "s|/usr/local/bin|$BIN|" "$unit" >"$copy"
    # It finds fault in words, not by its exit status alone.
    said=$(systemd-analyze verify --man=no --recursive-errors=no "$copy" 2>&1) || fail "$said"
    [ -z "$said" ] || fail "$said"
    systemd-analyze --no-pager security --offline=true --threshold=20 "$copy" >"$work/exposure" || fail "$unit is too open"
    sed -i 's/^ProtectSystem=/&x/' "$copy"
    ! systemd-analyze verify --man=no --recursive-errors=no "$copy" 2>/dev/null || fail "verify accepts anything"
done
echo "systemd-analyze accepts the units, and calls their exposure 2 of 10 at most"

# The programs, as their units confine them.
confined() { # NAME ARGUMENTS...
    # Debian's Python: that one has the bindings of libseccomp.
    /usr/bin/python3 "$here/confined.py" "$deploy/systemd/$1.service" "$BIN" "$work/state" "${@:2}" \
        >"$work/$1.out" 2>"$work/$1.log" &
    started+=("$!")
}
mkdir -p "$work"/albums/{noise,large}
cp -r examples/photos/* "$work/albums"
head -c 64M /dev/urandom >"$work/albums/noise/noise.jpg"
truncate -s 256M "$work/albums/large/large.jpg"
confined photo-archive --bind 127.0.0.1:0 --photos "$work/albums" -v
confined chat-servers --port 0 --ws-port 0
confined underground-chat --read-port 0 --write-port 0
programs=("${started[@]}")
until_in "$work/photo-archive.out" 'Ctrl-C ends'
until_in "$work/chat-servers.out" 'open it in a browser'
until_in "$work/underground-chat.out" 'accounts in'
photos=$(sed -n 's/.*listening on http:..\(.*\)/\1/p' "$work/photo-archive.out")
web=$(sed -n 's/.*listening on http:..\(.*\)\/;.*/\1/p' "$work/chat-servers.out")
tcp=$(sed -n 's/.*listening on \([0-9.:]*\); try: telnet.*/\1/p' "$work/chat-servers.out")
read -r reads writes < <(sed -nE '1s/listening on ([^ ]*) .* ([^ ]*) \(.*/\1 \2/p' "$work/underground-chat.out")
[ -s "$work/state/underground-chat/accounts.redb" ] || fail "the accounts are not in the state directory"

# nginx, three times: as shipped, with TLS as its comment says, and careless for comparison.
mapfile -t port < <(python3 - <<'PYTHON'
import socket
taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(12)]
print(*(each.getsockname()[1] for each in taken), sep="\n")
PYTHON
)
front() { # NAME FIRST-PORT CHANGE-OF-workshop.conf
    local conf=$work/$1 first=$2
    mkdir "$conf"
    sed -e "$3" "$deploy/nginx/workshop.conf" |
        sed -E -e "s|(listen +)80|\1127.0.0.1:${port[first]}|; s|(listen +)443|\1127.0.0.1:${port[first + 1]}|" \
            -e "s|/etc/ssl/(certs\|private)|$work|" >"$conf/workshop.conf"
    sed "s|127.0.0.1:8080|$photos|; s|127.0.0.1:8081|$web|" "$deploy/nginx/upstreams.conf" >"$conf/upstreams.conf"
    cat >"$conf/nginx.conf" <<CONF
include /usr/share/nginx/modules-available/mod-stream.conf;
pid $conf/pid;
error_log $conf/error.log info;
events { worker_connections 256; }
http {
    access_log off;
    $(printf "%s_temp_path $conf/%s; " client_body body proxy proxy fastcgi fastcgi uwsgi uwsgi scgi scgi)
    include $conf/upstreams.conf;
    include $conf/workshop.conf;
}
CONF
    [ "$1" != shipped ] || {
        sed -E -e "s|(listen +)5500|\1127.0.0.1:${port[9]}|; s|(listen +)5550|\1127.0.0.1:${port[10]}|" \
            -e "s|(listen +)2323|\1127.0.0.1:${port[11]}|" \
            -e "s|127.0.0.1:5000|$reads|; s|127.0.0.1:5050|$writes|; s|127.0.0.1:10000|$tcp|" \
            "$deploy/nginx/tcp.conf" >"$conf/tcp.conf"
        echo "include $conf/tcp.conf;" >>"$conf/nginx.conf"
    }
    nginx -t -q -e "$conf/error.log" -c "$conf/nginx.conf" || fail "nginx -t does not like $1"
    nginx -e "$conf/error.log" -c "$conf/nginx.conf" -g 'daemon off;' 2>"$work/$1.log" &
    started+=("$!")
    for _ in $(seq 200); do
        ! curl -s -o "$work/nothing" "http://127.0.0.1:${port[first]}/healthz" || return 0
        sleep 0.05
    done
    fail "nginx does not start: $1"
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,DNS:chat.localhost \
    -keyout "$work/workshop.key" -out "$work/workshop.pem" 2>"$work/openssl.log"
front shipped 0 ''
front tls 2 's/#tls //'
# (The program itself asks for no buffering, too: that has to be ignored as well.)
front careless 4 '/proxy_max_temp_file_size/d; s/proxy_read_timeout .*/proxy_read_timeout 10s;/
    s/proxy_buffering .*/proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;/'
http=http://127.0.0.1:${port[0]} https=https://localhost:${port[3]}
echo "nginx -t accepts it, with TLS too"

# The chat takes twenty seconds, most of them silent: beside the rest.
"$VENV/bin/python" "$here/chat.py" "${port[0]}" "${port[3]}" "${port[4]}" "${port[11]}" \
    "$work/workshop.pem" "$deploy/nginx/workshop.conf" >"$work/chat.out" 2>"$work/chat.log" &
chat=$!
started+=("$chat")

# Albums: the same bytes as without nginx, whole, in part, and resumed.
ask() { curl -sS --fail --cacert "$work/workshop.pem" "$@"; }
# nginx writes some names of headers with capitals.
headers() {
    ask -I "$1" | tr -d '\r' | sed -E 's/^([^:]*):/\L\1:/' |
        grep -E '^(accept-ranges|cache-control|content-.*|etag):' | sort
}
for hash in $(cd examples/photos && echo *); do
    ask -o "$work/direct.zip" "http://$photos/archive/$hash/"
    for proxy in "$http" "$https"; do
        ask -o "$work/proxied.zip" "$proxy/archive/$hash/"
        cmp "$work/direct.zip" "$work/proxied.zip"
        unzip -tq "$work/proxied.zip" >/dev/null
        diff <(headers "http://$photos/archive/$hash/") <(headers "$proxy/archive/$hash/")
    done
    ask -o "$work/page" "$http/album/$hash/"
    ask -o "$work/thumbnail" "$http$(grep -oE '/thumbnail/[^"]*' "$work/page" | head -n 1)"
done
[ "$(curl -sS -o "$work/nothing" -w '%{http_code} %{redirect_url}' "http://localhost:${port[2]}/album/$hash/?x=1")" = \
    "308 https://localhost/album/$hash/?x=1" ] || fail "HTTP does not lead to HTTPS"
ask -r 1000-200000 -o "$work/part" "$http/archive/$hash/"
cmp "$work/part" <(tail -c +1001 "$work/direct.zip" | head -c 199001)
status() { curl -sS -o "$work/nothing" -w '%{http_code}' -r 5-9 "$@" "$http/archive/$hash/"; }
etag=$(headers "$http/archive/$hash/" | sed -n 's/^etag: //p')
[ "$(status -H "If-Range: $etag") $(status -H 'If-Range: "another"')" = "206 200" ] || fail "If-Range does not pass"
curl -sS --limit-rate 1M --max-time 1 -o "$work/resumed.zip" "$http/archive/noise/" 2>"$work/cut.txt" &&
    fail "the download was to be cut off, but was not"
part=$(stat -c %s "$work/resumed.zip")
ask -C - -o "$work/resumed.zip" "$http/archive/noise/"
cmp "$work/resumed.zip" <(ask "http://$photos/archive/noise/")
echo "every album is the same through nginx, over HTTP and TLS; Range and If-Range pass; curl -C - went on after $part bytes"

# A slow client holds the program back: it must not have made what nobody has taken.
made() { # URL of nginx
    local ends='album large: (ended after )?[0-9]+' count
    count=$(grep -cE "$ends" "$work/photo-archive.log" || true)
    curl -sS --limit-rate 200K --max-time 3 -o "$work/taken" "$1/archive/large/" 2>"$work/cut.txt" || true
    for _ in $(seq 200); do
        [ "$(grep -cE "$ends" "$work/photo-archive.log")" -le "$count" ] || break
        sleep 0.05
    done
    grep -oE "$ends" "$work/photo-archive.log" | sed 's/.* //' | tail -n 1
}
# Its header has a checksum, which takes a while the first time.
ask -r 0-99 -o "$work/header" "http://$photos/archive/large/"
careless=$(made "http://127.0.0.1:${port[4]}")
shipped=$(made "$http")
[ "$shipped" -lt $((64 << 20)) ] || fail "$shipped bytes were made for a client that took few"
[ "$careless" -gt $((128 << 20)) ] || fail "the comparison proves nothing: $careless bytes"
grep -q 'buffered to a temporary file' "$work/careless/error.log" || fail "the comparison did not buffer"
! grep -q 'buffered to a temporary file' "$work/shipped/error.log" || fail "nginx buffers on the disk"
echo "of 256 MiB, $((shipped >> 20)) were made for a client that took $(($(stat -c %s "$work/taken") >> 20)) and left; with buffering it would be $((careless >> 20))"

# The underground chat, by hand, through tcp.conf.
nc 127.0.0.1 "${port[9]}" >"$work/heard" &
started+=("$!")
for _ in $(seq 50); do
    printf '\nknock\nis anybody there\n\n' | nc -q 1 -w 2 127.0.0.1 "${port[10]}" >"$work/registered"
    ! grep -q 'knock: is anybody there' "$work/heard" || break
done
until_in "$work/heard" 'knock: is anybody there'
# nc had ended its sending side already.
until_in "$work/registered" 'Message send.'
echo "nc wrote to the underground chat, got its answers, and read it, all through nginx"

wait "$chat" || fail "the chat through nginx failed"
cat "$work/chat.out"
python3 - "${port[9]}" <<'PYTHON'
import socket, sys
crowd = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(40)]
# Who stays hears nothing; nc is there as well.
over = [one for one in crowd[19:] if one.settimeout(10) or one.recv(1) == b""]
assert len(over) == 21, len(over)
crowd[0].setblocking(False)
try:
    raise AssertionError(crowd[0].recv(1))
except BlockingIOError:
    pass
PYTHON
echo "of forty connections to the underground chat from one address, nginx lets twenty stand"

# What the page consists of comes through nginx, too.
for file in / /chat.js /chat.css; do
    cmp <(ask "http://$web$file") <(ask --resolve "chat.localhost:${port[0]}:127.0.0.1" "http://chat.localhost:${port[0]}$file")
done
for pid in "${programs[@]}"; do
    kill -TERM "$pid"
    wait "$pid" || fail "a program did not end with 0 on SIGTERM"
done
[ "$(curl -sS -o "$work/nothing" -w '%{http_code}' "$http/")" = 502 ] || fail "nginx hides that the program is gone"
echo "SIGTERM ended each program with 0, and none had asked for a system call that its unit refuses"

# The containers cannot be built without a registry; their files can be read.
"$VENV/bin/check-jsonschema" -q --builtin-schema vendor.compose-spec "$deploy/compose.yaml"
mkdir "$work/context"
"$VENV/bin/python" - "$deploy/Containerfile" >"$work/copied" <<'PYTHON'
import sys, dockerfile
for command in dockerfile.parse_file(sys.argv[1]):
    if command.cmd == "COPY" and not command.flags:
        print(*command.value[:-1], sep="\n")
PYTHON
xargs -a "$work/copied" cp -r --parents -t "$work/context"
cargo metadata --format-version 1 --no-deps --offline --manifest-path "$work/context/Cargo.toml" >"$work/metadata"
diff <(sed -E '/^ *#/d; s/127.0.0.1:/X:/' "$deploy/nginx/upstreams.conf") \
    <(sed -E '/^ *#/d; s/(photo-archive|chat-servers):/X:/' "$deploy/nginx/upstreams-compose.conf")
echo "compose.yaml keeps to its schema, and the Containerfile copies a whole workspace (no image was built)"
