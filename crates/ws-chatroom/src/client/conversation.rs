//! One connection's life: lines out, messages in, and a goodbye.

use std::pin::pin;
use std::time::Duration;

use common::escape::visible;
use common::shutdown::Shutdown;
use futures_util::{Sink, SinkExt as _, Stream, StreamExt as _};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::Socket;
use super::console::{Console, Input, Lines, Printer};

/// How long a client waits for the server's goodbye, reading what still comes.
pub(super) const GOODBYE: Duration = Duration::from_secs(2);

/// How a conversation ended.
pub(super) enum Ending {
    /// The person, or the end of a piped input, ended it.
    Wanted,
    /// The connection has gone.
    Lost(String),
}

/// Sends lines and shows messages until one of the two ends.
///
/// Both go on at once: a client that stopped reading while it sends would be
/// taken for a slow one.
///
/// # Cancel safety
///
/// Not cancel safe: a line or message under way would be lost.
pub(super) async fn hold(socket: Socket, console: &mut Console, shutdown: &Shutdown) -> Ending {
    let (mut sink, stream) = socket.split();
    let (lines, printer) = console.halves();
    let mut receiving = pin!(receive(stream, printer));
    let sent = {
        let sending = pin!(send(&mut sink, lines));
        tokio::select! {
            lost = &mut receiving => return Ending::Lost(lost),
            sent = sending => sent,
            () = shutdown.requested() => Ok(()),
        }
    };
    if let Err(error) = sent {
        // The server may have said why before the connection broke.
        let reason = timeout(GOODBYE, receiving).await;
        return Ending::Lost(reason.unwrap_or_else(|_| error.to_string()));
    }
    // What the server sends before it answers the goodbye is still shown.
    let goodbye = async { tokio::join!(sink.close(), receiving) };
    if let Err(error) = timeout(GOODBYE, goodbye).await {
        tracing::debug!(%error, "the server did not say goodbye in time");
    }
    Ending::Wanted
}

/// Sends every line as it comes, until the input ends.
async fn send(
    sink: &mut (impl Sink<Message, Error = Error> + Unpin),
    lines: &mut Lines,
) -> Result<(), Error> {
    while let Input::Line(line) = lines.next().await {
        sink.send(Message::text(line)).await?;
    }
    Ok(())
}

/// Shows every message as it comes; answers why no more will.
async fn receive(
    mut stream: impl Stream<Item = Result<Message, Error>> + Unpin,
    printer: &Printer,
) -> String {
    const CLOSED: &str = "the server closed it";
    let mut reason = CLOSED.to_owned();
    while let Some(message) = stream.next().await {
        match message {
            Ok(Message::Text(text)) => printer.print(format!("< {}\n", visible(&text))).await,
            Ok(Message::Close(Some(close))) => {
                let said = match &*close.reason {
                    "" => CLOSED,
                    said => said,
                };
                reason = format!("{said} (code {})", close.code);
            }
            // Pings are answered by the next read; the challenge has text alone.
            Ok(_) => {}
            Err(Error::ConnectionClosed | Error::AlreadyClosed) => break,
            Err(error) => return error.to_string(),
        }
    }
    reason
}
