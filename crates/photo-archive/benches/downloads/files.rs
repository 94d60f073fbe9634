//! What is downloaded: an album of 200 photos of 10 MiB, and the ready-made ZIP of it.
//!
//! Both lie under cargo's target directory and are made once.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::client;
use crate::server::Server;

/// The album's link.
pub(crate) const ALBUM: &str = "bench";
const PHOTOS: u64 = 200;
const PHOTO_LENGTH: u64 = 10 * 1024 * 1024;
/// Length of all photos; every archive is a little longer.
pub(crate) const TOTAL: u64 = PHOTOS * PHOTO_LENGTH;

/// Where everything lies.
pub(crate) struct Files {
    /// Where the peers are installed, and their logs and settings are written.
    pub(crate) tools: PathBuf,
    /// The directory of albums: there is one.
    pub(crate) albums: PathBuf,
    /// The directory of the ready-made ZIP.
    pub(crate) ready: PathBuf,
}

impl Files {
    /// Makes what is not there yet.
    pub(crate) fn prepare(tools: PathBuf) -> anyhow::Result<Self> {
        let files = Self {
            albums: tools.join("albums"),
            ready: tools.join("ready"),
            tools,
        };
        fs::create_dir_all(&files.ready)?;
        fs::create_dir_all(files.album())?;
        for number in 0..PHOTOS {
            let path = files.album().join(format!("IMG_{number:04}.jpg"));
            if fs::metadata(&path).is_ok_and(|file| file.len() == PHOTO_LENGTH) {
                continue;
            }
            eprint!("\rmaking photo {} of {PHOTOS}", number + 1);
            make_photo(&path, number).with_context(|| path.display().to_string())?;
        }
        let zip = files.zip();
        if fs::metadata(&zip).is_ok_and(|file| file.len() > TOTAL) {
            return Ok(files);
        }
        eprintln!("\nmaking the ready-made ZIP");
        // The very bytes that photo-archive sends.
        let running = Server::photo_archive(&files).start(&files)?;
        let unfinished = zip.with_extension("unfinished");
        let mut out = File::create(&unfinished)?;
        client::fetch(running.address, &running.path, &mut |bytes| {
            out.write_all(bytes)?;
            Ok(true)
        })?;
        fs::rename(unfinished, zip)?;
        Ok(files)
    }

    /// The directory of photos.
    pub(crate) fn album(&self) -> PathBuf {
        self.albums.join(ALBUM)
    }

    fn zip(&self) -> PathBuf {
        self.ready.join("album.zip")
    }

    /// Brings everything into the page cache.
    pub(crate) fn warm(&self) -> anyhow::Result<()> {
        let photos = fs::read_dir(self.album())?.map(|entry| entry.map(|entry| entry.path()));
        let files: Vec<PathBuf> = photos.collect::<Result<_, _>>()?;
        for path in files.iter().chain([&self.zip()]) {
            io::copy(&mut File::open(path)?, &mut io::sink())?;
        }
        Ok(())
    }
}

/// Bytes that no layer can shrink: SplitMix64, seeded by the photo's number.
fn make_photo(path: &Path, number: u64) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    let mut state = number << 32;
    for _ in 0..PHOTO_LENGTH / 8 {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        out.write_all(&(z ^ (z >> 31)).to_le_bytes())?;
    }
    out.flush()
}
