//! What browsers and others ask for, and what they get.

use super::*;

/// The whole conversation: what was answered and what was left over.
fn ask(request: &str, limits: &Limits) -> (String, bool, usize) {
    let mut front = Front::default();
    let mut bytes = request.as_bytes();
    match front.next(&mut bytes, limits) {
        Some(Input::Upgraded(answer)) => (text(&answer), true, bytes.len()),
        Some(Input::Last(answer)) => (text(&answer), false, bytes.len()),
        other => panic!("{request:?} was not answered: {other:?}"),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn socket(headers: &str) -> String {
    format!(
        "GET /ws HTTP/1.1\r\nHost: chat.test:8080\r\nUpgrade: WebSocket\r\n\
         Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    )
}

const VERSION: &str = "Sec-WebSocket-Version: 13\r\n";

#[test]
fn the_page_and_its_files_are_served_and_end_the_connection() {
    for (path, kind, inside) in [
        ("/", "text/html", "<!doctype html>"),
        ("/?x=1", "text/html", "<!doctype html>"),
        ("/chat.css", "text/css", "prefers-color-scheme"),
        ("/chat.js", "text/javascript", "WebSocket"),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        let (answer, upgraded, _) = ask(&request, &Limits::default());
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains(&format!("Content-Type: {kind}")), "{head}");
        assert!(
            head.contains(&format!("Content-Length: {}", body.len())),
            "{head}"
        );
        assert!(
            head.contains("Content-Security-Policy: default-src 'none'"),
            "{head}"
        );
        assert!(head.contains("Connection: close"), "{head}");
        assert!(body.contains(inside) && !upgraded, "{path}");
        let (answer, ..) = ask(&request.replace("GET", "HEAD"), &Limits::default());
        assert_eq!(answer.split_once("\r\n\r\n").unwrap(), (head, ""));
    }
}

#[test]
fn the_page_loads_nothing_from_elsewhere() {
    for path in ["/", "/chat.css", "/chat.js"] {
        let file = page::file(path).unwrap();
        for foreign in ["http://", "https://", "//cdn", "@import", "url(//"] {
            assert!(!file.text.contains(foreign), "{path} mentions {foreign}");
        }
        // Messages are text, never HTML.
        assert!(!file.text.contains("innerHTML"), "{path}");
    }
}

#[test]
fn a_websocket_request_is_answered_as_the_rfc_has_it() {
    let request = socket(VERSION) + "early";
    let (answer, upgraded, left) = ask(&request, &Limits::default());
    assert!(upgraded);
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    // The example of RFC 6455, section 1.3.
    assert!(answer.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    assert_eq!(
        left,
        "early".len(),
        "what follows the head is not the front door's"
    );
}

#[test]
fn a_page_of_another_origin_is_kept_out_unless_allowed() {
    let limits = Limits {
        allow_origin: vec!["https://friend.test".to_owned()],
        ..Limits::default()
    };
    for (origin, status) in [
        ("http://chat.test:8080", "101"),
        ("https://CHAT.test:8080", "101"),
        ("https://friend.test", "101"),
        ("http://chat.test", "403"),
        ("http://evil.test:8080", "403"),
        ("http://chat.test:8080.evil.test", "403"),
        ("null", "403"),
        ("", "403"),
    ] {
        let request = socket(&format!("{VERSION}Origin: {origin}\r\n"));
        let (answer, ..) = ask(&request, &limits);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{origin}: {answer}"
        );
    }
    let twice = socket(&format!(
        "{VERSION}Origin: http://evil.test\r\nOrigin: null\r\n"
    ));
    let (answer, ..) = ask(&twice, &limits);
    assert!(
        answer.starts_with("HTTP/1.1 403 "),
        "two origins are none of ours: {answer}"
    );
}

#[test]
fn everything_else_is_refused_in_plain_words() {
    let many = "X: y\r\n".repeat(MOST_HEADERS + 1);
    for (request, status) in [
        ("GET /nowhere HTTP/1.1\r\n\r\n".to_owned(), "404"),
        ("POST / HTTP/1.1\r\n\r\n".to_owned(), "405"),
        ("GET /ws HTTP/1.1\r\n\r\n".to_owned(), "426"),
        (socket("Sec-WebSocket-Version: 8\r\n"), "426"),
        (socket(VERSION).replace("Sec-WebSocket-Key", "X-Key"), "400"),
        ("login ann\n\n".to_owned(), "400"),
        ("\r\n\r\n".to_owned(), "400"),
        (format!("GET / HTTP/1.1\r\n{many}\r\n"), "400"),
        (
            format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(LONGEST_HEAD)),
            "431",
        ),
        (format!("GET /{}", "x".repeat(LONGEST_HEAD)), "431"),
    ] {
        let (answer, upgraded, _) = ask(&request, &Limits::default());
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{request}: {answer}"
        );
        assert!(!upgraded);
    }
}

#[test]
fn an_answer_to_head_has_no_body_whatever_it_says() {
    for path in ["/", "/nowhere", "/ws"] {
        let (answer, ..) = ask(&format!("HEAD {path} HTTP/1.1\r\n\r\n"), &Limits::default());
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    }
}

#[test]
fn a_head_in_pieces_is_answered_at_its_last_byte() {
    let request = socket(VERSION);
    let mut front = Front::default();
    for (index, byte) in request.bytes().enumerate() {
        let answer = front.next(&mut [byte].as_slice(), &Limits::default());
        assert_eq!(answer.is_some(), index + 1 == request.len());
    }
}
