//! Programs that meet: a window and a command line in one chat, a bot among them, an
//! archive from a server and from its bare plan.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use chat_gui::settings::{Settings, Shade};
use chat_gui::state::{Effect, Local, Message, State};
use chat_gui::words::Words;
use jiff::civil::date;
use rustix::process::Signal;
use underground_chat::client::{self, Connection, Events};
use underground_chat::flags::Address;
use underground_chat::protocol::Login;

use crate::binary;
use crate::program::{PATIENCE, Program, output};

/// What a server answers to one request, whatever bytes these are.
pub(crate) fn get(address: &str, path: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

/// A server of the underground chat, and where it is.
struct Chat {
    server: Program,
    address: Address,
}

impl Chat {
    fn start(directory: &Path) -> Self {
        let mut command = binary::command("underground-chat", directory);
        command.args(["serve", "--read-port=0", "--write-port=0"]);
        let server = Program::start(command);
        let line = server.until("listening on");
        let mut ports = line
            .split_whitespace()
            .filter_map(|word| word.strip_prefix("127.0.0.1:")?.parse().ok());
        let mut port = || ports.next().unwrap();
        let address = Address {
            host: "127.0.0.1".to_owned(),
            read_port: port(),
            write_port: port(),
        };
        Self { server, address }
    }

    fn flags(&self) -> [String; 2] {
        [
            format!("--read-port={}", self.address.read_port),
            format!("--write-port={}", self.address.write_port),
        ]
    }

    /// The command line's client.
    fn client(&self, directory: &Path, arguments: &[&str]) -> std::process::Command {
        let mut command = binary::command("underground-chat", directory);
        command.args(arguments).args(self.flags());
        command
    }
}

/// The window's state with the connection that its shell would give it, but no window.
struct Window {
    state: State,
    connection: Connection,
    events: Events,
}

impl Window {
    fn open(address: &Address, name: &str) -> Self {
        let settings = Settings {
            address: address.clone(),
            history: "not used".into(),
            shade: Shade::Light,
            letters: 15,
            words: Words::En,
        };
        let login = Login::register(name);
        let (connection, events) = Connection::open(
            address.tcp(),
            client::Settings {
                login: login.clone(),
                ..client::Settings::default()
            },
        );
        let state = State::new(settings, login, Local::None, Instant::now());
        let mut window = Self {
            state,
            connection,
            events,
        };
        window.tell(Message::Resized(600.0, 400.0));
        window.tell(Message::Past(Vec::new(), None));
        window
    }

    /// Tells the state what happened, and carries out what it wants done.
    fn tell(&mut self, message: Message) {
        let clock = date(2026, 11, 21).at(9, 0, 0, 0);
        for effect in self.state.update(message, Instant::now(), clock) {
            if let Effect::Post(text) = effect {
                let posted = self.connection.send(&text);
                self.tell(Message::Posted(text, posted));
            }
        }
    }

    /// Lets things happen until the state is as `wanted`.
    async fn until(&mut self, what: &str, wanted: impl Fn(&State) -> bool) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !wanted(&self.state) {
            let event = tokio::time::timeout_at(deadline, self.events.next()).await;
            let event = event.unwrap_or_else(|_| panic!("waited in vain until {what}"));
            let generation = self.state.generation;
            self.tell(Message::Events(generation, vec![event.unwrap()]));
        }
    }

    fn shows(state: &State, text: &str) -> bool {
        let messages = state.conversation.messages();
        messages
            .iter()
            .any(|message| message.line().ends_with(text))
    }
}

