#!/usr/bin/env bash
# `nc` registers, posts and reads by hand, as the course's first exercises do.
set -euo pipefail

here=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; rm -rf "$here"' EXIT
chat=$(realpath "$BIN")/underground-chat
cd "$here"

"$chat" serve --read-port 0 --write-port 0 >serve.txt 2>serve.log &
pids+=($!)
# Waits until the file $1 holds the text $2.
until_in() {
    for _ in $(seq 200); do
        grep -qF -- "$2" "$1" 2>/dev/null && return
        sleep 0.05
    done
    echo "no '$2' in $1:" >&2
    cat "$1" >&2
    return 1
}
until_in serve.txt 'messages in'
read -r read_port write_port < <(sed -nE '1s/.*:([0-9]+) .*:([0-9]+) .*/\1 \2/p' serve.txt)

nc 127.0.0.1 "$read_port" >heard.txt &
pids+=($!)
# A reader hears what is said after it has come: so something is said until it hears.
for _ in $(seq 50); do
    printf '\nknock\nknock\n\n' | nc -q 1 -w 2 127.0.0.1 "$write_port" >/dev/null
    grep -q 'knock: knock' heard.txt && break
done
until_in heard.txt 'knock: knock'

printf '\nТолик\nпервая\nвторая\n\n' | nc -q 1 -w 5 127.0.0.1 "$write_port" >registered.txt
diff <(sed -n '1p;2p;4p;5p' registered.txt) - <<'END'
Hello %username%! Enter your personal hash or leave it empty to create new account.
Enter preferred nickname below:
Welcome to chat! Post your message below. End it with an empty line.
Message send. Write more, end message with an empty line.
END
until_in heard.txt ' Толик: первая вторая'
echo "nc registered, posted two lines as one message, and another nc read it"

token=$(sed -nE '3s/.*"account_hash": "([^"]+)".*/\1/p' registered.txt)
account=$(sed -n 3p registered.txt)
python3 -c 'import json,sys; a = json.loads(sys.argv[1]); assert list(a) == ["nickname", "account_hash"], a' "$account"
kill -9 "${pids[0]}"
wait "${pids[0]}" 2>/dev/null || true
"$chat" serve --read-port 0 --write-port "$write_port" >again.txt 2>>serve.log &
pids[0]=$!
until_in again.txt 'messages in'
# Telnet ends its lines with CR LF, and the second line end is a ping with an answer of its own.
printf '%s\r\n\r\n' "$token" | nc -q 1 -w 5 127.0.0.1 "$write_port" >returned.txt
diff <(sed 1d returned.txt) - <<END
$account
Welcome to chat! Post your message below. End it with an empty line.
Message send. Write more, end message with an empty line.
END
echo "the token still opens the account after kill -9 and a restart"

printf 'wrong\n' | nc -q 1 -w 5 127.0.0.1 "$write_port" >unknown.txt
diff <(sed 1d unknown.txt) - <<'END'
null
Enter preferred nickname below:
END
echo "an unknown token gets null and the prompt"

read_port=$(sed -nE '1s/.*:([0-9]+) .*:.*/\1/p' again.txt)
"$chat" listen --read-port "$read_port" >listened.txt 2>listen.log &
pids+=($!)
until_in listen.log connected
printf '%s\n\033[31mred\n\n' "$token" | nc -q 1 -w 5 127.0.0.1 "$write_port" >/dev/null
until_in listened.txt ' Толик: \x1b[31mred'
printf '' | "$chat" chat --token "$token" --read-port "$read_port" --write-port "$write_port" --history own.txt
until_in minechat.history '\x1b[31mred'
echo "what nc sent stands in the history, its escape characters shown and not obeyed"
