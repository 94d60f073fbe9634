//! Albums as directories of one directory, photos as the regular files right inside them.
//!
//! Every step goes through a descriptor of the step before and follows no
//! symbolic link, so nothing that is moved about meanwhile can lead out of the
//! album. Reading asks the page cache first (`RWF_NOWAIT`): what is in memory is
//! copied at once, on the thread that will send it, and only what must come from
//! the disk goes to a thread that may wait. The original started a process per
//! download and let a shell see the link.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, fstat, open, openat, statat};
use rustix::io::Errno;
use tokio::task::spawn_blocking;

use super::{PhotoReader, PhotoSource, SourceError};
use crate::album::{AlbumId, Identity, Photo, Version};
use crate::buffer::Buffer;
use crate::names;
use crate::record::Modified;

/// A directory whose directories are albums.
#[derive(Clone, Debug)]
pub struct Directories {
    root: Arc<Path>,
    zone: TimeZone,
}

impl Directories {
    /// Albums below `root`; times of day are those of `zone`.
    ///
    /// # Errors
    ///
    /// `root` cannot be opened as a directory.
    pub fn new(root: PathBuf, zone: TimeZone) -> io::Result<Self> {
        open(&*root, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self {
            root: root.into(),
            zone,
        })
    }

    /// The names of directories that no link leads to, sorted: they are no [`AlbumId`].
    ///
    /// # Errors
    ///
    /// The directory of albums cannot be read.
    pub fn unserved(&self) -> io::Result<Vec<String>> {
        let mut names = self.list_directories()?;
        names.retain(|name| name.parse::<AlbumId>().is_err());
        Ok(names)
    }

    fn list_albums(&self) -> Result<Vec<AlbumId>, SourceError> {
        let names = self.list_directories()?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    fn list_directories(&self) -> io::Result<Vec<String>> {
        let root = self.open_root()?;
        let mut names = Vec::new();
        for entry in Dir::read_from(&root)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy();
            let stat = statat(&root, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW);
            if stat.is_ok_and(|stat| kind(&stat) == FileType::Directory) && !name.starts_with('.') {
                names.push(name.into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    fn list_photos(&self, album: &AlbumId) -> Result<Vec<Photo<OsString>>, SourceError> {
        let directory = self.open_album(album)?;
        let mut photos = Vec::new();
        for entry in Dir::read_from(&directory).map_err(io::Error::from)? {
            let entry = entry.map_err(io::Error::from)?;
            match statat(&directory, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) if kind(&stat) == FileType::RegularFile => {
                    let key = OsString::from_vec(entry.file_name().to_bytes().to_vec());
                    photos.push(self.version_of(key, &stat));
                }
                // Neither a directory nor a link is a photo; nor is what went away just now.
                Ok(_) | Err(Errno::NOENT) => {}
                Err(error) => return Err(io::Error::from(error).into()),
            }
        }
        // The order of a directory is its own affair; names are given in this one.
        photos.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(photos)
    }

    fn stat_photo(&self, album: &AlbumId, name: &str) -> Result<Photo<OsString>, SourceError> {
        // A name in an archive has neither slashes nor zeros; one that does is an attack.
        if matches!(name, "" | "." | "..") || names::sanitized(name) != name {
            return Err(SourceError::Missing);
        }
        let directory = self.open_album(album)?;
        let stat = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).map_err(missing)?;
        if kind(&stat) == FileType::RegularFile {
            Ok(self.version_of(name.into(), &stat))
        } else {
            Err(SourceError::Missing)
        }
    }

    // Other systems than Linux have other types for these fields.
    #[allow(clippy::unnecessary_cast)]
    fn version_of(&self, key: OsString, stat: &Stat) -> Photo<OsString> {
        let seconds = stat.st_mtime as i64;
        let timestamp = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
        Photo {
            key,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified: Modified {
                seconds,
                nanoseconds: stat.st_mtime_nsec as u32,
                wall: self.zone.to_datetime(timestamp),
            },
            identity: Identity {
                device: stat.st_dev as u64,
                inode: stat.st_ino as u64,
            },
        }
    }

    fn open_root(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(open(&*self.root, flags, Mode::empty())?)
    }

    fn open_album(&self, album: &AlbumId) -> Result<OwnedFd, SourceError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        openat(self.open_root()?, album.as_str(), flags, Mode::empty()).map_err(missing)
    }

    fn open_photo(
        &self,
        album: &AlbumId,
        photo: &Photo<OsString>,
    ) -> Result<FileReader, SourceError> {
        // Not blocking: a pipe put in a photo's place must not hold the thread.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let directory = self.open_album(album)?;
        let file = openat(directory, &*photo.key, flags, Mode::empty()).map_err(missing)?;
        let mut reader = FileReader {
            file: Arc::new(file.into()),
            version: photo.version(),
            directories: self.clone(),
        };
        reader.compare()?;
        Ok(reader)
    }
}

impl PhotoSource for Directories {
    type Key = OsString;
    type Reader = FileReader;

