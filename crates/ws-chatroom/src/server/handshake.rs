//! The HTTP request that becomes a WebSocket, and what every other request is told.
//!
//! The parts are tungstenite's; its own accept function answers a request that is
//! no WebSocket handshake with nothing at all, as the Python server of the time did.

use std::io::{self, ErrorKind};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::handshake::machine::TryParse as _;
use tokio_tungstenite::tungstenite::handshake::server::{Request, create_response, write_response};

/// A longer head than this is no handshake. Browsers send less than 1 KiB.
const LONGEST_HEAD: usize = 8 * 1024;

/// The status for pages that may not join.
const FOREIGN: &str = "403 Forbidden";

/// Answers the handshake; what came behind it is returned. Pages of `origins` may
/// join beside those of the address asked for.
///
/// # Errors
///
/// The connection broke, or the request was another and has been answered as such.
///
/// # Cancel safety
///
/// Not cancel safe: drop the stream with it.
pub(super) async fn answer(stream: &mut TcpStream, origins: &[String]) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(1024);
    loop {
        if stream.read_buf(&mut head).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        match response(&head, origins) {
            Ok(Some((size, response))) => {
                stream.write_all(&response).await?;
                return Ok(head.split_off(size));
            }
            Ok(None) if head.len() < LONGEST_HEAD => {}
            Ok(None) => return refuse(stream, "431 Request Header Fields Too Large").await,
            Err(status) => return refuse(stream, status).await,
        }
    }
}

/// The answer to a whole handshake and its size, `None` while it is not whole.
fn response(head: &[u8], origins: &[String]) -> Result<Option<(usize, Vec<u8>)>, &'static str> {
    let upgrade = Request::try_parse(head).and_then(|request| {
        let Some((size, request)) = request else {
            return Ok(None);
        };
        if !is_welcome(&request, origins) {
            return Ok(Some(Err(FOREIGN)));
        }
        let mut response = Vec::with_capacity(160);
        write_response(&mut response, &create_response(&request)?)?;
        Ok(Some(Ok((size, response))))
    });
    let upgrade = upgrade.map(Option::transpose);
    upgrade.unwrap_or_else(|error| {
        Err(match error {
            Error::Protocol(
                ProtocolError::HttparseError(_)
                | ProtocolError::InvalidSecWebSocketKey
                | ProtocolError::MissingSecWebSocketKey,
            ) => "400 Bad Request",
            Error::Protocol(_) => "426 Upgrade Required",
            _ => "400 Bad Request",
        })
    })
}

/// Any web page can make its reader's browser connect to 127.0.0.1, and the browser
/// says only in `Origin` which page it was. Programs send none.
fn is_welcome(request: &Request, origins: &[String]) -> bool {
    let Some(origin) = request.headers().get("Origin") else {
        return true;
    };
    if origins
        .iter()
        .any(|allowed| allowed == "*" || allowed.as_bytes() == origin.as_bytes())
    {
        return true;
    }
    let (Ok(origin), Some(Ok(host))) = (
        origin.to_str(),
        request.headers().get("Host").map(|host| host.to_str()),
    ) else {
        return false;
    };
    origin
        .split_once("://")
        .is_some_and(|(_, from)| from.eq_ignore_ascii_case(host))
}

/// Says in plain HTTP what is spoken here or why not to this one, and lets the peer read it.
async fn refuse(stream: &mut TcpStream, status: &str) -> io::Result<Vec<u8>> {
    let address = stream.local_addr()?;
    let body = if status == FOREIGN {
        "A page of another site may join this chat room only if the server is started\n\
         with --allow-origin and the page's origin.\n"
            .to_owned()
    } else {
        format!(
            "This is a chat room that speaks WebSocket, not plain HTTP.\n\
             Connect with a WebSocket client, for example:\n\
             \n\
             \x20   cargo run -p ws-chatroom -- client ws://{address}\n\
             \x20   python3 -m websockets ws://{address}\n"
        )
    };
    let response = format!(
        "HTTP/1.1 {status}\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(response.as_bytes()).await?;
    stream.shutdown().await?;
    // Closing with bytes unread would throw away what the peer has not read yet.
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await? > 0 {}
    Err(io::Error::new(ErrorKind::InvalidData, status.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HANDSHAKE: &str = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\n\
        Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

    #[test]
    fn the_handshake_of_rfc_6455_is_answered_as_the_rfc_says() {
        let (size, answer) = response(HANDSHAKE.as_bytes(), &[]).unwrap().unwrap();
        let answer = String::from_utf8(answer).unwrap().to_lowercase();
        assert_eq!(size, HANDSHAKE.len());
        assert!(answer.starts_with("http/1.1 101 switching protocols\r\n"));
        // Section 1.3 computes this from that key.
        assert!(answer.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"));
        assert!(answer.ends_with("\r\n\r\n"));
    }

    #[test]
    fn half_a_handshake_is_waited_for() {
        for cut in 0..HANDSHAKE.len() {
            assert_eq!(
                response(&HANDSHAKE.as_bytes()[..cut], &[]),
                Ok(None),
                "{cut}"
            );
        }
    }

    #[test]
    fn what_is_no_handshake_is_told_what_is_spoken_here() {
        for request in [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
            &HANDSHAKE.replace("Version: 13", "Version: 8"),
        ] {
            let status = response(request.as_bytes(), &[]).unwrap_err();
            assert!(status.starts_with("426"), "{request}");
        }
        for request in [
            "\x16\x03\x01 not HTTP at all\r\n\r\n",
            &HANDSHAKE.replace("dGh", ""),
        ] {
            let status = response(request.as_bytes(), &[]).unwrap_err();
            assert!(status.starts_with("400"), "{request}");
        }
    }

    #[test]
    fn a_page_of_another_site_may_not_join_unless_it_is_allowed() {
        let from = |origin: &str| {
            let origin = format!("Origin: {origin}\r\nUpgrade:");
            HANDSHAKE.replace("Upgrade:", &origin)
        };
        let allowed = ["https://friend.example".to_owned()];
        for origin in [
            "http://server.example.com",
            "https://SERVER.example.com",
            "https://friend.example",
        ] {
            let request = from(origin);
            assert!(response(request.as_bytes(), &allowed).is_ok(), "{origin}");
        }
        for origin in [
            "https://evil.example",
            "http://friend.example",
            "http://server.example.com:3000",
            "http://server.example.com.evil.example",
            "null",
            "",
        ] {
            let request = from(origin);
            assert_eq!(
                response(request.as_bytes(), &allowed),
                Err(FOREIGN),
                "{origin}"
            );
            assert!(response(request.as_bytes(), &["*".to_owned()]).is_ok());
        }
    }
}
