//! The screen as `ratatui` wants it: a backend that sends each frame as one write.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use rustix::termios::tcgetwinsize;

use super::ansi::Encoder;
use super::color::Depth;

/// Synchronized update (DEC private mode 2026): the terminal shows a frame whole or not yet.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// The terminal on stdout.
#[derive(Debug)]
pub(super) struct Screen {
    /// Not [`io::Stdout`]: that would break a frame at its line feeds.
    terminal: File,
    encoder: Encoder,
    width: u16,
    /// The frame so far.
    out: Vec<u8>,
    bell: bool,
    pub(super) written: Written,
}

/// What was sent so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Written {
    pub(super) frames: u64,
    pub(super) calls: u64,
    pub(super) bytes: u64,
}

impl Screen {
    pub(super) fn new(depth: Depth, ascii: bool) -> io::Result<Self> {
        Ok(Self {
            terminal: File::from(io::stdout().as_fd().try_clone_to_owned()?),
            encoder: Encoder::new(depth, ascii),
            width: 0,
            out: Vec::new(),
            bell: false,
            written: Written::default(),
        })
    }

    /// Rings the bell with the next frame.
    pub(super) fn ring(&mut self) {
        self.bell = true;
    }
}

/// The size of the terminal on stdout.
///
/// # Errors
///
/// It is gone.
pub(super) fn size() -> io::Result<Size> {
    let size = tcgetwinsize(io::stdout())?;
    Ok(Size::new(size.ws_col, size.ws_row))
}

impl Backend for Screen {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut cells: Vec<_> = content.collect();
        self.encoder.encode(&mut cells, self.width, &mut self.out);
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        let size = self.size()?;
        self.width = size.width;
        self.encoder.clear(size.width, size.height, &mut self.out);
        Ok(())
    }

    fn clear_region(&mut self, _: ClearType) -> io::Result<()> {
        self.clear()
    }

    fn size(&self) -> io::Result<Size> {
        size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize {
            columns_rows: self.size()?,
            pixels: Size::default(),
        })
    }

    /// Sends what has gathered, in one write, or nothing at all.
    fn flush(&mut self) -> io::Result<()> {
        if self.out.is_empty() && !self.bell {
            return Ok(());
        }
        let mut frame = Vec::with_capacity(self.out.len() + 20);
        frame.extend(BEGIN);
        frame.append(&mut self.out);
        if std::mem::take(&mut self.bell) {
            frame.push(b'\x07');
        }
        frame.extend(END);
        self.written.frames += 1;
        self.written.bytes += frame.len() as u64;
        // A terminal may take a frame in parts when it is slow: count what it really took.
        let mut rest = &frame[..];
        while !rest.is_empty() {
            match self.terminal.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(taken) => {
                    self.written.calls += 1;
                    rest = &rest[taken..];
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    // The cursor is hidden for as long as the screen is ours, and nobody asks where it is.
    fn hide_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, _: P) -> io::Result<()> {
        Ok(())
    }
}
