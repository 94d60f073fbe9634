//! Answers with headers: the one place that turns "these bytes, of this version"
//! into 200, 206, 304, 412 or 416.

use std::ops::Range;

use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE,
    ETAG, RETRY_AFTER,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

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

/// The answer to one download more than there may be at once.
pub fn busy() -> Response {
    let text = "All places for downloads are taken; please try again in a moment";
    let headers = [(RETRY_AFTER, RETRY_AFTER_SECONDS.to_string())];
    (StatusCode::SERVICE_UNAVAILABLE, headers, text).into_response()
}

/// The original's answer to a link that leads nowhere (any more).
pub fn missing() -> Response {
    let text = "Archive does not exist or has been removed";
    (StatusCode::NOT_FOUND, text).into_response()
}

/// The answer where a source failed: what is not there is missing, the rest is the server's fault.
pub fn failure(what: &str, error: &SourceError) -> Response {
    match error {
        SourceError::Missing | SourceError::Changed => missing(),
        SourceError::Io(_) => {
            tracing::error!("{}: {error}", common::escape::visible(what));
            let text = "The photos cannot be read at the moment";
            (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
        }
    }
}
