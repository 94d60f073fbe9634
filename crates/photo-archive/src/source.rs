//! Where photos come from: the one small trait between the archive and a place that keeps files.
//!
//! [`directory::Directories`] is the only source so far; an object store would be
//! a second one (list with identities, read ranges), and nothing else would change.

use std::fmt::Debug;
use std::fs::File;
use std::io;
use std::sync::Arc;

use crate::album::{AlbumId, Photo};
use crate::buffer::Buffer;

pub mod directory;

/// Why a source did not give what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// There is no such album or photo, or what is there is no plain file.
    #[error("it is not there")]
    Missing,
    /// The photo is not the one that was listed: changed, replaced, cut off.
    #[error("it changed while it was sent")]
    Changed,
    /// Reading failed.
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// A place that keeps albums.
pub trait PhotoSource: Send + Sync + 'static {
    /// How the source names a photo within its album.
    type Key: Clone + Debug + Send + Sync + 'static;
    /// An open photo.
    type Reader: PhotoReader;

    /// The name that a photo should have in an archive and on a page.
    fn name(key: &Self::Key) -> String;

    /// The albums there are, sorted.
    fn albums(&self) -> impl Future<Output = Result<Vec<AlbumId>, SourceError>> + Send;

    /// The photos of an album, in any order, each with what identifies this version of it.
    fn photos(
        &self,
        album: &AlbumId,
    ) -> impl Future<Output = Result<Vec<Photo<Self::Key>>, SourceError>> + Send;

    /// The one photo that the source calls `name`, without listing its album.
    fn photo(
        &self,
        album: &AlbumId,
        name: &str,
    ) -> impl Future<Output = Result<Photo<Self::Key>, SourceError>> + Send;

    /// Opens a photo for reading, if it still is the version that was listed.
    fn open(
        &self,
        album: &AlbumId,
        photo: &Photo<Self::Key>,
    ) -> impl Future<Output = Result<Self::Reader, SourceError>> + Send;
}

/// An open photo, of which any range can be read.
pub trait PhotoReader: Send + Sync + 'static {
    /// Appends to `buffer` up to `limit` bytes from `offset` on, at least one.
    ///
    /// # Errors
    ///
    /// [`SourceError::Changed`] where the photo ends before `offset`.
    ///
    /// # Cancel safety
    ///
    /// The buffer is lost, nothing else.
    fn read(
        &mut self,
        offset: u64,
        limit: usize,
        buffer: Buffer,
    ) -> impl Future<Output = Result<Buffer, SourceError>> + Send;

    /// The file that holds the photo from its first byte on, where the system can send
    /// one without copying it.
    fn file(&self) -> Option<&Arc<File>> {
        None
    }

    /// Whether the photo still is the version that was opened: asked after its last byte was read.
    ///
    /// # Errors
    ///
    /// [`SourceError::Changed`] if it is not.
    fn check(&mut self) -> impl Future<Output = Result<(), SourceError>> + Send;
}
