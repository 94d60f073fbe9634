//! What counts as a photo, and what a reader notices of changes behind its back.

use std::fs;
use std::os::unix::fs::symlink;

use rustix::fs::{CWD, mknodat};
use tempfile::TempDir;

use super::*;
use crate::buffer::Pool;

struct Fixture {
    directory: TempDir,
    source: Directories,
    album: AlbumId,
}

/// A directory of albums with one album `a`, which holds `one.jpg`.
fn fixture() -> Fixture {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("a")).unwrap();
    fs::write(directory.path().join("a/one.jpg"), b"0123456789").unwrap();
    Fixture {
        source: Directories::new(directory.path().to_owned(), TimeZone::UTC).unwrap(),
        directory,
        album: "a".parse().unwrap(),
    }
}

impl Fixture {
    async fn names(&self) -> Vec<OsString> {
        let photos = self.source.photos(&self.album).await.unwrap();
        let mut names: Vec<OsString> = photos.into_iter().map(|photo| photo.key).collect();
        names.sort();
        names
    }

    async fn one(&self) -> Photo<OsString> {
        self.source.photo(&self.album, "one.jpg").await.unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join("a").join(name)
    }
}

#[tokio::test]
async fn only_regular_files_right_in_the_album_are_photos() {
    let fixture = fixture();
    fs::create_dir(fixture.path("inner.jpg")).unwrap();
    fs::write(fixture.path("inner.jpg/two.jpg"), b"x").unwrap();
    symlink("/etc/passwd", fixture.path("link.jpg")).unwrap();
    symlink("one.jpg", fixture.path("alias.jpg")).unwrap();
    let mode = Mode::RUSR | Mode::WUSR;
    mknodat(CWD, fixture.path("pipe.jpg"), FileType::Fifo, mode, 0).unwrap();
    assert_eq!(fixture.names().await, ["one.jpg"]);
    for name in [
        "inner.jpg",
        "link.jpg",
        "alias.jpg",
        "pipe.jpg",
        "absent.jpg",
    ] {
        let found = fixture.source.photo(&fixture.album, name).await;
        assert!(matches!(found, Err(SourceError::Missing)), "{name}");
    }
}

#[tokio::test]
async fn no_name_leads_out_of_the_album() {
    let fixture = fixture();
    fs::write(fixture.directory.path().join("secret"), b"x").unwrap();
    for name in [
        "../secret",
        "/etc/passwd",
        "..",
        ".",
        "",
        "a\0b",
        "..\\secret",
    ] {
        let found = fixture.source.photo(&fixture.album, name).await;
        assert!(matches!(found, Err(SourceError::Missing)), "{name:?}");
    }
}

#[tokio::test]
async fn neither_a_link_nor_a_file_is_an_album() {
    let fixture = fixture();
    symlink("a", fixture.directory.path().join("link")).unwrap();
    fs::write(fixture.directory.path().join("file"), b"x").unwrap();
    fs::create_dir(fixture.directory.path().join("no album")).unwrap();
    let albums = fixture.source.albums().await.unwrap();
    assert_eq!(albums, std::slice::from_ref(&fixture.album));
    for hash in ["link", "file", "absent"] {
        let found = fixture.source.photos(&hash.parse().unwrap()).await;
        assert!(matches!(found, Err(SourceError::Missing)), "{hash}");
    }
}

#[tokio::test]
async fn any_range_can_be_read() {
    let fixture = fixture();
    let photo = fixture.one().await;
    let mut reader = fixture.source.open(&fixture.album, &photo).await.unwrap();
    let mut buffer = Pool::default().take();
    buffer = reader.read(3, 4, buffer).await.unwrap();
    buffer = reader.read(9, 100, buffer).await.unwrap();
    assert_eq!(buffer.filled(), b"34569");
    reader.check().await.unwrap();
}

#[tokio::test]
async fn a_photo_that_became_shorter_is_noticed_at_the_missing_byte_and_at_the_end() {
    let fixture = fixture();
    let photo = fixture.one().await;
    let mut reader = fixture.source.open(&fixture.album, &photo).await.unwrap();
    File::options()
        .write(true)
        .open(fixture.path("one.jpg"))
        .and_then(|file| file.set_len(4))
        .unwrap();
    let beyond = reader.read(4, 6, Pool::default().take()).await;
    assert!(matches!(beyond, Err(SourceError::Changed)));
    assert!(matches!(reader.check().await, Err(SourceError::Changed)));
}

#[tokio::test]
async fn a_replaced_photo_is_not_opened_for_the_one_that_was_listed() {
    let fixture = fixture();
    let photo = fixture.one().await;
    fs::write(fixture.path("new"), b"9876543210").unwrap();
    fs::rename(fixture.path("new"), fixture.path("one.jpg")).unwrap();
    let opened = fixture.source.open(&fixture.album, &photo).await;
    assert!(matches!(opened, Err(SourceError::Changed)));
    fs::remove_file(fixture.path("one.jpg")).unwrap();
    let opened = fixture.source.open(&fixture.album, &photo).await;
    assert!(matches!(opened, Err(SourceError::Missing)));
    symlink("/etc/passwd", fixture.path("one.jpg")).unwrap();
    let opened = fixture.source.open(&fixture.album, &photo).await;
    assert!(matches!(opened, Err(SourceError::Missing)));
}
