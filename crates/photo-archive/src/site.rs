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

use axum::body::Body;
use axum::extract::{FromRequestParts, Path, RawQuery, State};
use axum::http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Uri};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use futures_util::FutureExt as _;
use tokio::sync::Semaphore;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::album::{Album, AlbumId};
use crate::download::{Download, Request, Shared};
use crate::handover::Handover;
use crate::page;
use crate::planned::Plans;
use crate::respond::{Offer, failure, missing, nothing, show, too_large, unknown_photo};
use crate::source::{PhotoSource, SourceError};
use crate::thumbnail::Thumbnails;

mod photos;

/// Single photos that may be on their way at once, each with a buffer and a descriptor.
pub const PHOTOS: usize = 128;

/// The site: its photos and its rules.
#[derive(Debug)]
pub struct Site<S: PhotoSource> {
    /// What downloads share.
    pub shared: Arc<Shared<S>>,
    /// What is being downloaded.
    pub plans: Plans<S::Key>,
    /// Small pictures.
    pub thumbnails: Thumbnails,
    /// Places for downloads; one more is asked to come again.
    pub places: Arc<Semaphore>,
    /// Places for single photos.
    pub photos: Arc<Semaphore>,
    /// Whether `/` lists the albums.
    pub index: bool,
}

type Handle<S> = State<Arc<Site<S>>>;

/// The addresses of a site.
pub fn router<S: PhotoSource>(site: Site<S>) -> Router {
    let header = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    let listed = site.index;
    Router::new()
        .route("/", get(index::<S>))
        .route("/healthz", get(async || "ok\n"))
        .route("/style.css", get(style))
        .route("/album/{hash}", get(add_slash))
        .route("/archive/{hash}", get(add_slash))
        .route("/album/{hash}/", get(album::<S>))
        .route("/archive/{hash}/", get(archive::<S>))
        .route("/photo/{hash}/{name}", get(photos::photo::<S>))
        .route("/thumbnail/{hash}/{name}", get(photos::thumbnail::<S>))
        .fallback(nowhere)
        .with_state(Arc::new(site))
        .layer(from_fn(move |request, next| show(listed, request, next)))
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

/// The variable parts of an address. One that is no text is a link that leads nowhere.
struct Link<T>(T);

impl<T, State> FromRequestParts<State> for Link<T>
where
    Path<T>: FromRequestParts<State>,
    State: Send + Sync,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Response> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(parts)) => Ok(Self(parts)),
            Err(_) => Err(missing()),
        }
    }
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

async fn nowhere(uri: Uri) -> Response {
    if uri.path().starts_with("/archive/") {
        missing()
    } else {
        nothing()
    }
}

async fn style() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, include_str!("page/style.css")).into_response()
}

/// Links that lost their slash still work.
async fn add_slash(Link(hash): Link<String>, uri: Uri) -> Response {
    if hash.parse::<AlbumId>().is_err() {
        return missing();
    }
    let query = uri
        .query()
        .map_or(String::new(), |query| format!("?{query}"));
    Redirect::permanent(&format!("{}/{query}", uri.path())).into_response()
}

async fn album<S: PhotoSource>(
    State(site): Handle<S>,
    Link(hash): Link<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let pairs = form_urlencoded::parse(query.as_deref().unwrap_or("").as_bytes());
    let number = pairs
        .filter(|(key, _)| key == "page")
        .find_map(|(_, n)| n.parse().ok());
    match find::<S>(&site, &hash).await {
        Ok((id, album)) => {
            page::album(&id, &album, number.unwrap_or(1), site.index).into_response()
        }
        Err(error) => failure(&hash, &error),
    }
}

async fn archive<S: PhotoSource>(
    State(site): Handle<S>,
    Link(hash): Link<String>,
    RawQuery(query): RawQuery,
    handover: Option<Extension<Handover>>,
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
                return unknown_photo(unknown);
            }
        };
    }
    let planned = match site.plans.of(album) {
        Ok(planned) => planned,
        Err(error) => {
            tracing::error!("album {id}: {error}");
            return too_large();
        }
    };
    let offer = Offer {
        length: planned.plan.length(),
        etag: planned.etag.clone(),
        media_type: "application/zip",
        disposition: Some(format!("attachment; filename=\"{id}.zip\"")),
    };
    // Pauses are for watching, piece by piece; else the connection itself is the quickest way.
    let handover = handover.filter(|_| site.shared.delay.is_zero());
    let closes = handover.is_some() && method == Method::GET;
    let mut response = offer.respond(&method, &headers, |range| {
        let place = Arc::clone(&site.places).try_acquire_owned().ok()?;
        let request = Request { id, planned, range };
        let download = Download::new(Arc::clone(&site.shared), request, Some(place));
        Some(match handover {
            Some(Extension(handover)) => {
                let length = download.length();
                let send = Box::new(move |socket| download.send(socket).boxed());
                Body::new(handover.body(length, send))
            }
            None => Body::from_stream(download.into_stream()),
        })
    });
    if closes && response.status().is_success() {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    // A proxy in front must not collect gigabytes either.
    let unbuffered = HeaderName::from_static("x-accel-buffering");
    response
        .headers_mut()
        .insert(unbuffered, HeaderValue::from_static("no"));
    response
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

/// The names in `only=NAME&only=NAME`.
fn chosen(query: &str) -> Vec<String> {
    form_urlencoded::parse(query.as_bytes())
        .filter(|(key, _)| key == "only")
        .map(|(_, name)| name.into_owned())
        .collect()
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
}
