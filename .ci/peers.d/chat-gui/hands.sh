# Sourced by ../chat-gui.sh: mouse, clipboard, links, and long texts.

# Up from the field of the list: the last message is selected, and copied as it stands.
# (Shift-Tab from the field leads to the list.)
xdotool key Escape ctrl+End shift+Tab Up ctrl+c
last='Vlad: שלום עולם, and https://example.org/page too'
copied() { [[ "$(timeout 2 xclip -selection clipboard -o)" == *"$1" ]]; }
until_true "the selected message is not in the clipboard" copied "$last"
xdotool key shift+Up ctrl+c
two() { [ "$(timeout 2 xclip -selection clipboard -o | wc -l)" = "$1" ]; }
# Two lines, the last without an end.
until_true "two selected messages are not in the clipboard" two 1
picture selected

# A link is opened by Enter, and by a click where it stands.
mkdir -p bin
printf '#!/bin/sh\necho "$@" >> "%s/opened"\n' "$work" > bin/xdg-open
chmod +x bin/xdg-open
close_window
lines=$(wc -l < minechat.history)
PATH="$work/bin:$PATH" open_window
[ "$(wc -l < minechat.history)" = "$lines" ] || fail "the history was written twice"
xdotool key shift+Tab Up Return
until_true "the link was not opened" grep -qxF 'https://example.org/page' opened

# What is in the clipboard is pasted; several lines are one message.
xdotool key Escape
printf 'pasted\nin two lines' | xclip -selection clipboard -i 2>/dev/null
xdotool key ctrl+v Return
until_true "what was pasted was not sent" history_has 'Eva: pasted in two lines'

# Presses at the first point, and lets go at the third.
drag() {
    xdotool mousemove "$1" "$2" mousedown 1; sleep 0.2
    xdotool mousemove "$3" "$4"; sleep 0.2
    xdotool mousemove "$5" "$6"; sleep 0.2
    xdotool mouseup 1; sleep 0.2
}
# A drag within a message selects letters; one that leaves it selects messages. The last
# message stands at the lower edge of the list.
say 'abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz'
until_true "the alphabet did not come back" history_has 'Eva: abcdefghij'
sleep 0.5
drag 70 555 110 555 150 556
xdotool key ctrl+c
part() { local text; text=$(timeout 2 xclip -selection clipboard -o); [[ $text != *Eva* && abcdefghijklmnopqrstuvwxyz == *$text* && ${#text} -gt 3 ]]; }
until_true "no part of a message was copied" part
picture part
# The line that says “Copied.” has moved the list up.
drag 150 530 150 515 150 445; xdotool key ctrl+c
several() { [ "$(timeout 2 xclip -selection clipboard -o | grep -c ': ')" -ge 2 ]; }
until_true "a drag over several messages copied none" several
xdotool mousemove 400 530 click 1; sleep 0.2
xdotool keydown shift mousemove 400 504 click 1; sleep 0.2
xdotool keyup shift key ctrl+c
until_true "Shift and a click selected no range" several
picture range
xdotool key Escape

# A text longer than any line comes back to the field; one that just fits is said.
head -c 100000 /dev/zero | tr '\0' x | xclip -selection clipboard -i 2>/dev/null
xdotool key ctrl+v Return
sleep 1
picture too-long
kill -0 "$window" || fail "a long text ended the window"
xdotool key ctrl+a Delete
printf 'word %.0s' $(seq 12000) | xclip -selection clipboard -i 2>/dev/null
xdotool key ctrl+v Return
until_true "60 kB were not said" history_has 'word word word'
say 'and after that'
until_true "nothing is said after 60 kB" history_has 'Eva: and after that'
sleep 0.5
picture long
xdotool windowsize "$id" 340 480; sleep 1; picture narrow
close_window

# A history with a line of 100 kB is shown, in the dark.
{ printf '[2026.11.20 09:00] Vlad: '; head -c 100000 /dev/zero | tr '\0' y; echo; } >> minechat.history
echo '[2026.11.20 09:01] Vlad: the end of the history' >> minechat.history
open_window --theme dark
picture dark
say 'hello in the dark'
until_true "nothing is said after a history of 100 kB" history_has 'Eva: hello in the dark'
close_window
