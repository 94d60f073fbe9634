//! `chat` in a pseudo-terminal, as a person sees it, and the terminal after it.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, tcgetattr};

use super::program::{PATIENCE, Program};
use super::server::Server;

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap()
}

struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    // Held open: the settings of a terminal that nobody has are gone.
    _slave: Box<dyn SlavePty + Send>,
    /// The same terminal, to look at its settings.
    settings: File,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
}

impl Terminal {
    fn chat(directory: &Path, server: &Server) -> Self {
        Self::on(directory, server.ports())
    }

    fn on(directory: &Path, [read, write]: [u16; 2]) -> Self {
        let size = PtySize {
            rows: 12,
            cols: 80,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_underground-chat"));
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.cwd(directory);
        command.arg(format!("--read-port={read}"));
        command.arg(format!("--write-port={write}"));
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut chunk) {
                if sender.send(chunk[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            settings: File::open(pair.master.tty_name().unwrap()).unwrap(),
            keys: pair.master.take_writer().unwrap(),
            master: pair.master,
            _slave: pair.slave,
            output,
            screen: vt100::Parser::new(cells(12), cells(80), 0),
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits until the picture is as `wanted`.
    fn until(&mut self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !wanted(self.screen.screen()) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(_) => panic!("no {what}:\n{}", self.screen.screen().contents()),
            }
        }
    }

    fn shows(&mut self, text: &str) {
        self.until(text, |screen| screen.contents().contains(text));
    }

    /// Its exit code, after checking that the terminal is as it was.
    fn ends_tidily(mut self) -> u32 {
        let code = self.code();
        self.until("restored screen", |screen| {
            !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
        });
        let settings = tcgetattr(&self.settings).unwrap();
        let restored = LocalModes::ICANON | LocalModes::ECHO;
        assert!(settings.local_modes.contains(restored), "{settings:?}");
        code
    }

    fn code(&mut self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(Instant::now() < deadline, "it does not end");
            // The operating system tells nobody when a child ends without blocking for it.
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

#[test]
fn a_person_registers_talks_scrolls_back_and_leaves() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let server = Server::start(here, &[]);
    let mut terminal = Terminal::chat(here, &server);
    terminal.shows("nickname>");
    terminal.press("Анна\r");
    terminal.shows("reading ✓  writing ✓");
    assert!(here.join(".env").exists());
    terminal.press("привет\r");
    terminal.shows("Анна: привет");
    for n in 0..20 {
        assert!(
            server
                .run(here, &["send", &format!("m{n}")])
                .status
                .success()
        );
    }
    terminal.shows("m19");
    terminal.press("\x1b[5~");
    terminal.until("older messages", |screen| {
        !screen.contents().contains("m19")
    });
    assert!(
        server
            .run(here, &["send", "while reading"])
            .status
            .success()
    );
    terminal.shows("↓ 1 new");
    terminal.press("\x1b[6~\x1b[6~");
    terminal.shows("while reading");
    terminal.press("\x1b[200~two\rlines\x1b[201~");
    terminal.shows("> two lines");
    terminal.press("\x03");
    assert_eq!(terminal.ends_tidily(), 0);

    // The past is there again.
    let mut terminal = Terminal::chat(here, &server);
    terminal.shows("while reading");
    terminal.press("\x04");
    assert_eq!(terminal.ends_tidily(), 0);
}

#[test]
fn a_restart_of_the_server_is_shown_and_what_was_typed_is_sent() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let server = Server::start(here, &[]);
    assert!(server.run(here, &["register", "Anna"]).status.success());
    let mut terminal = Terminal::chat(here, &server);
    terminal.shows("reading ✓  writing ✓");
    let ports = server.ports();
    drop(server);
    terminal.shows("writing ✗ again in");
    terminal.press("meanwhile\r");
    terminal.shows("1 to be sent");
    terminal.shows("… meanwhile");
    let _server = Server::start_on(here, ports, &[]);
    terminal.shows("reading ✓  writing ✓");
    terminal.until("confirmation", |screen| {
        !screen.contents().contains("to be sent")
    });
    terminal.press("\x03");
    assert_eq!(terminal.ends_tidily(), 0);
}

#[test]
fn what_was_not_sent_is_given_back_on_the_restored_screen() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let server = Server::start(here, &[]);
    assert!(server.run(here, &["register", "Anna"]).status.success());
    let ports = server.ports();
    drop(server);
    let mut terminal = Terminal::on(here, ports);
    terminal.shows("No server here");
    terminal.press("first words\rsecond words\r");
    terminal.shows("2 to be sent");
    terminal.press("\x03");
    terminal.until("what was typed", |screen| {
        let shown = screen.contents();
        !screen.alternate_screen()
            && shown
                .contains("2 messages were not confirmed by the server:\nfirst words\nsecond words")
    });
    assert_eq!(terminal.ends_tidily(), 1);
}

#[test]
fn a_port_that_is_a_strangers_is_not_offered_a_server() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let (_listener, taken) = super::mistakes::stranger();
    let free = Server::start(here, &[]).ports()[1];
    let mut terminal = Terminal::on(here, [taken, free]);
    terminal.shows("Type a name, Enter.");
    terminal.shows("Ctrl-C leaves");
    terminal.shows("reading ✓");
    terminal.press("Anna\r");
    terminal.shows("Only one of both ports answers");
    terminal.press("\x1bOQ");
    terminal.shows(&format!("port {taken} of 127.0.0.1 belongs to a program"));
    terminal.press("\x03");
    assert_eq!(terminal.ends_tidily(), 0);
}

