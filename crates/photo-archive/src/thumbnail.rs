//! Small pictures of photos, made by the `image` library when first asked for.
//!
//! Decoding is the one place where a file can cost far more memory than its
//! length: size and dimensions are limited, and only a few are decoded at once.

use std::fmt;
use std::io::Cursor;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::error::{LimitError, LimitErrorKind};
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, ImageResult, Limits};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tokio::sync::Semaphore;

use crate::album::{AlbumId, Photo, Version};
use crate::buffer::{CAPACITY, Pool};
use crate::source::{PhotoReader, PhotoSource, SourceError};

/// Longest side of a thumbnail in pixels: twice what a tile measures, for dense screens.
const SIDE: u32 = 480;
const QUALITY: u8 = 80;
/// Bytes of thumbnails that are kept; the ones used least are forgotten first.
const KEPT: u64 = 16 * 1024 * 1024;
/// Longer files get no thumbnail: a photo is not that long.
const LONGEST: u64 = 64 * 1024 * 1024;
/// Memory that decoding one picture may take, which is enough for 80 million pixels.
const DECODED: u64 = 256 * 1024 * 1024;
/// Pictures decoded at once.
const AT_ONCE: usize = 2;

/// The thumbnails made so far; `None` stands for a file that is no picture.
pub struct Thumbnails {
    made: Cache<Version, Option<Bytes>, Weight>,
    working: Arc<Semaphore>,
    pool: Pool,
}

impl fmt::Debug for Thumbnails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thumbnails")
            .field("made", &self.made.len())
            .finish_non_exhaustive()
    }
}

#[derive(Clone)]
struct Weight;

impl Weighter<Version, Option<Bytes>> for Weight {
    fn weight(&self, _: &Version, picture: &Option<Bytes>) -> u64 {
        // What stands around the bytes, so that files without a picture count as well.
        128 + picture.as_ref().map_or(0, |bytes| bytes.len() as u64)
    }
}

impl Thumbnails {
    /// None made yet. Photos are read into buffers of `pool`.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self {
            made: Cache::with_weighter(1024, KEPT, Weight),
            working: Arc::new(Semaphore::new(AT_ONCE)),
            pool,
        }
    }

    /// A small JPEG of a photo, or `None` if it is none that could be decoded.
    ///
    /// # Errors
    ///
    /// The photo cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe; a picture being decoded is finished and thrown away.
    pub async fn of<S: PhotoSource>(
        &self,
        source: &S,
        album: &AlbumId,
        photo: &Photo<S::Key>,
    ) -> Result<Option<Bytes>, SourceError> {
        let place = match self.made.get_value_or_guard_async(&photo.version()).await {
            Ok(picture) => return Ok(picture),
            Err(place) => place,
        };
        let picture = if photo.size > LONGEST {
            None
        } else {
            let working = Arc::clone(&self.working).acquire_owned();
            let turn = working.await.expect("it is never closed");
            let file = self.read(source, album, photo).await?;
            // The turn ends with the work, not with the client that asked for it.
            let work = move || (shrink(&file), turn).0;
            let made = tokio::task::spawn_blocking(work).await;
            // A decoder that panics on a crafted file is one more file without a picture.
            made.ok().and_then(|picture| {
                picture
                    .inspect_err(
                        |error| tracing::debug!(%album, ?photo.key, "no thumbnail: {error}"),
                    )
                    .ok()
            })
        };
        if photo.has_settled(SystemTime::now()) {
            // It fails only where the cache has dropped the place meanwhile.
            let _ = place.insert(picture.clone());
        }
        Ok(picture)
    }

    async fn read<S: PhotoSource>(
        &self,
        source: &S,
        album: &AlbumId,
        photo: &Photo<S::Key>,
    ) -> Result<Vec<u8>, SourceError> {
        let mut reader = source.open(album, photo).await?;
        let mut file = Vec::with_capacity(usize::try_from(photo.size).unwrap_or(0));
        while (file.len() as u64) < photo.size {
            let offset = file.len() as u64;
            let limit = usize::try_from(photo.size - offset).unwrap_or(CAPACITY);
            let buffer = reader.read(offset, limit, self.pool.take()).await?;
            file.extend_from_slice(buffer.filled());
        }
        reader.check().await?;
        Ok(file)
    }
}

fn shrink(file: &[u8]) -> ImageResult<Bytes> {
    let mut reader = ImageReader::new(Cursor::new(file)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(32_768);
    limits.max_image_height = Some(32_768);
    limits.max_alloc = Some(DECODED);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    // The reader's limits are for what a decoder needs beside the picture itself.
    if decoder.total_bytes() > DECODED {
        let kind = LimitErrorKind::InsufficientMemory;
        return Err(ImageError::Limits(LimitError::from_kind(kind)));
    }
    let orientation = decoder.orientation()?;
    let picture = DynamicImage::from_decoder(decoder)?;
    let (width, height) = (picture.width(), picture.height());
    let mut small = if width.max(height) > SIDE {
        picture.thumbnail(SIDE, SIDE)
    } else {
        picture
    };
    small.apply_orientation(orientation);
    let mut jpeg = Vec::new();
    // JPEG has no transparency.
    small
        .to_rgb8()
        .write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, QUALITY))?;
    Ok(jpeg.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageFormat, RgbImage};

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        let picture = RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 9]));
        picture.write_to(&mut file, ImageFormat::Png).unwrap();
        file.into_inner()
    }

    #[test]
    fn a_large_picture_is_made_small_and_keeps_its_shape() {
        let jpeg = shrink(&png(1200, 600)).unwrap();
        let small = image::load_from_memory(&jpeg).unwrap();
        assert_eq!((small.width(), small.height()), (480, 240));
    }

    #[test]
    fn a_photo_keeps_its_colours() {
        let brown = image::Rgb([180, 90, 40]);
        let mut jpeg = Vec::new();
        RgbImage::from_pixel(900, 700, brown)
            .write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 90))
            .unwrap();
        let small = image::load_from_memory(&shrink(&jpeg).unwrap()).unwrap();
        let seen = small.to_rgb8().get_pixel(200, 100).0;
        for (seen, expected) in seen.into_iter().zip(brown.0) {
            assert!(seen.abs_diff(expected) < 6, "{seen} for {expected}");
        }
    }

    #[test]
    fn a_small_picture_is_not_blown_up() {
        let small = image::load_from_memory(&shrink(&png(20, 10)).unwrap()).unwrap();
        assert_eq!((small.width(), small.height()), (20, 10));
    }

    #[test]
    fn what_is_no_picture_has_no_thumbnail() {
        assert!(shrink(b"\xff\xd8\xff\xe0 no picture at all").is_err());
        assert!(shrink(b"").is_err());
        assert!(shrink(&png(100, 100)[..200]).is_err());
    }

    #[test]
    fn a_picture_that_would_take_too_much_memory_is_refused_before_it_is_taken() {
        let mut bomb = png(8, 8);
        // Width and height stand at fixed places in a PNG file's first chunk, then its checksum.
        let side = 30_000_u32.to_be_bytes();
        bomb[16..20].copy_from_slice(&side);
        bomb[20..24].copy_from_slice(&side);
        let checksum = crc32fast::hash(&bomb[12..29]).to_be_bytes();
        bomb[29..33].copy_from_slice(&checksum);
        let error = shrink(&bomb).unwrap_err();
        assert!(matches!(error, ImageError::Limits(_)), "{error}");
    }
}
