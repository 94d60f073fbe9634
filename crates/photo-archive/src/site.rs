//! What answers which address.
//!
//! | address | answer |
//! |---|---|
//! | `/` | the albums, where they are listed |
//! | `/album/{hash}/` | the page of one album |
//! | `/archive/{hash}/` | its ZIP; `?only=NAME` (repeated) for some photos |
//! | `/photo/{hash}/{name}` | one photo |
//! | `/thumbnail/{hash}/{name}` | a small picture of it |
//! | `/healthz` | `ok` |

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use futures_util::stream::unfold;
use tokio::sync::Semaphore;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::album::{Album, AlbumId, Photo};
use crate::download::{Download, Request, Shared};
use crate::page;
use crate::range::Answer;
use crate::respond::{Offer, failure, missing};
use crate::source::{PhotoReader, PhotoSource, SourceError};
use crate::thumbnail::Thumbnails;

/// The site: its photos and its rules.
#[derive(Debug)]
pub struct Site<S> {
    /// What downloads share.
    pub shared: Arc<Shared<S>>,
    /// Small pictures.
    pub thumbnails: Thumbnails,
    /// Places for downloads; one more is asked to come again.
    pub places: Arc<Semaphore>,
    /// Whether `/` lists the albums.
    pub index: bool,
}

type Handle<S> = State<Arc<Site<S>>>;

/// The addresses of a site.
pub fn router<S: PhotoSource>(site: Site<S>) -> Router {
    let header = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    Router::new()
        .route("/", get(index::<S>))
        .route("/healthz", get(async || "ok\n"))
        .route("/style.css", get(style))
        .route("/album/{hash}", get(add_slash))
        .route("/archive/{hash}", get(add_slash))
        .route("/album/{hash}/", get(album::<S>))
        .route("/archive/{hash}/", get(archive::<S>))
        .route("/photo/{hash}/{name}", get(photo::<S>))
        .route("/thumbnail/{hash}/{name}", get(thumbnail::<S>))
        .fallback(async || missing())
        .with_state(Arc::new(site))
        // Nothing from elsewhere, and no script at all: a file in an album cannot become a page.
        .layer(header(
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; img-src 'self' data:; style-src 'self'; form-action 'self'; \
             base-uri 'none'; frame-ancestors 'none'",
        ))
        .layer(header(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // The link is the key: it is told to no other site, and to no search engine.
        .layer(header(REFERRER_POLICY, "no-referrer"))
        .layer(header(HeaderName::from_static("x-robots-tag"), "noindex"))
}

async fn index<S: PhotoSource>(State(site): Handle<S>) -> Response {
    if !site.index {
        return page::welcome().into_response();
    }
    let source = &site.shared.source;
    let mut albums = Vec::new();
    let ids = match source.albums().await {
        Ok(ids) => ids,
        Err(error) => return failure("the albums", &error),
    };
    for id in ids {
        // An album that went away since is not worth an error.
        if let Ok(photos) = source.photos(&id).await {
            albums.push((id, Album::new(photos, S::name)));
        }
    }
    page::index(&albums).into_response()
}

async fn style() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, include_str!("page/style.css")).into_response()
}

/// Links that lost their slash still work.
async fn add_slash(uri: axum::http::Uri) -> Redirect {
    let query = uri
        .query()
        .map_or(String::new(), |query| format!("?{query}"));
    Redirect::permanent(&format!("{}/{query}", uri.path()))
}

async fn album<S: PhotoSource>(
    State(site): Handle<S>,
    Path(hash): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let pairs = form_urlencoded::parse(query.as_deref().unwrap_or("").as_bytes());
    let number = pairs
        .filter(|(key, _)| key == "page")
        .find_map(|(_, n)| n.parse().ok());
    match find::<S>(&site, &hash).await {
        Ok((id, album)) => page::album(&id, &album, number.unwrap_or(1)).into_response(),
        Err(error) => failure(&hash, &error),
    }
}

