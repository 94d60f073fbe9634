//! The end of a history file: read back at the start, and mended where it is torn.

use std::fs::File;
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::{Entry, HistoryError};

/// Read at a time, from the end towards the beginning.
const BLOCK: u64 = 64 * 1024;

/// The file that `path` becomes when it is full.
pub(super) fn older(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    name.into()
}

/// The last `count` messages of the history at `path`, oldest first; of the file put aside
/// before it, too, where it does not hold so many. No file is no message.
///
/// # Errors
///
/// A file is there and cannot be read.
pub fn tail(path: &Path, count: usize) -> Result<Vec<Entry>, HistoryError> {
    let mut entries = last_lines(path, count)?;
    if entries.len() < count {
        let missing = count - entries.len();
        let mut before = last_lines(&older(path), missing)?;
        before.append(&mut entries);
        entries = before;
    }
    Ok(entries)
}

fn last_lines(path: &Path, count: usize) -> Result<Vec<Entry>, HistoryError> {
    let read = || {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let size = file.metadata()?.len();
        let start = start_of_last(&file, size, count)?;
        let mut bytes = vec![0; usize::try_from(size - start).map_err(io::Error::other)?];
        file.read_exact_at(&mut bytes, start)?;
        let text = String::from_utf8_lossy(&bytes);
        Ok(text.lines().map(Entry::parse).collect())
    };
    read().map_err(|reason| HistoryError {
        path: path.to_owned(),
        reason,
    })
}

/// Where the last `count` lines of `file` begin; a part of a line at its end is one of them.
fn start_of_last(file: &File, size: u64, count: usize) -> io::Result<u64> {
    if count == 0 {
        return Ok(size);
    }
    let mut seen = 0;
    let mut end = size;
    let mut block = vec![0; usize::try_from(BLOCK.min(size)).map_err(io::Error::other)?];
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        let block = &mut block[..usize::try_from(end - start).map_err(io::Error::other)?];
        file.read_exact_at(block, start)?;
        for (index, _) in block
            .iter()
            .enumerate()
            .rev()
            .filter(|(_, byte)| **byte == b'\n')
        {
            let at = start + index as u64;
            // The LF that ends the file ends the last line; it does not begin another.
            if at + 1 == size {
                continue;
            }
            seen += 1;
            if seen == count {
                return Ok(at + 1);
            }
        }
        end = start;
    }
    Ok(0)
}

/// Ends a line that was cut when its writer was killed; the file's size.
///
/// What can be read of a line of ours is kept. A line that does not even hold its
/// time, half a character, and the zeros a crash of the machine may leave, go. Any
/// other text is not ours to cut: it only gets its line end.
pub(super) fn mend(mut file: &File) -> io::Result<u64> {
    let size = file.metadata()?.len();
    let start = start_of_last(file, size, 1)?;
    let mut line = vec![0; usize::try_from(size - start).map_err(io::Error::other)?];
    file.read_exact_at(&mut line, start)?;
    if line.last().is_none_or(|&last| last == b'\n') {
        return Ok(size);
    }
    // A bracket alone may be anybody's: what stands before it tells whose it is.
    let kept = if line == b"[" && !follows_ours(file, start)? {
        size
    } else {
        start + kept(&line) as u64
    };
    file.set_len(kept)?;
    if kept > start {
        file.seek(SeekFrom::End(0))?;
        file.write_all(b"\n")?;
        return Ok(kept + 1);
    }
    Ok(kept)
}

/// Whether the line before `start` is ours, or there is none.
fn follows_ours(file: &File, start: u64) -> io::Result<bool> {
    if start == 0 {
        return Ok(true);
    }
    let before = start_of_last(file, start, 1)?;
    let mut line = vec![0; usize::try_from(start - before).map_err(io::Error::other)?];
    file.read_exact_at(&mut line, before)?;
    Ok(Entry::parse(&String::from_utf8_lossy(&line)).at.is_some())
}

/// How much of a line without end is to stay.
fn kept(line: &[u8]) -> usize {
    let zeros = line.iter().rev().take_while(|&&byte| byte == 0).count();
    let written = &line[..line.len() - zeros];
    let text = match std::str::from_utf8(written) {
        Ok(text) => text,
        // A killed write ends within a character; we never write other bad bytes.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&written[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return line.len(),
    };
    if Entry::parse(text).at.is_some() {
        text.len()
    } else if begins_a_stamp(written) {
        0
    } else {
        line.len()
    }
}

/// Whether `bytes` are less than the time in front of a message.
fn begins_a_stamp(bytes: &[u8]) -> bool {
    const SHAPE: &[u8] = b"[0000.00.00 00:00] ";
    let fits = |(&byte, &shape): (&u8, &u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        other => byte == other,
    };
    bytes.len() < SHAPE.len() && bytes.iter().zip(SHAPE).all(fits)
}
