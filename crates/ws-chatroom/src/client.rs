//! The person's end: what is typed is sent, what comes is shown.
//!
//! It knows nothing of rooms and is the same for every stage, as the challenge
//! asks. Beyond the challenge's `client.py` it keeps what is being typed when a
//! message comes, shows control characters instead of obeying them, and comes
//! back when the connection is lost.

mod console;
mod conversation;
mod terminal;

use std::time::Duration;

use anyhow::{Context as _, bail};
use common::shutdown::Shutdown;
use tokio::net::{TcpStream, lookup_host};
use tokio::runtime::Builder;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use console::{Console, Input};
use conversation::Ending;

/// Where a server listens and a client connects unless told otherwise.
pub const ADDRESS: &str = "127.0.0.1:8765";

/// The server that a client connects to unless told otherwise.
pub const URL: &str = "ws://127.0.0.1:8765";

/// The port of a server that is named without one.
const PORT: u16 = 8765;

const ADVICE: &str = "give the server as ws://HOST:PORT, like ws://127.0.0.1:8765";

/// What a person at a terminal reads first. The server says none of it: the challenge has no
/// such message, and nobody is told their own number.
const HINTS: [&str; 5] = [
    "on a server at its last stage:",
    "  page        calls the others until one of them types",
    "  invite N    begins a private chat with client N; leave ends it",
    "  < 7 secret  somebody wrote secret, 7 s after connecting",
    "nobody is told their own number: those who were here before saw it",
];

/// How long connecting may take.
const CONNECTING: Duration = Duration::from_secs(10);

/// The longest message that is shown: the longest that any server may be told to
/// let through, and what a stage puts before it.
const LONGEST_MESSAGE: usize = crate::server::LONGEST_MESSAGE + 64;

/// The pause between two attempts to connect again, in seconds, once the shorter ones are used up.
const LONGEST_PAUSE: u64 = 8;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Chats at the terminal, or between stdin and stdout when one of them is none,
/// until the input ends or `shutdown`.
///
/// # Errors
///
/// The server cannot be reached at first, or has gone when a piped input has ended.
pub fn run(url: &str, shutdown: &Shutdown) -> anyhow::Result<()> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(async {
            tokio::select! {
                result = chat(url, shutdown) => result,
                // A conversation says goodbye by itself; everything else just stops.
                () = async { shutdown.requested().await; sleep(2 * conversation::GOODBYE).await } => Ok(()),
            }
        })
}

async fn chat(url: &str, shutdown: &Shutdown) -> anyhow::Result<()> {
    let url = &address(url)?;
    let mut socket = tokio::select! {
        socket = connect(url) => socket?,
        () = shutdown.requested() => return Ok(()),
    };
    let mut console = Console::open()?;
    if console.is_terminal() {
        console
            .notice(format!("connected to {url}; Ctrl-D ends"))
            .await;
        for hint in HINTS {
            console.notice(hint.to_owned()).await;
        }
    }
    while let Ending::Lost(reason) = conversation::hold(socket, &mut console, shutdown).await {
        let again = tokio::select! {
            again = reconnect(url, &reason, &mut console) => again?,
            () = shutdown.requested() => None,
        };
        match again {
            Some(again) => socket = again,
            None => break,
        }
    }
    console.close().await;
    Ok(())
}

/// The server's URL; `HOST:PORT` or `HOST` alone is enough.
fn address(text: &str) -> anyhow::Result<String> {
    let (_, host) = text.split_once("://").unwrap_or(("", text));
    if !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_digit()) {
        // As a host it would be an address nobody means: 9100 is 0.0.35.140.
        bail!("cannot connect to {text}: that is a port; give HOST:PORT or ws://HOST:PORT");
    }
    match text.split_once("://") {
        None if !has_port(text) => {
            let (host, path) = text.split_at(text.find('/').unwrap_or(text.len()));
            Ok(format!("ws://{host}:{PORT}{path}"))
        }
        None => Ok(format!("ws://{text}")),
        Some(("ws", _)) => Ok(text.to_owned()),
        Some(("wss", _)) => {
            bail!("cannot connect to {text}: only ws:// is spoken here, not wss://")
        }
        Some(_) => bail!("cannot connect to {text}: {ADVICE}"),
    }
}

/// Whether a port stands behind the host, which may be `[IPv6]`.
fn has_port(text: &str) -> bool {
    let host = text.split('/').next().unwrap_or(text);
    let behind = host.rfind(']').map_or(host, |end| &host[end..]);
    behind.contains(':')
}

/// Whether the URL's host is a name that nobody knows.
async fn is_unknown(url: &str) -> bool {
    let Ok(request) = url.into_client_request() else {
        return false;
    };
    let host = request.uri().host().unwrap_or_default();
    // An address needs no resolver, with or without brackets.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    lookup_host((host, PORT)).await.is_err()
}

async fn connect(url: &str) -> anyhow::Result<Socket> {
    let config = WebSocketConfig::default()
        .read_buffer_size(16 * 1024)
        .max_message_size(Some(LONGEST_MESSAGE))
        .max_frame_size(Some(LONGEST_MESSAGE));
    let connecting = connect_async_with_config(url, Some(config), true);
    match timeout(CONNECTING, connecting).await {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(Error::Io(error))) => {
            if is_unknown(url).await {
                bail!("cannot connect to {url}: nobody knows that host: {error}");
            }
            bail!(
                "cannot connect to {url}: {error}; is the server running? \
                 cargo run -p ws-chatroom -- server starts one"
            )
        }
        Ok(Err(Error::Url(_) | Error::HttpFormat(_))) => bail!("cannot connect to {url}: {ADVICE}"),
        Ok(Err(error)) => bail!("cannot connect to {url}: {error}"),
        Err(_) => bail!("cannot connect to {url}: no answer within {CONNECTING:?}"),
    }
}

/// Connects again, with growing pauses; `None` when the person ends it before that.
async fn reconnect(
    url: &str,
    reason: &str,
    console: &mut Console,
) -> anyhow::Result<Option<Socket>> {
    let mut lost = format!("connection lost: {reason}");
    for pause in [1, 2, 4]
        .into_iter()
        .chain(std::iter::repeat(LONGEST_PAUSE))
    {
        console
            .notice(format!("{lost}; trying again in {pause} s"))
            .await;
        let attempt = async {
            sleep(Duration::from_secs(pause)).await;
            connect(url).await
        };
        let mut attempt = std::pin::pin!(attempt);
        let result = loop {
            tokio::select! {
                result = &mut attempt => break result,
                input = console.input_while_away() => match input {
                    Input::End if console.is_terminal() => return Ok(None),
                    Input::End => bail!("{lost}"),
                    Input::Line(_) => console.notice("not connected: that was not sent".to_owned()).await,
                },
            }
        };
        match result {
            Ok(socket) => {
                let again = "connected again, as a new client with a new number";
                console.notice(again.to_owned()).await;
                return Ok(Some(socket));
            }
            Err(error) => {
                tracing::debug!("{error:#}");
                lost = format!("{url} does not answer");
            }
        }
    }
    unreachable!("the last pause repeats")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_without_a_port_means_the_servers_own() {
        for (given, url) in [
            ("localhost", "ws://localhost:8765"),
            ("localhost/chat", "ws://localhost:8765/chat"),
            ("[::1]", "ws://[::1]:8765"),
            ("[::1]:9000", "ws://[::1]:9000"),
            ("127.0.0.1:9000", "ws://127.0.0.1:9000"),
            ("ws://example.com", "ws://example.com"),
        ] {
            assert_eq!(address(given).unwrap(), url);
        }
    }
}
