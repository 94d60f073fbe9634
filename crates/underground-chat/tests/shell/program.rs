//! A running program whose lines can be waited for. The tests of the whole use it, too.

// Not every test file uses all of it.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Long enough for a machine with other things to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What `command` prints and how it ends; it is killed when it does not.
pub(crate) fn output(mut command: Command) -> Output {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = Pid::from_child(&child);
    let (sender, ended) = channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    match ended.recv_timeout(PATIENCE) {
        Ok(output) => output.unwrap(),
        Err(_) => {
            // Nobody has waited for it, so the number is still its own.
            let _ = kill_process(pid, Signal::KILL);
            panic!("it does not end: {command:?}");
        }
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A child that is killed when the test is done with it.
pub(crate) struct Program {
    pub(crate) child: Child,
    lines: Receiver<String>,
    /// What it is told; taken, that is the end of its stdin.
    pub(crate) stdin: Option<Stdin>,
}

/// Lines on their way into a program, written by a thread: a full pipe holds no test up for ever.
pub(crate) struct Stdin {
    texts: SyncSender<Vec<u8>>,
}

impl Stdin {
    fn to(mut pipe: ChildStdin) -> Self {
        let (texts, waiting) = sync_channel::<Vec<u8>>(1_000_000);
        std::thread::spawn(move || {
            for text in waiting {
                if pipe.write_all(&text).is_err() {
                    return;
                }
            }
        });
        Self { texts }
    }

    pub(crate) fn write(&self, text: &str) {
        self.texts.try_send(text.as_bytes().to_vec()).unwrap();
    }
}

impl Program {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let outputs: [Box<dyn Read + Send>; 2] = [
            Box::new(child.stdout.take().unwrap()),
            Box::new(child.stderr.take().unwrap()),
        ];
        for output in outputs {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        let stdin = child.stdin.take().map(Stdin::to);
        Self {
            child,
            lines,
            stdin,
        }
    }

    /// The next line, of stdout or stderr, that holds `wanted`.
    pub(crate) fn until(&self, wanted: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) if line.contains(wanted) => return line,
                Ok(line) => seen.push(line),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("no {wanted:?} in {seen:#?}")
                }
            }
        }
    }

    pub(crate) fn say(&self, line: &str) {
        let stdin = self.stdin.as_ref().unwrap();
        stdin.write(&format!("{line}\n"));
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Its exit code, once it has ended.
    pub(crate) fn code(&mut self) -> i32 {
        drop(self.stdin.take());
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap();
            }
            assert!(Instant::now() < deadline, "it does not end");
            // The operating system tells nobody when a child ends without blocking for it.
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
