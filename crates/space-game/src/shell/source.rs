//! Where a tick's input comes from, a player or a recording, and where it is noted.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::engine::Input;
use crate::recording::{Header, Recorder};

/// A recording being written.
#[derive(Debug)]
pub(super) struct Tape {
    recorder: Recorder,
    file: File,
    path: PathBuf,
}

impl Tape {
    pub(super) fn create(path: &Path, header: &Header) -> anyhow::Result<Self> {
        let file = File::create(path);
        let mut tape = Self {
            recorder: Recorder::default(),
            file: file
                .with_context(|| format!("cannot create {}, given by --record", path.display()))?,
            path: path.to_owned(),
        };
        tape.write(&header.to_text())?;
        Ok(tape)
    }

    pub(super) fn note(&mut self, input: Input) -> anyhow::Result<()> {
        let lines = self.recorder.note(input);
        self.write(&lines)
    }

    pub(super) fn end(mut self) -> anyhow::Result<()> {
        let line = self.recorder.end();
        self.write(&line)
    }

    /// Straight to the file: a game that is killed must leave what was played of it.
    fn write(&mut self, text: &str) -> anyhow::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let written = self.file.write_all(text.as_bytes());
        written.with_context(|| format!("cannot write {}", self.path.display()))
    }
}