    fn name(key: &OsString) -> String {
        key.to_string_lossy().into_owned()
    }

    async fn albums(&self) -> Result<Vec<AlbumId>, SourceError> {
        let directories = self.clone();
        blocking(move || directories.list_albums()).await
    }

    async fn photos(&self, album: &AlbumId) -> Result<Vec<Photo<OsString>>, SourceError> {
        let (directories, album) = (self.clone(), album.clone());
        blocking(move || directories.list_photos(&album)).await
    }

    async fn photo(&self, album: &AlbumId, name: &str) -> Result<Photo<OsString>, SourceError> {
        let (directories, album, name) = (self.clone(), album.clone(), name.to_owned());
        blocking(move || directories.stat_photo(&album, &name)).await
    }

    async fn open(
        &self,
        album: &AlbumId,
        photo: &Photo<OsString>,
    ) -> Result<FileReader, SourceError> {
        let (directories, album, photo) = (self.clone(), album.clone(), photo.clone());
        blocking(move || directories.open_photo(&album, &photo)).await
    }
}

/// An open file, and the version of it that was listed.
#[derive(Debug)]
pub struct FileReader {
    file: Arc<File>,
    version: Version,
    directories: Directories,
}

impl FileReader {
    /// Compares the open file with the one that was listed.
    fn compare(&mut self) -> Result<(), SourceError> {
        let stat = fstat(self.file.as_fd()).map_err(io::Error::from)?;
        if kind(&stat) != FileType::RegularFile {
            return Err(SourceError::Missing);
        }
        let now = self.directories.version_of(OsString::new(), &stat);
        if now.version() == self.version {
            Ok(())
        } else {
            Err(SourceError::Changed)
        }
    }
}

impl PhotoReader for FileReader {
    async fn read(
        &mut self,
        offset: u64,
        limit: usize,
        mut buffer: Buffer,
    ) -> Result<Buffer, SourceError> {
        let count = match read_cached(&self.file, offset, buffer.unfilled(limit)) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let file = Arc::clone(&self.file);
                let read = move || {
                    let count = file.read_at(buffer.unfilled(limit), offset)?;
                    Ok((buffer, count))
                };
                let count;
                (buffer, count) = blocking(read).await?;
                count
            }
            Err(error) => return Err(error.into()),
        };
        if count == 0 {
            return Err(SourceError::Changed);
        }
        buffer.advance(count);
        Ok(buffer)
    }

    fn file(&self) -> Option<&Arc<File>> {
        cfg!(target_os = "linux").then_some(&self.file)
    }

    async fn check(&mut self) -> Result<(), SourceError> {
        // The inode of an open file is in memory: this does not wait for a disk.
        self.compare()
    }
}

/// Reads what the page cache holds; `WouldBlock` if that is nothing.
#[cfg(target_os = "linux")]
fn read_cached(file: &File, offset: u64, out: &mut [u8]) -> io::Result<usize> {
    use rustix::io::{ReadWriteFlags, preadv2};

    let slices = &mut [io::IoSliceMut::new(out)];
    match preadv2(file, slices, offset, ReadWriteFlags::NOWAIT) {
        Ok(count) => Ok(count),
        // File systems that do not know the flag are read by a thread that may wait.
        Err(Errno::OPNOTSUPP | Errno::INVAL | Errno::NOSYS) => {
            Err(io::ErrorKind::WouldBlock.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Other systems cannot tell without waiting.
#[cfg(not(target_os = "linux"))]
fn read_cached(_file: &File, _offset: u64, _out: &mut [u8]) -> io::Result<usize> {
    Err(io::ErrorKind::WouldBlock.into())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SourceError> + Send + 'static,
) -> Result<T, SourceError> {
    let done = spawn_blocking(work).await;
    done.map_err(io::Error::other)?
}

fn kind(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

/// What a person may cause by a link or by moving files is no failure of the server.
fn missing(error: Errno) -> SourceError {
    match error {
        Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::NXIO | Errno::NAMETOOLONG => {
            SourceError::Missing
        }
        error => SourceError::Io(error.into()),
    }
}

#[cfg(test)]
mod tests;
