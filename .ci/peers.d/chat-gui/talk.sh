# Sourced by ../chat-gui.sh: a person registers, talks, loses the server and has it back.

serve
open_window
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
! history_has 'said while offline' || fail "it cannot have been heard yet"
serve
until_true "what waited was not sent" history_has 'Eva: said while offline'

# Arabic, Hebrew, letters made of several, and a line longer than any window.
from_terminal "$(printf 'a long line of many words %.0s' $(seq 180))"
from_terminal 'مرحبا بالعالم، this is mixed with English'
from_terminal "$(printf 'e\u0301\u0302\u0303 zero\u200bwidth, turned \u202eround, \u2066isolated, 👩‍👩‍👧 \e[31mred\e[0m')"
from_terminal 'שלום עולם, and https://example.org/page too'
until_true "the last line was not heard" history_has 'https://example.org/page too'
sleep 0.5
picture light
xdotool key ctrl+f; say 'many words'; sleep 0.5; picture search
xdotool key Escape
xdotool mousemove 700 20 click 1; sleep 0.5; picture settings
xdotool key Escape
