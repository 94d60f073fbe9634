//! Checksums of photos, each computed once as long as its file stays the same.
//!
//! A ZIP header holds the CRC-32 of what follows it, so each photo is read once
//! before it is sent for the first time. Twenty people who download the same
//! album at once wait for one computation, not for twenty.

use std::fmt;
use std::time::SystemTime;

use quick_cache::sync::Cache;

use crate::album::{AlbumId, Photo, Version};
use crate::buffer::{CAPACITY, Pool};
use crate::source::{PhotoReader, PhotoSource, SourceError};

/// Checksums that are kept; about 12 MiB when full. The ones used least are forgotten first.
const KEPT: usize = 131_072;

/// The checksums known so far.
pub struct Checksums {
    known: Cache<Version, u32>,
    pool: Pool,
}

impl fmt::Debug for Checksums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checksums")
            .field("known", &self.known.len())
            .finish_non_exhaustive()
    }
}

impl Checksums {
    /// None known yet. Photos are read into buffers of `pool`.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self {
            known: Cache::new(KEPT),
            pool,
        }
    }

    /// The checksum of this version of a photo, if it is known.
    #[must_use]
    pub fn known(&self, version: &Version) -> Option<u32> {
        self.known.get(version)
    }

    /// The checksum of a photo, computed now if it is not known.
    ///
    /// # Errors
    ///
    /// The photo cannot be read, or is not the version that was listed.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: who else waits for the same checksum computes it instead.
    pub async fn of<S: PhotoSource>(
        &self,
        source: &S,
        album: &AlbumId,
        photo: &Photo<S::Key>,
    ) -> Result<u32, SourceError> {
        let place = match self.known.get_value_or_guard_async(&photo.version()).await {
            Ok(checksum) => return Ok(checksum),
            Err(place) => place,
        };
        let mut reader = source.open(album, photo).await?;
        let mut hasher = crc32fast::Hasher::new();
        let mut offset = 0;
        while offset < photo.size {
            let limit = usize::try_from(photo.size - offset).unwrap_or(CAPACITY);
            let buffer = reader.read(offset, limit, self.pool.take()).await?;
            hasher.update(buffer.filled());
            offset += buffer.len() as u64;
            // A file in the page cache never waits: let the others have a turn.
            tokio::task::yield_now().await;
        }
        reader.check().await?;
        let checksum = hasher.finalize();
        if photo.has_settled(SystemTime::now()) {
            // It fails only where the cache has dropped the place meanwhile.
            let _ = place.insert(checksum);
        }
        Ok(checksum)
    }
}
