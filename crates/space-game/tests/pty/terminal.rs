//! A real program in a pseudo-terminal, and the screen a person would see. Both games' tests use it.

// A test's helpers are tests too: a panic is how they fail. Not every test file uses all of them.
#![allow(clippy::unwrap_used, dead_code)]

use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

/// Far longer than anything takes, even on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    pub(crate) child: Box<dyn Child + Send + Sync>,
    /// Everything the program has written.
    pub(crate) bytes: Vec<u8>,
    /// How the terminal was set before the program began.
    modes: String,
}

fn cells(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

fn pty_size(width: u16, height: u16) -> PtySize {
    PtySize {
        rows: height,
        cols: width,
        pixel_width: 0,
        pixel_height: 0,
    }
}

impl Terminal {
    /// Starts `program` on a screen of `width` x `height`, its user's data in `home`.
    pub(crate) fn start(program: &str, arguments: &[&str], width: u16, height: u16) -> Self {
        Self::start_at_home(program, arguments, width, height, "/nonexistent")
    }

    pub(crate) fn start_at_home(
        program: &str,
        arguments: &[&str],
        width: u16,
        height: u16,
        home: &str,
    ) -> Self {
        let pty = native_pty_system()
            .openpty(pty_size(width, height))
            .unwrap();
        let modes = format!("{:?}", pty.master.get_termios().unwrap());
        let mut reader = pty.master.try_clone_reader().unwrap();
        let keyboard = pty.master.take_writer().unwrap();
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 65536];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("XDG_DATA_HOME", home);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let child = pty.slave.spawn_command(command).unwrap();
        Self {
            master: pty.master,
            keyboard,
            output,
            parser: vt100::Parser::new(cells(height), cells(width), 0),
            child,
            bytes: Vec::new(),
            modes,
        }
    }

    pub(crate) fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    pub(crate) fn text(&self) -> String {
        self.screen().contents()
    }

    /// Waits until the screen satisfies `wanted`.
    pub(crate) fn wait_until(&mut self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !wanted(self.screen()) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout) => {
                    panic!("waited in vain until {what}:\n{}", self.text())
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("the program ended before {what}:\n{}", self.text())
                }
            }
        }
    }

    pub(crate) fn wait_for(&mut self, text: &str) {
        self.wait_until(&format!("{text:?} is shown"), |screen| {
            screen.contents().contains(text)
        });
    }

    fn take(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
        self.bytes.extend(bytes);
    }

    pub(crate) fn send(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    pub(crate) fn resize(&mut self, width: u16, height: u16) {
        self.parser
            .screen_mut()
            .set_size(cells(height), cells(width));
        self.master.resize(pty_size(width, height)).unwrap();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = self.child.process_id().unwrap() as i32;
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// Waits for the program's end: its exit code. The rest of its output is taken in.
    pub(crate) fn end(&mut self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            match self.output.recv_timeout(Duration::from_millis(20)) {
                Ok(bytes) => self.take(&bytes),
                Err(_) if Instant::now() > deadline => panic!("it does not end:\n{}", self.text()),
                Err(_) => {}
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
        };
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(100)) {
            self.take(&bytes);
        }
        status.exit_code()
    }

    /// Asserts that the terminal is as it was before the program began.
    pub(crate) fn assert_restored(&self) {
        let screen = self.screen();
        assert!(!screen.alternate_screen(), "the main screen is back");
        assert!(!screen.hide_cursor(), "the cursor is back");
        assert_eq!(
            format!("{:?}", self.master.get_termios().unwrap()),
            self.modes,
            "cooked mode is back"
        );
        let text = String::from_utf8_lossy(&self.bytes);
        for (on, off) in [("\x1b[>11u", "\x1b[<u"), ("\x1b[?1004h", "\x1b[?1004l")] {
            let last = |mode: &str| text.rfind(mode);
            assert!(
                last(on).is_some() && last(off) > last(on),
                "{on:?} is taken back"
            );
        }
    }

    /// The terminal goes away, as when its window is closed. Answers the program's process.
    pub(crate) fn hang_up(self) -> Box<dyn Child + Send + Sync> {
        let Self {
            master,
            keyboard,
            child,
            ..
        } = self;
        drop((keyboard, master));
        child
    }
}