// The connection goes on while the test waits for another process.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_window_and_the_command_line_talk_through_a_server() {
    let home = tempfile::tempdir().unwrap();
    let mut chat = Chat::start(home.path());
    let listener = Program::start(chat.client(home.path(), &["listen"]));
    let mut window = Window::open(&chat.address, "Eva");
    window
        .until("it has a name", |state| state.nickname.is_some())
        .await;

    // Both are there when both have heard the same.
    let mut greetings = 0;
    loop {
        let sent = output(chat.client(home.path(), &["send", "--username=Tom", "good morning"]));
        assert!(sent.status.success(), "{sent:?}");
        greetings += 1;
        let limit = Duration::from_millis(500);
        let heard = window.until("Tom is heard", |state| Window::shows(state, "good morning"));
        if tokio::time::timeout(limit, heard).await.is_ok() {
            break;
        }
        assert!(greetings < 60, "nothing is heard");
    }
    listener.until("Tom: good morning");

    let paste = |text: &str| {
        use iced::widget::text_editor::{Action, Edit};
        Message::Edited(Action::Edit(Edit::Paste(std::sync::Arc::new(
            text.to_owned(),
        ))))
    };
    window.tell(paste("and to you\nall of you"));
    window.tell(Message::Press(chat_gui::state::Control::Send));
    let line = listener.until("Eva: ");
    assert!(
        line.contains("and to you") && line.contains("all of you"),
        "{line}"
    );
    window
        .until("it reads itself", |state| {
            Window::shows(state, "all of you") && state.outbox.iter().len() == 0
        })
        .await;

    chat.server.signal(Signal::INT);
    assert_eq!(chat.server.code(), 0);
}

#[test]
fn a_bot_answers_whoever_asks() {
    let home = tempfile::tempdir().unwrap();
    let chat = Chat::start(home.path());
    let mut command = binary::example("chat-bot", home.path());
    command.args(chat.flags());
    let mut bot = Program::start(command);
    let name = bot.until("here as");
    let (name, _) = name.split_once("; ").unwrap();
    let name = name.strip_prefix("here as ").unwrap();

    let listener = Program::start(chat.client(home.path(), &["listen"]));
    let ask = |text: &str| {
        let sent = output(chat.client(home.path(), &["send", "--username=Eva", text]));
        assert!(sent.status.success(), "{sent:?}");
    };
    // Until the listener is there, what the bot answers is heard by nobody.
    let heard = (0..100).any(|_| {
        ask("!roll 2d6");
        bot.until("2d6: ");
        home.path().join("minechat.history").exists()
    });
    assert!(heard, "nobody hears anything");
    // Only the bot says what it answers, and what it answers to.
    ask("!rollover");
    ask("!roll 3d1000");
    let line = bot.until("!roll");
    assert!(line.ends_with("!roll 3d1000"), "{line}");
    let line = listener.until(": 3d1000: ");
    let sum = line.rsplit_once("= ").unwrap().1.parse::<u32>().unwrap();
    assert!((3..=3000).contains(&sum), "{line}");
    assert!(
        line.contains(&format!("{name}: 3d1000")),
        "{line} of {name}"
    );
    ask("!roll the dice");
    listener.until("1 to 20 dice");
    ask("!roll");
    listener.until("1d6: ");

    bot.signal(Signal::INT);
    assert_eq!(bot.code(), 0);
}

#[test]
fn a_download_is_what_its_plan_says_to_the_last_byte() {
    const ALBUM: &str = "kT7vQ2mXw9RbLz4nYc8sHd3f";
    let albums = format!("{}/examples/photos", env!("CARGO_MANIFEST_DIR"));
    let home = tempfile::tempdir().unwrap();
    let mut command = binary::command("photo-archive", home.path());
    command.arg("--bind=127.0.0.1:0");
    // Those of this checkout, whichever one the program was built in.
    command.args(["--photos", &albums]);
    let server = Program::start(command);
    let line = server.until("open http://");
    let address = line.split('/').nth(2).unwrap();
    let answer = get(address, &format!("/archive/{ALBUM}/"));
    let head = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let downloaded = &answer[head + 4..];

    let album = format!("{albums}/{ALBUM}");
    for from in [0, 1, 123_456, downloaded.len() - 10] {
        let mut command = binary::example("archive-plan", home.path());
        command.args(["--album", &album, "--from", &from.to_string()]);
        let planned = output(command);
        assert!(planned.status.success(), "{planned:?}");
        assert!(planned.stdout == downloaded[from..], "from {from}");
    }
}

#[test]
fn a_recording_of_one_game_is_no_recording_of_the_other() {
    let home = tempfile::tempdir().unwrap();
    let recording = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/crates/garbage-shooter/assets/demo-80x24.txt"
    );
    let mut command = binary::command("space-game", home.path());
    command.args(["--replay", recording]);
    let played = output(command);
    assert_eq!(played.status.code(), Some(1));
    let errors = String::from_utf8(played.stderr).unwrap();
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(
        errors.contains("it is a recording of garbage-shooter"),
        "{errors}"
    );
}
