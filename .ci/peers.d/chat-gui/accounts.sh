# Sourced by ../chat-gui.sh: a token nobody knows, and a host nobody knows.

token=$(sed -n 's/^MINECHAT_TOKEN=//p' .env | tr -d "\"'")
mkdir unknown; cd unknown
nobody=00000000-0000-4000-8000-000000000000
open_window --token $nobody
sleep 0.5
# It stays open while people talk.
from_terminal 'heard beneath a dialog'
until_true "nothing is heard beneath the dialog" history_has 'Vlad: heard beneath a dialog'
picture unknown-token
say Ann
until_true "the unknown token was not replaced" grep -q '^MINECHAT_TOKEN=' .env
say 'hello by a new name'
until_true "nothing can be said after the dialog" history_has 'Ann: hello by a new name'
! history_has ': Ann' || fail "the name was posted as a message"
close_window

# Another token is pasted into the second field.
rm .env
open_window --token $nobody
sleep 0.5
printf %s "$token" | xclip -selection clipboard -i 2>/dev/null
xdotool key Tab Tab ctrl+v Return
say 'hello by my token'
until_true "the pasted token did not log in" history_has 'Eva: hello by my token'
grep -qF "$token" .env || fail "the pasted token was not kept"
close_window

# Leaving is the last button of the dialog.
rm .env
open_window --token $nobody
sleep 0.5
xdotool key shift+Tab; sleep 0.3; picture focus; xdotool key Return
code=0; wait "$window" || code=$?
[ "$code" = 0 ] || fail "leaving by the dialog ended with $code"
cd ..

# A host that does not exist: the window lives, says so, and ends at once.
mkdir nowhere; cd nowhere
open_window --host no-such-host.invalid --token "$token"
sleep 2
picture nowhere
say 'typed to nobody'
sleep 0.3
picture nowhere-waiting
close_window
cd ..
