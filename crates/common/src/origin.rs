//! What `--allow-origin` takes: origins as browsers send them (RFC 6454, section 6.1).

use http::Uri;

/// An origin in the form that a browser sends: small letters, no port where it is the
/// scheme's own.
///
/// # Errors
///
/// A sentence that says what an origin is.
pub fn parse(text: &str) -> Result<String, String> {
    serialized(text).ok_or_else(|| {
        "an origin is scheme://host[:port] and nothing behind it, like https://example.com"
            .to_owned()
    })
}

fn serialized(text: &str) -> Option<String> {
    let uri: Uri = text.parse().ok()?;
    let (scheme, host) = (uri.scheme_str()?, uri.host()?);
    // A port that is none is not among the parts that the library finds.
    let port = match uri.port_u16() {
        Some(port) => format!(":{port}"),
        None => String::new(),
    };
    let origin = format!("{scheme}://{host}{port}").to_ascii_lowercase();
    if host.is_empty() || origin != text.to_ascii_lowercase() {
        return None;
    }
    let own = match &*scheme.to_ascii_lowercase() {
        "http" => ":80",
        "https" => ":443",
        _ => return Some(origin),
    };
    let shorter = origin.strip_suffix(own).map(str::to_owned);
    Some(shorter.unwrap_or(origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_browsers_send_is_taken() {
        for origin in [
            "https://example.com",
            "http://localhost:3000",
            "http://[::1]:3000",
            "moz-extension://0f4a",
        ] {
            assert_eq!(parse(origin).unwrap(), origin);
        }
    }

    #[test]
    fn it_is_brought_into_the_form_that_browsers_send() {
        for (given, sent) in [
            ("HTTPS://Example.COM", "https://example.com"),
            ("https://example.com:443", "https://example.com"),
            ("http://example.com:80", "http://example.com"),
            ("http://example.com:443", "http://example.com:443"),
        ] {
            assert_eq!(parse(given).unwrap(), sent);
        }
    }

    #[test]
    fn what_no_browser_sends_is_refused() {
        for wrong in [
            "",
            "*",
            "null",
            "foo",
            "example.com",
            "example.com:443",
            "https://",
            "https://example.com/",
            "https://example.com/page",
            "https://example.com?",
            "https://example.com:",
            "https://example.com:port",
            "https://example.com:99999",
            "https://me@example.com",
            "https://two words",
            "//example.com",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
