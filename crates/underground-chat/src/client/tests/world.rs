//! A server in memory that can be away, go silent, and die after any byte.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::super::{Dial, Port};
use crate::protocol::{Account, Limits, Request, ServerSession, Token};

/// What happens to one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It works.
    Works,
    /// Nobody listens.
    Refused,
    /// It ends after so many bytes, both ways together.
    Dies(usize),
    /// It says nothing after so many bytes, and does not end.
    Stalls(usize),
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// The fates of the connections to come to the write port; then they work.
    pub(super) fates: VecDeque<Fate>,
    /// The same for the read port.
    pub(super) read_fates: VecDeque<Fate>,
    pub(super) posted: Vec<String>,
    /// How many of them no reader was there for.
    pub(super) unheard: usize,
    pub(super) tries: Vec<(Port, Instant)>,
    pub(super) accounts: Vec<Account>,
    readers: Vec<DuplexStream>,
    /// Conversations on the write port.
    writers: Vec<AbortHandle>,
    /// Until then nobody listens.
    away: Option<Instant>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct World(Arc<Mutex<State>>);

impl World {
    pub(super) fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// A server that knows one account.
    pub(super) fn with_account() -> (Self, Token) {
        let world = Self::default();
        let token = Token::random();
        world.state().accounts.push(Account {
            nickname: "Keen oleg".to_owned(),
            token: token.clone(),
        });
        (world, token)
    }

    /// The server closes every read connection.
    pub(super) fn drop_readers(&self) {
        self.state().readers.clear();
    }

    /// The server closes every connection and takes none until `returns`.
    pub(super) fn leave_until(&self, returns: Instant) {
        let mut state = self.state();
        state.away = Some(returns);
        state.readers.clear();
        for writer in state.writers.drain(..) {
            writer.abort();
        }
    }

    /// Says `line` to every reader.
    pub(super) async fn say(&self, line: &str) {
        let mut readers = std::mem::take(&mut self.state().readers);
        for reader in &mut readers {
            reader.write_all(line.as_bytes()).await.unwrap();
        }
        self.state().readers = readers;
    }

    fn answer(&self, session: &mut ServerSession, request: Request) {
        let mut state = self.state();
        match request {
            Request::LogIn(token) => {
                match state.accounts.iter().find(|known| known.token == token) {
                    Some(account) => session.logged_in(account),
                    None => session.unknown(),
                }
            }
            Request::Register(name) => {
                let account = Account {
                    nickname: format!("Keen {name}"),
                    token: Token::random(),
                };
                session.logged_in(&account);
                state.accounts.push(account);
            }
            Request::Post(line) => {
                state.unheard += usize::from(state.readers.is_empty());
                state.posted.push(String::from_utf8(line.to_vec()).unwrap());
                session.posted();
            }
        }
    }

    /// One connection to the write port.
    async fn serve(self, mut stream: DuplexStream, fate: Fate) {
        let mut session = ServerSession::new(Limits::default());
        let (mut budget, stalls) = match fate {
            Fate::Dies(bytes) => (bytes, false),
            Fate::Stalls(bytes) => (bytes, true),
            _ => (usize::MAX, false),
        };
        let mut chunk = [0; 1024];
        loop {
            while let Some(request) = session.next_request().unwrap() {
                self.answer(&mut session, request);
            }
            let outgoing = session.take_outgoing();
            let passed = outgoing.len().min(budget);
            budget -= passed;
            if stream.write_all(&outgoing[..passed]).await.is_err() {
                return;
            }
            if budget > 0 {
                match stream.read(&mut chunk).await {
                    Ok(0) | Err(_) => return,
                    Ok(count) => {
                        let passed = count.min(budget);
                        budget -= passed;
                        session.receive(&chunk[..passed]);
                        if budget > 0 {
                            continue;
                        }
                        // What arrived with the last byte was still heard.
                        while let Some(request) = session.next_request().unwrap() {
                            self.answer(&mut session, request);
                        }
                    }
                }
            }
            if stalls {
                std::future::pending::<()>().await;
            }
            return;
        }
    }
}

impl Dial for World {
    type Stream = DuplexStream;

    async fn dial(&self, port: Port) -> io::Result<DuplexStream> {
        let (ours, theirs) = duplex(64 * 1024);
        let mut state = self.state();
        state.tries.push((port, Instant::now()));
        let fate = match port {
            Port::Read => state.read_fates.pop_front(),
            Port::Write => state.fates.pop_front(),
        }
        .unwrap_or(Fate::Works);
        if fate == Fate::Refused || state.away.is_some_and(|returns| Instant::now() < returns) {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        match port {
            Port::Read => state.readers.push(theirs),
            Port::Write => {
                let serving = tokio::spawn(self.clone().serve(theirs, fate));
                state.writers.push(serving.abort_handle());
            }
        }
        Ok(ours)
    }
}
