//! A ZIP archive from its plan, to stdout: the heart of `photo-archive` without HTTP.
//!
//! ```text
//! cargo run --example archive-plan                       what lies where
//! cargo run --example archive-plan > album.zip           the archive
//! cargo run --example archive-plan -- --from 100000 > rest
//! ```
//!
//! The first shows, for each piece of the archive, at which byte it begins: known
//! before a single photo was read, for an entry that is stored is as long as its
//! file. The second is what `unzip` takes. The third begins in the middle of it, at
//! a byte of your choice, and reads only the photos from there on: `cmp` it with
//! `tail -c +100001 album.zip`. That is how a download is resumed.
//!
//! `-- --album DIRECTORY` takes photos of yours. Look at: [`ArchivePlan::parts`].

use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::Parser;
use jiff::{Timestamp, tz::TimeZone};
use photo_archive::plan::{ArchivePlan, Section};
use photo_archive::record::{Entry, Modified};

const BUNDLED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/examples/photos/p3Wz-Jf6uKe_1oGtB5xN0yVa"
);

/// Writes the ZIP archive of a directory's files to stdout.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// The directory
    #[arg(long, default_value = BUNDLED)]
    album: PathBuf,
    /// Begin at this byte of the archive
    #[arg(long, default_value_t = 0)]
    from: u64,
}

fn main() -> ExitCode {
    common::exit::code("archive-plan", run())
}

fn run() -> anyhow::Result<ExitCode> {
    let Arguments { album, from } = Arguments::parse();
    let mut files: Vec<PathBuf> = fs::read_dir(&album)
        .with_context(|| format!("cannot read --album {}", album.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<_>>()?;
    files.retain(|path| path.is_file());
    files.sort();
    let entries: Vec<Entry> = files.iter().map(entry).collect::<anyhow::Result<_>>()?;
    // All that is known here are names, sizes and times. Nothing has been read.
    let plan = ArchivePlan::new(entries)?;

    let end = plan.length();
    ensure!(from < end, "--from {from}: the archive has {end} bytes");
    let parts = plan.parts(from..end);
    let mut out = io::stdout().lock();
    if out.is_terminal() {
        let mut offset = from;
        for part in parts {
            writeln!(out, "{offset:>10}  {:?} {:?}", part.section, part.range)?;
            offset += part.range.end - part.range.start;
        }
        writeln!(
            out,
            "{offset:>10}  the end; to a file it writes the archive"
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut header = Vec::new();
    for part in parts {
        if let Section::Photo(index) = part.section {
            let mut file = File::open(&files[index])?;
            file.seek(SeekFrom::Start(part.range.start))?;
            io::copy(&mut file.take(part.range.end - part.range.start), &mut out)?;
        } else {
            // A header holds the checksum of a photo. `photo-archive` remembers them.
            let checksum = match part.section {
                Section::Local(index) | Section::Central(index) => checksum(&files[index])?,
                _ => 0,
            };
            header.clear();
            plan.write(part.section, checksum, &mut header);
            let bytes = part.range.start as usize..part.range.end as usize;
            out.write_all(&header[bytes])?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn entry(path: &PathBuf) -> anyhow::Result<Entry> {
    let metadata = fs::metadata(path)?;
    let modified = Timestamp::try_from(metadata.modified()?)?;
    Ok(Entry {
        name: path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into(),
        size: metadata.len(),
        modified: Modified {
            seconds: modified.as_second(),
            nanoseconds: modified.subsec_nanosecond().unsigned_abs(),
            wall: modified.to_zoned(TimeZone::system()).datetime(),
        },
    })
}

fn checksum(path: &PathBuf) -> io::Result<u32> {
    Ok(crc32fast::hash(&fs::read(path)?))
}