#[test]
fn signals_restore_the_terminal() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let server = Server::start(here, &[]);
    assert!(server.run(here, &["register", "Anna"]).status.success());
    for (signal, code) in [(Signal::TERM, 0), (Signal::INT, 0), (Signal::HUP, 129)] {
        let mut terminal = Terminal::chat(here, &server);
        terminal.shows("reading ✓  writing ✓");
        let pid = i32::try_from(terminal.child.process_id().unwrap()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
        assert_eq!(terminal.ends_tidily(), code);
    }
}

#[test]
fn a_window_of_any_size_is_repainted() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let server = Server::start(here, &[]);
    assert!(server.run(here, &["register", "Anna"]).status.success());
    let mut terminal = Terminal::chat(here, &server);
    terminal.shows("reading ✓  writing ✓");
    for (rows, cols) in [(1, 1), (40, 120), (12, 80)] {
        let size = PtySize {
            rows,
            cols,
            pixel_width: 0,
            pixel_height: 0,
        };
        terminal
            .screen
            .screen_mut()
            .set_size(cells(rows), cells(cols));
        terminal.master.resize(size).unwrap();
        terminal.until("repainted screen", |screen| {
            let (row, _) = screen.cursor_position();
            let status = screen.contents_between(rows.saturating_sub(2), 0, rows - 1, 0);
            row == rows - 1 && (rows == 1 || status.contains("reading ✓"))
        });
    }
    terminal.press("still here\r");
    terminal.shows("Anna: still here");
    terminal.until("confirmation", |screen| {
        !screen.contents().contains("to be sent")
    });
    // Nothing happens: nothing is painted.
    while terminal
        .output
        .recv_timeout(Duration::from_millis(300))
        .is_ok()
    {}
    let quiet = terminal.output.recv_timeout(Duration::from_millis(1500));
    assert!(quiet.is_err(), "a quiet chat was painted");
    terminal.press("\x03");
    assert_eq!(terminal.ends_tidily(), 0);
}

#[test]
fn a_token_that_became_unknown_asks_for_a_name_and_what_waits_is_sent() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let server = Server::start(here, &[]);
    assert!(server.run(here, &["register", "Anna"]).status.success());
    let kept = std::fs::read_to_string(here.join(".env")).unwrap();
    let ports = server.ports();
    drop(server);
    let mut terminal = Terminal::on(here, ports);
    terminal.shows("No server here");
    terminal.press("typed before\r");
    terminal.shows("1 to be sent");
    terminal.press("half a sentence");
    terminal.shows("> half a sentence");
    let _server = Server::start_on(here, ports, &["--data=others.redb"]);
    terminal.shows("does not know your token");
    terminal.shows("nickname>");
    terminal.press("Boris\r");
    terminal.shows("Boris: typed before");
    terminal.shows("> half a sentence");
    terminal.press("\x03");
    assert_eq!(terminal.ends_tidily(), 0);
    // It may be good on another server.
    assert_eq!(std::fs::read_to_string(here.join(".env")).unwrap(), kept);
}

#[test]
fn a_history_in_use_for_another_server_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let other = Server::start(here, &["--data=other.redb"]);
    let listen = Program::start(other.client(here, &["listen"]));
    listen.until("connected");
    let server = Server::start(here, &[]);
    assert!(server.run(here, &["register", "Anna"]).status.success());
    let mut terminal = Terminal::chat(here, &server);
    terminal.shows("choose one with --history");
    terminal.press("hello\r");
    terminal.shows("Anna: hello");
    terminal.shows("choose one with --history");
    terminal.press("\x03");
    assert_eq!(terminal.ends_tidily(), 0);
    assert_eq!(std::fs::read(here.join("minechat.history")).unwrap(), b"");
}
