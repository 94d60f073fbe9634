//! One connection to the write port: a [`ServerSession`] over a socket.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Shared;
use crate::protocol::{Account, Request, ServerSession, Token};

/// A client that says nothing is kept at least two hours; the slowest known one pings every 90 minutes.
const IDLE: Duration = Duration::from_secs(3 * 3600);
/// A client that does not take its answers for this long is given up.
const UNREAD: Duration = Duration::from_secs(60);
/// Taken in at a time. Lives on the stack of one poll: a client that waits owns no buffer.
/// A chunk of empty lines is answered by 60 KB, which is all that is kept for a client
/// that asks and does not listen.
const CHUNK: usize = 1024;

/// Talks to one client to the end; what went wrong goes to the log.
pub(super) async fn run(stream: TcpStream, peer: SocketAddr, shared: Arc<Shared>) {
    match converse(stream, &shared).await {
        Ok(()) => tracing::debug!(%peer, "a writer left"),
        Err(why) => tracing::info!(%peer, why, "closed a writer"),
    }
}

async fn converse(mut stream: TcpStream, shared: &Shared) -> Result<(), &'static str> {
    let mut session = ServerSession::new(shared.settings.limits);
    let mut account = None;
    // A client may post and close without waiting for its answers: nobody hears
    // them then, and what it had sent is posted all the same.
    let mut deaf = false;
    loop {
        while let Some(request) = session
            .next_request()
            .map_err(|_too_long| "a line was too long")?
        {
            answer(&mut session, request, &mut account, shared).await?;
        }
        let outgoing = session.take_outgoing();
        if !deaf && !outgoing.is_empty() {
            deaf = timeout(UNREAD, stream.write_all(&outgoing))
                .await
                .map_err(|_elapsed| "it did not take its answers")?
                .is_err();
        }
        drop(outgoing);
        loop {
            timeout(IDLE, stream.readable())
                .await
                .map_err(|_elapsed| "it said nothing for hours")?
                .map_err(|_broken| "its socket failed")?;
            let mut chunk = [0; CHUNK];
            match stream.try_read(&mut chunk) {
                Ok(0) => return Ok(()),
                Ok(count) => {
                    session.receive(&chunk[..count]);
                    break;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return Ok(()),
            }
        }
    }
}

async fn answer(
    session: &mut ServerSession,
    request: Request,
    account: &mut Option<Token>,
    shared: &Shared,
) -> Result<(), &'static str> {
    match request {
        Request::LogIn(token) => {
            let found = shared.accounts.find(&token).map_err(|error| {
                tracing::error!(%error, "cannot read the accounts");
                "its account could not be read"
            })?;
            match found {
                Some(nickname) => {
                    *account = Some(token.clone());
                    session.logged_in(&Account { nickname, token });
                }
                None => session.unknown(),
            }
        }
        Request::Register(wanted) => {
            let nickname = {
                let mut random = shared.random.lock().unwrap_or_else(PoisonError::into_inner);
                shared.nicknames.choose(&wanted, &mut *random)
            };
            let made = shared.accounts.register(nickname).await;
            let made = made.ok_or("its account could not be written")?;
            session.logged_in(&made);
            *account = Some(made.token);
        }
        Request::Post(line) => {
            let wait = account.as_ref().map_or(Some(Duration::ZERO), |account| {
                let mut rate = shared.rate.lock().unwrap_or_else(PoisonError::into_inner);
                rate.count(account, Instant::now())
            });
            // The protocol knows no refusal: without an answer it is sent again later.
            let wait = wait.ok_or("its account posts faster than --rate allows")?;
            // Short enough to be waited for even when the client has gone:
            // what came before a hasty close is posted, and no faster.
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
            let sent = shared.inbox.send(line).await;
            sent.map_err(|_closed| "the server is stopping")?;
            session.posted();
        }
    }
    Ok(())
}
