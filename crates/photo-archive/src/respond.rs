//! Answers with headers: the one place that turns "these bytes, of this version"
//! into 200, 206, 304, 412 or 416, and a refusal into a line or a page.

use std::borrow::Cow;
use std::ops::Range;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCEPT, ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_TYPE, ETAG, RETRY_AFTER, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::page;
use crate::range::{Answer, answer};
use crate::source::SourceError;

/// Kept by nobody but the one who asked, and asked for again each time: an album may change.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// Seconds after which somebody who found no free place may try again.
const RETRY_AFTER_SECONDS: u16 = 10;

/// Something of known length and version that can be sent in part.
#[derive(Debug)]
pub struct Offer {
    /// Its length in bytes.
    pub length: u64,
    /// Its strong entity tag.
    pub etag: String,
    /// Its media type.
    pub media_type: &'static str,
    /// What a browser should do with it, if not show it.
    pub disposition: Option<String>,
}

impl Offer {
    /// Answers a request for it; `body` makes the bytes of a range, or nothing where all places are taken.
    pub fn respond(
        self,
        method: &Method,
        headers: &HeaderMap,
        body: impl FnOnce(Range<u64>) -> Option<Body>,
    ) -> Response {
        let answer = answer(method, headers, self.length, &self.etag);
        let (status, range) = match answer {
            Answer::Whole => (StatusCode::OK, 0..self.length),
            Answer::Partial(range) => (StatusCode::PARTIAL_CONTENT, range),
            Answer::NotModified => (StatusCode::NOT_MODIFIED, 0..0),
            Answer::PreconditionFailed => (StatusCode::PRECONDITION_FAILED, 0..0),
            Answer::Unsatisfiable => (StatusCode::RANGE_NOT_SATISFIABLE, 0..0),
        };
        let sent = status.is_success() && method != Method::HEAD;
        let body = if sent {
            body(range.clone())
        } else {
            Some(Body::empty())
        };
        let Some(body) = body else {
            return busy();
        };
        let mut response = (status, body).into_response();
        let out = response.headers_mut();
        out.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        out.insert(CACHE_CONTROL, PRIVATE);
        put(out, ETAG.as_str(), &self.etag);
        if status.is_success() {
            out.insert(CONTENT_TYPE, HeaderValue::from_static(self.media_type));
            out.insert(CONTENT_LENGTH, (range.end - range.start).into());
            if let Some(disposition) = &self.disposition {
                put(out, CONTENT_DISPOSITION.as_str(), disposition);
            }
        }
        let length = self.length;
        if status == StatusCode::PARTIAL_CONTENT {
            let content = format!("bytes {}-{}/{length}", range.start, range.end - 1);
            put(out, CONTENT_RANGE.as_str(), &content);
        } else if status == StatusCode::RANGE_NOT_SATISFIABLE {
            put(out, CONTENT_RANGE.as_str(), &format!("bytes */{length}"));
        }
        response
    }
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    let value = HeaderValue::try_from(value).expect("tags, ranges and encoded names are ASCII");
    headers.insert(name, value);
}

/// A sentence in the place of what was asked for: a line of text, until [`show`] makes a page of it.
#[derive(Clone, Debug)]
struct Refusal(Cow<'static, str>);

fn refuse(status: StatusCode, sentence: impl Into<Cow<'static, str>>) -> Response {
    let sentence = sentence.into();
    let mut response = (status, format!("{sentence}\n")).into_response();
    response.extensions_mut().insert(Refusal(sentence));
    response
}

/// Answers as `next` does, but makes a page of a refusal where a browser asked. It leads to
/// the list where albums are `listed`.
///
/// # Cancel safety
///
/// As `next` has it.
pub async fn show(listed: bool, request: Request, next: Next) -> Response {
    let browser = wants_page(request.headers());
    let mut response = next.run(request).await;
    let Some(Refusal(sentence)) = response.extensions_mut().remove() else {
        return response;
    };
    if browser {
        let page = page::refusal(&sentence, listed).into_response();
        let (of_page, body) = page.into_parts();
        *response.body_mut() = body;
        response.headers_mut().extend(of_page.headers);
    }
    let accept = HeaderValue::from_static("accept");
    response.headers_mut().insert(VARY, accept);
    response
}

/// Browsers say so where a page would be shown, but not where a picture would.
fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter();
    let mut ranges = accepted.flat_map(|value| value.as_bytes().split(|&byte| byte == b','));
    ranges.any(|range| {
        let name = range.split(|&byte| byte == b';').next().unwrap_or(range);
        name.trim_ascii().eq_ignore_ascii_case(b"text/html")
    })
}

/// The answer to one download more than there may be at once.
pub fn busy() -> Response {
    let text = "All places for downloads are taken; please try again in a moment";
    let headers = [(RETRY_AFTER, RETRY_AFTER_SECONDS.to_string())];
    (headers, refuse(StatusCode::SERVICE_UNAVAILABLE, text)).into_response()
}

/// The original's answer to an archive's link that leads nowhere (any more).
pub fn missing() -> Response {
    let text = "Archive does not exist or has been removed";
    refuse(StatusCode::NOT_FOUND, text)
}

/// The answer to any other address that there is not.
pub fn nothing() -> Response {
    refuse(StatusCode::NOT_FOUND, "There is nothing here")
}

/// The answer to a choice of photos one of which is not there.
pub fn unknown_photo(name: &str) -> Response {
    let name = common::escape::visible(name);
    let text = format!("There is no photo {name:?} in this album");
    refuse(StatusCode::NOT_FOUND, text)
}

/// The answer where an album is more than the format can hold.
pub fn too_large() -> Response {
    let text = "The album is too large for an archive; choose some of its photos";
    refuse(StatusCode::INTERNAL_SERVER_ERROR, text)
}

/// The answer where a source failed: what is not there is missing, the rest is the server's fault.
pub fn failure(what: &str, error: &SourceError) -> Response {
    match error {
        SourceError::Missing | SourceError::Changed => missing(),
        SourceError::Io(_) => {
            tracing::error!("{}: {error}", common::escape::visible(what));
            let text = "The photos cannot be read at the moment";
            refuse(StatusCode::INTERNAL_SERVER_ERROR, text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_names_pages_gets_one() {
        let wants = |accept: &'static str| {
            wants_page(&HeaderMap::from_iter([(
                ACCEPT,
                HeaderValue::from_static(accept),
            )]))
        };
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        assert!(wants(browser) && wants("text/plain, Text/HTML;q=0.5"));
        assert!(!wants("*/*") && !wants("image/avif,image/webp,*/*;q=0.8"));
        assert!(!wants("text/htmlx") && !wants_page(&HeaderMap::new()));
    }
}
