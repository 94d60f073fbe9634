//! The page, in the binary: three files and nothing from anywhere else.

use std::borrow::Cow;

/// What stands in the page for the name of the runtime.
const RUNTIME: &str = "RUNTIME";

/// A file of the page.
#[derive(Debug)]
pub(super) struct File {
    /// Headers of its own.
    pub(super) headers: &'static str,
    /// Its media type.
    pub(super) kind: &'static str,
    pub(super) text: Cow<'static, str>,
}

/// What is at this path of a server on this runtime.
pub(super) fn file(path: &str, runtime: &str) -> Option<File> {
    let (kind, text) = match path {
        "/" => (
            "text/html; charset=utf-8",
            include_str!("../page/index.html"),
        ),
        "/chat.css" => ("text/css; charset=utf-8", include_str!("../page/chat.css")),
        "/chat.js" => (
            "text/javascript; charset=utf-8",
            include_str!("../page/chat.js"),
        ),
        _ => return None,
    };
    // The page may load its own files and open its own socket, and be in no other page's frame.
    let headers = "Content-Security-Policy: default-src 'none'; script-src 'self'; \
                   style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; \
                   form-action 'none'; frame-ancestors 'none'\r\nReferrer-Policy: no-referrer\r\n";
    let text = match path {
        "/" => text.replace(RUNTIME, &runtime.to_lowercase()).into(),
        _ => text.into(),
    };
    Some(File {
        headers,
        kind,
        text,
    })
}
