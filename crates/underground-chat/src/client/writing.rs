//! Keeps the write port up: a [`ClientSession`](crate::protocol::ClientSession) over a stream.

use std::sync::Arc;
use std::time::Duration;

use common::reason::plain;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::backoff::Backoff;
use super::{CHUNK, Closed, Dial, Event, Port, Shared, Status, connect, pause, tell};
use crate::protocol::{ClientEvent, ProtocolError};

/// A write that takes longer leads nowhere.
const STUCK: Duration = Duration::from_secs(10);

/// How long the write port waits for the read port.
const HEAR_FIRST: Duration = Duration::from_secs(1);

pub(super) struct Writing<D> {
    pub(super) server: Arc<D>,
    pub(super) shared: Arc<Shared>,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) backoff: Backoff,
}

impl<D: Dial> Writing<D> {
    /// Runs until nobody listens to the events.
    pub(super) async fn run(mut self) {
        while self.once().await.is_ok() {}
    }

    async fn once(&mut self) -> Result<(), Closed> {
        while !self.shared.session().wants_connection() {
            tokio::select! {
                () = self.shared.wake.notified() => {}
                () = self.events.closed() => return Err(Closed),
            }
        }
        let mut up = Duration::ZERO;
        let why = match connect(&*self.server, Port::Write, &self.events).await? {
            Ok(stream) => {
                self.hear_first().await;
                self.shared.session().connected(Instant::now().into_std());
                let mut since = None;
                let why = self.converse(stream, &mut since).await?;
                // What the end of the conversation has left over.
                self.report(&mut since).await?;
                up = since.map_or(Duration::ZERO, |since| since.elapsed());
                let mut session = self.shared.session();
                session.disconnected();
                match why {
                    // Without a way to get in there is nothing to try again, and
                    // nothing failed where a new one needs a new connection.
                    Some(why) if session.wants_connection() => why,
                    _ => return Ok(()),
                }
            }
            Err(why) => why,
        };
        let wait = self.backoff.next(up);
        pause(&self.shared, Port::Write, &self.events, wait, why).await
    }

    /// Lets the read port come up before anything is said: the server keeps nothing for
    /// those who are not there, and what we said would be missing from our own screen.
    async fn hear_first(&self) {
        // The server is back: the other port need not wait either.
        self.shared.hurry.notify_waiters();
        let mut heard = self.shared.heard.subscribe();
        // A read port that stays down is no reason not to speak.
        let _ = tokio::time::timeout(HEAR_FIRST, heard.wait_for(|heard| *heard)).await;
    }

    /// Talks until the connection ends; why it did, or `None` where we ended it to log
    /// in otherwise. `since` is when messages were first taken.
    async fn converse(
        &self,
        mut stream: D::Stream,
        since: &mut Option<Instant>,
    ) -> Result<Option<String>, Closed> {
        let mut chunk = vec![0; CHUNK];
        loop {
            let outgoing = {
                let mut session = self.shared.session();
                if session.is_offline() {
                    return Ok(None);
                }
                session.take_outgoing()
            };
            if !outgoing.is_empty() {
                match tokio::time::timeout(STUCK, stream.write_all(&outgoing)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => return Ok(Some(plain(&error))),
                    Err(_) => return Ok(Some(self.silent(&ProtocolError::Silent))),
                }
            }
            // After the question has left: whoever is slow to take the events
            // must not use up the time the server has to answer.
            self.report(since).await?;
            let deadline = self.shared.session().deadline();
            let deadline = async {
                match deadline {
                    Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                // An answer that lies there is in time, however late we come to look.
                biased;
                read = stream.read(&mut chunk) => match read {
                    Ok(0) => return Ok(Some("the server closed the connection".to_owned())),
                    Ok(count) => {
                        let now = Instant::now().into_std();
                        let received = self.shared.session().receive(&chunk[..count], now);
                        if let Err(error) = received {
                            return Ok(Some(error.to_string()));
                        }
                    }
                    Err(error) => return Ok(Some(plain(&error))),
                },
                () = self.shared.wake.notified() => {}
                () = deadline => {
                    let asked = self.shared.session().timeout(Instant::now().into_std());
                    if let Err(error) = asked {
                        return Ok(Some(self.silent(&error)));
                    }
                }
            }
        }
    }

    /// The line has died without a word: the other port, to the same machine, is tried anew as well.
    fn silent(&self, error: &ProtocolError) -> String {
        self.shared.suspect.notify_waiters();
        error.to_string()
    }

    async fn report(&self, since: &mut Option<Instant>) -> Result<(), Closed> {
        loop {
            let Some(event) = self.shared.session().next_event() else {
                return Ok(());
            };
            let event = match event {
                ClientEvent::Nickname(name) => Event::Nickname(name),
                ClientEvent::Registered(account) => Event::Registered(account),
                ClientEvent::TokenRejected => Event::TokenRejected,
                ClientEvent::Sent(id) => Event::Sent(id),
                ClientEvent::Welcome => {
                    *since = Some(Instant::now());
                    self.shared.hurry.notify_waiters();
                    Event::Status(Port::Write, Status::Up)
                }
            };
            tell(&self.events, event).await?;
        }
    }
}
