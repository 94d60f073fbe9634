//! The front door of the web: one HTTP/1.1 request, answered with the page or by becoming a WebSocket.
//!
//! Every answer but that one ends the connection: the page is three small files,
//! and what follows is the socket. `aiohttp` and Tornado bring a whole web
//! framework for it.

use bytes::Bytes;
use httparse::{EMPTY_HEADER, Request, Status};
use tungstenite::handshake::derive_accept_key;

use super::{Input, Limits, page};

/// Longest request head, in bytes.
const LONGEST_HEAD: usize = 8 * 1024;
/// More headers than any browser sends.
const MOST_HEADERS: usize = 64;

/// The media type of everything but the page.
const TEXT: &str = "text/plain; charset=utf-8";

/// A browser's side of the conversation until it is answered.
#[derive(Debug, Default)]
pub struct Front {
    head: Vec<u8>,
    answered: bool,
}

impl Front {
    /// The answer, once the request's head is complete; `bytes` are taken as far as it reaches.
    pub fn next(&mut self, bytes: &mut &[u8], limits: &Limits) -> Option<Input<'static>> {
        if self.answered {
            *bytes = &[];
            return None;
        }
        let before = self.head.len();
        self.head.extend_from_slice(bytes);
        let Some(end) = end_of_head(&self.head, before) else {
            *bytes = &[];
            if self.head.len() <= LONGEST_HEAD {
                return None;
            }
            return Some(self.end(refuse(
                "431 Request Header Fields Too Large",
                "",
                "the request is too long\n",
            )));
        };
        *bytes = &bytes[end - before..];
        self.head.truncate(end);
        if end > LONGEST_HEAD {
            return Some(self.end(refuse(
                "431 Request Header Fields Too Large",
                "",
                "the request is too long\n",
            )));
        }
        match answer(&self.head, limits) {
            Ok(response) => {
                self.head = Vec::new();
                self.answered = true;
                Some(Input::Upgraded(response.into()))
            }
            Err(response) => Some(self.end(response)),
        }
    }

    fn end(&mut self, response: Bytes) -> Input<'static> {
        self.head = Vec::new();
        self.answered = true;
        Input::Last(response)
    }
}

/// The place behind the empty line; what was there `before` holds none.
fn end_of_head(head: &[u8], before: usize) -> Option<usize> {
    let from = before.saturating_sub(3);
    let ends = memchr::memchr_iter(b'\n', &head[from..]);
    ends.map(|at| from + at + 1)
        .find(|&end| head[..end].ends_with(b"\n\r\n") || head[..end].ends_with(b"\n\n"))
}

/// The answer to this head: to become a WebSocket, or else any other.
fn answer(head: &[u8], limits: &Limits) -> Result<String, Bytes> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut request = Request::new(&mut headers);
    if !matches!(request.parse(head), Ok(Status::Complete(_))) {
        return Err(refuse("400 Bad Request", "", "that is no HTTP request\n"));
    }
    let method = request.method.unwrap_or_default();
    let target = request.path.unwrap_or_default();
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    if path == "/ws" && method == "GET" {
        return upgrade(&request, limits);
    }
    let Some(file) = page::file(path) else {
        let text = "there is only the page at / and the WebSocket at /ws\n";
        return Err(respond("404 Not Found", "", TEXT, text, method != "HEAD"));
    };
    match method {
        "GET" => Err(respond("200 OK", file.headers, file.kind, file.text, true)),
        "HEAD" => Err(respond("200 OK", file.headers, file.kind, file.text, false)),
        _ => Err(refuse(
            "405 Method Not Allowed",
            "Allow: GET, HEAD\r\n",
            "the page can only be read\n",
        )),
    }
}

fn upgrade(request: &Request<'_, '_>, limits: &Limits) -> Result<String, Bytes> {
    let wanted =
        has_word(request, "upgrade", "websocket") && has_word(request, "connection", "upgrade");
    if !wanted || request.version != Some(1) {
        return Err(refuse(
            "426 Upgrade Required",
            "Upgrade: websocket\r\n",
            "this is the WebSocket; the page is at /\n",
        ));
    }
    if header(request, "sec-websocket-version") != Some("13") {
        return Err(refuse(
            "426 Upgrade Required",
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
            "only version 13 of the WebSocket protocol is spoken here\n",
        ));
    }
    let Some(key) = header(request, "sec-websocket-key").filter(|key| key.len() == 24) else {
        return Err(refuse(
            "400 Bad Request",
            "",
            "the WebSocket key is missing or wrong\n",
        ));
    };
    if is_said(request, "origin") {
        // One that cannot be read is nobody's.
        let origin = header(request, "origin").unwrap_or_default();
        let own = header(request, "host").is_some_and(|host| is_of(origin, host));
        if !own && !limits.allow_origin.iter().any(|allowed| allowed == origin) {
            return Err(refuse(
                "403 Forbidden",
                "",
                "pages of other origins may not talk here; --allow-origin lets one in\n",
            ));
        }
    }
    Ok(format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n\r\n",
        derive_accept_key(key.as_bytes())
    ))
}

/// Whether a page of this origin was served by this host; which scheme a proxy in between speaks is its affair.
fn is_of(origin: &str, host: &str) -> bool {
    let authority = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

fn is_said(request: &Request<'_, '_>, name: &str) -> bool {
    let mut headers = request.headers.iter();
    headers.any(|header| header.name.eq_ignore_ascii_case(name))
}

fn header<'a>(request: &Request<'_, 'a>, name: &str) -> Option<&'a str> {
    let mut found = request
        .headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case(name));
    let value = std::str::from_utf8(found.next()?.value).ok()?;
    // Said twice, it could mean either.
    found.next().is_none().then(|| value.trim())
}

/// Whether one of the words of a header that is a list is this one.
fn has_word(request: &Request<'_, '_>, name: &str, word: &str) -> bool {
    request
        .headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case(name))
        .filter_map(|header| std::str::from_utf8(header.value).ok())
        .flat_map(|value| value.split(','))
        .any(|value| value.trim().eq_ignore_ascii_case(word))
}

/// What a connection is told that is one too many.
#[must_use]
pub fn too_many() -> Bytes {
    refuse(
        "503 Service Unavailable",
        "Retry-After: 10\r\n",
        "too many connections; try again later\n",
    )
}

fn refuse(status: &str, headers: &str, text: &str) -> Bytes {
    respond(status, headers, TEXT, text, true)
}

fn respond(status: &str, headers: &str, kind: &str, text: &str, with_body: bool) -> Bytes {
    let body = if with_body { text } else { "" };
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Type: {kind}\r\nContent-Length: {}\r\n\
         X-Content-Type-Options: nosniff\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n{body}",
        text.len()
    )
    .into()
}

#[cfg(test)]
mod tests;