async fn archive<S: PhotoSource>(
    State(site): Handle<S>,
    Path(hash): Path<String>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let (id, mut album) = match find::<S>(&site, &hash).await {
        Ok(found) => found,
        Err(error) => return failure(&hash, &error),
    };
    let only = chosen(query.as_deref().unwrap_or(""));
    if !only.is_empty() {
        album = match album.select(&only) {
            Ok(album) => album,
            Err(unknown) => {
                let unknown = common::escape::visible(unknown).into_owned();
                let text = format!("There is no photo {unknown:?} in this album");
                return (StatusCode::NOT_FOUND, text).into_response();
            }
        };
    }
    let plan = album.plan();
    let offer = Offer {
        length: plan.length(),
        etag: album.etag(),
        media_type: "application/zip",
        disposition: Some(format!("attachment; filename=\"{id}.zip\"")),
    };
    let mut response = offer.respond(&method, &headers, |range| {
        let place = Arc::clone(&site.places).try_acquire_owned().ok()?;
        let request = Request {
            id,
            album,
            plan,
            range,
        };
        let download = Download::new(Arc::clone(&site.shared), request, Some(place));
        Some(Body::from_stream(download.into_stream()))
    });
    // A proxy in front must not collect gigabytes either.
    let unbuffered = HeaderName::from_static("x-accel-buffering");
    response
        .headers_mut()
        .insert(unbuffered, HeaderValue::from_static("no"));
    response
}

async fn photo<S: PhotoSource>(
    State(site): Handle<S>,
    Path((hash, name)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let (id, photo) = match find_photo::<S>(&site, &hash, &name).await {
        Ok(found) => found,
        Err(error) => return failure(&name, &error),
    };
    let reader = match site.shared.source.open(&id, &photo).await {
        Ok(reader) => reader,
        Err(error) => return failure(&name, &error),
    };
    let media_type = media_type(&name);
    let offer = Offer {
        length: photo.size,
        etag: photo.etag(),
        media_type: media_type.unwrap_or("application/octet-stream"),
        disposition: media_type.is_none().then(|| "attachment".to_owned()),
    };
    let pool = site.shared.pool.clone();
    offer.respond(&method, &headers, |range| {
        let bytes = unfold((reader, range), move |(mut reader, mut range)| {
            let buffer = pool.take();
            async move {
                let left = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
                if left == 0 {
                    return None;
                }
                match reader.read(range.start, left, buffer).await {
                    Ok(buffer) => {
                        range.start += buffer.len() as u64;
                        Some((Ok(buffer.freeze()), (reader, range)))
                    }
                    Err(error) => Some((Err(error), (reader, range))),
                }
            }
        });
        Some(Body::from_stream(bytes))
    })
}

async fn thumbnail<S: PhotoSource>(
    State(site): Handle<S>,
    Path((hash, name)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let (id, photo) = match find_photo::<S>(&site, &hash, &name).await {
        Ok(found) => found,
        Err(error) => return failure(&name, &error),
    };
    let etag = photo.etag();
    let cached = crate::range::answer(&method, &headers, 0, &etag) == Answer::NotModified;
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

async fn find<S: PhotoSource>(
    site: &Site<S>,
    hash: &str,
) -> Result<(AlbumId, Album<S::Key>), SourceError> {
    let Ok(id) = hash.parse::<AlbumId>() else {
        return Err(SourceError::Missing);
    };
    let photos = site.shared.source.photos(&id).await?;
    Ok((id, Album::new(photos, S::name)))
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

/// The names in `only=NAME&only=NAME`.
fn chosen(query: &str) -> Vec<String> {
    form_urlencoded::parse(query.as_bytes())
        .filter(|(key, _)| key == "only")
        .map(|(_, name)| name.into_owned())
        .collect()
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
    fn names_are_chosen_as_forms_send_them() {
        assert_eq!(
            chosen("only=1.jpg&other=x&only=a+b%26%C3%A9.jpg"),
            ["1.jpg", "a b&é.jpg"]
        );
        assert!(chosen("").is_empty());
    }

    #[test]
    fn only_pictures_are_shown_by_browsers() {
        assert_eq!(media_type("A.JPG"), Some("image/jpeg"));
        for saved in ["page.html", "x.svg", "README", "a.jpg.exe"] {
            assert_eq!(media_type(saved), None, "{saved}");
        }
    }
}
