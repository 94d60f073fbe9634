//! Single photos and their thumbnails.
//!
//! They are for looking at: they take no place from the downloads of whole albums,
//! and have places of their own, so that who takes none of their bytes cannot hold
//! all descriptors and memory.

use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::try_unfold;
use futures_util::{Stream, StreamExt as _};

use super::{Handle, Link, Site, find};
use crate::album::{AlbumId, Photo};
use crate::buffer::Pool;
use crate::page;
use crate::range::{Answer, answer};
use crate::respond::{Offer, busy, failure};
use crate::source::{PhotoReader, PhotoSource, SourceError};

/// How thumbnails are made: a new number when that changes, so that browsers ask for new ones.
const PICTURE: &str = "thumbnail 1";

pub(super) async fn photo<S: PhotoSource>(
    State(site): Handle<S>,
    Link((hash, name)): Link<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let (id, photo) = match find_photo::<S>(&site, &hash, &name).await {
        Ok(found) => found,
        Err(error) => return failure(&name, &error),
    };
    let Ok(place) = Arc::clone(&site.photos).try_acquire_owned() else {
        return busy();
    };
    let reader = match site.shared.source.open(&id, &photo).await {
        Ok(reader) => reader,
        Err(error) => return failure(&name, &error),
    };
    let media_type = media_type(&name);
    let offer = Offer {
        length: photo.size,
        etag: photo.etag("photo"),
        media_type: media_type.unwrap_or("application/octet-stream"),
        disposition: media_type.is_none().then(|| "attachment".to_owned()),
    };
    let pool = site.shared.pool.clone();
    offer.respond(&method, &headers, |range| {
        // The place lasts as long as the stream does.
        let bytes = bytes(reader, range, pool, id).inspect(move |_| _ = &place);
        Some(Body::from_stream(bytes))
    })
}

/// A range of a photo. Its last bytes come only when it is sure that all were of one version.
fn bytes<R: PhotoReader>(
    reader: R,
    range: Range<u64>,
    pool: Pool,
    id: AlbumId,
) -> impl Stream<Item = Result<Bytes, SourceError>> + Send {
    try_unfold((reader, range), move |(mut reader, mut range)| {
        let (buffer, id) = (pool.take(), id.clone());
        async move {
            if range.is_empty() {
                return Ok(None);
            }
            let left = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
            let read = async {
                let buffer = reader.read(range.start, left, buffer).await?;
                if buffer.len() == left {
                    reader.check().await?;
                }
                Ok(buffer)
            };
            let buffer = read.await.inspect_err(|error: &SourceError| {
                tracing::warn!(album = %id, "photo cut off: {error}");
            })?;
            range.start += buffer.len() as u64;
            Ok(Some((buffer.freeze(), (reader, range))))
        }
    })
}

pub(super) async fn thumbnail<S: PhotoSource>(
    State(site): Handle<S>,
    Link((hash, name)): Link<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let (id, photo) = match find_photo::<S>(&site, &hash, &name).await {
        Ok(found) => found,
        Err(error) => return failure(&name, &error),
    };
    let etag = photo.etag(PICTURE);
    let cached = answer(&method, &headers, 0, &etag) == Answer::NotModified;
    let picture = if cached {
        Ok(None)
    } else {
        site.thumbnails.of(&site.shared.source, &id, &photo).await
    };
    let (media_type, picture) = match picture {
        Ok(Some(picture)) => ("image/jpeg", picture),
        Ok(None) => ("image/svg+xml", page::no_picture()),
        Err(error) => return failure(&name, &error),
    };
    let offer = Offer {
        length: picture.len() as u64,
        etag,
        media_type,
        disposition: None,
    };
    offer.respond(&method, &headers, |range| {
        // Thumbnails are a few kilobytes: their range fits every address space.
        let range = range.start as usize..range.end as usize;
        Some(picture.slice(range).into())
    })
}

async fn find_photo<S: PhotoSource>(
    site: &Site<S>,
    hash: &str,
    name: &str,
) -> Result<(AlbumId, Photo<S::Key>), SourceError> {
    let Ok(id) = hash.parse::<AlbumId>() else {
        return Err(SourceError::Missing);
    };
    match site.shared.source.photo(&id, name).await {
        Ok(photo) => Ok((id, photo)),
        // Only in the archive is it called so: the source's own name would not do there.
        Err(SourceError::Missing) => {
            let (id, album) = find::<S>(site, hash).await?;
            let photo = album.find(name).cloned().ok_or(SourceError::Missing)?;
            Ok((id, photo))
        }
        Err(error) => Err(error),
    }
}

/// What browsers show as a picture; anything else is only saved, never shown.
fn media_type(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    Some(match extension.to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "heic" => "image/heic",
        "bmp" => "image/bmp",
        "tif" | "tiff" => "image/tiff",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_are_shown_by_browsers() {
        assert_eq!(media_type("A.JPG"), Some("image/jpeg"));
        for saved in ["page.html", "x.svg", "README", "a.jpg.exe"] {
            assert_eq!(media_type(saved), None, "{saved}");
        }
    }
}
