# Sourced by ../chat-gui.sh: the same window on Wayland, as far as that can be seen without hands.

weston --backend=headless-backend.so --socket=chat-gui --idle-time=0 --no-config \
    >"$work/weston.log" 2>&1 &
pids+=($!)
until_true "no Wayland display" test -S "$XDG_RUNTIME_DIR/chat-gui"
mkdir wayland; cd wayland
DISPLAY= WAYLAND_DISPLAY=chat-gui RUST_LOG=warn,chat_gui=debug \
    "$BIN/chat-gui" --lang en --token "$token" 2>"$work/wayland.log" &
window=$!
pids+=($window)
until_true "no picture on Wayland" grep -q 'first picture' "$work/wayland.log"
from_terminal 'heard on Wayland'
until_true "nothing is heard on Wayland" history_has 'Vlad: heard on Wayland'
close_window
! grep -q panicked "$work/wayland.log" || fail "it panicked on Wayland"
cd ..

echo "chat-gui: registered, said, heard, outlived the server, showed its history again; clipboard, links, dialogs; X11 and Wayland"
