//! Keeps the read port up, and turns what comes into messages.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use common::escape::visible;
use common::reason::plain;
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::backoff::Backoff;
use super::{CHUNK, Closed, Dial, Event, Port, Shared, Status, connect, pause, tell};
use crate::protocol::LineBuffer;

pub(super) struct Reading<D> {
    pub(super) server: Arc<D>,
    pub(super) shared: Arc<Shared>,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) backoff: Backoff,
}

impl<D: Dial> Reading<D> {
    /// Runs until nobody listens to the events.
    pub(super) async fn run(mut self) {
        while self.once().await.is_ok() {}
    }

    async fn once(&mut self) -> Result<(), Closed> {
        let mut up = Duration::ZERO;
        let why = match connect(&*self.server, Port::Read, &self.events).await? {
            Ok(stream) => {
                tell(&self.events, Event::Status(Port::Read, Status::Up)).await?;
                // The server is back: the other port need not wait either.
                self.shared.hurry.notify_waiters();
                self.shared.heard.send_replace(true);
                let since = Instant::now();
                let why = self.listen(stream).await?;
                self.shared.heard.send_replace(false);
                up = since.elapsed();
                why
            }
            Err(why) => why,
        };
        let wait = self.backoff.next(up);
        pause(&self.shared, Port::Read, &self.events, wait, why).await
    }

    /// Passes messages on until the connection ends; why it did.
    async fn listen(&self, mut stream: D::Stream) -> Result<String, Closed> {
        let mut lines = LineBuffer::default();
        let mut chunk = vec![0; CHUNK];
        let mut suspect = pin!(self.shared.suspect.notified());
        loop {
            let read = tokio::select! {
                read = stream.read(&mut chunk) => read,
                () = &mut suspect => {
                    return Ok("the write port died without a word".to_owned());
                }
            };
            match read {
                Ok(0) => return Ok("the server closed the connection".to_owned()),
                Ok(count) => lines.extend(&chunk[..count]),
                Err(error) => return Ok(plain(&error)),
            }
            loop {
                match lines.next_line() {
                    Ok(Some(line)) if line.is_empty() => {}
                    Ok(Some(line)) => {
                        let line = visible(&line).into_owned();
                        tell(&self.events, Event::Message(line)).await?;
                    }
                    Ok(None) => break,
                    Err(error) => return Ok(error.to_string()),
                }
            }
        }
    }
}
