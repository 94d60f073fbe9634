//! Everything said, to everybody who reads.
//!
//! One task serves all readers in turns: it takes in the lines that have come,
//! then offers each reader all that waits for it, in one send that does not
//! wait. So a message costs one copy and each reader one system call per turn,
//! however many lines came meanwhile; nobody waits for a reader that does not
//! read; and a reader costs its socket and 24 bytes, no task and no buffer.

use std::io::{ErrorKind, IoSlice};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use common::accept::Acceptor;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Instant;

use super::Settings;
use super::log::{Log, Position};

/// How soon a reader whose kernel buffer was full is offered the rest.
const RETRY: Duration = Duration::from_millis(20);
/// How soon a reader that has left is noticed when nobody says anything.
const SWEEP: Duration = Duration::from_secs(1);
/// Readers served before the other tasks of the thread get their turn.
const STRIDE: usize = 64;
/// A nickname and its adjective, the separators and the line's end, in bytes.
const LINE_OVERHEAD: usize = 256;

#[derive(Debug)]
struct Reader {
    stream: TcpStream,
    /// Everything before it has been sent.
    position: Position,
    _place: OwnedSemaphorePermit,
}

/// What became of a reader in a turn.
enum Served {
    /// It has everything.
    Whole,
    /// Its kernel buffer is full: it gets the rest later.
    Behind,
    /// It has left, or is too slow.
    Gone(&'static str),
}

/// All readers, and what they have not got yet.
#[derive(Debug)]
pub(super) struct Fanout {
    acceptor: Acceptor,
    places: Arc<Semaphore>,
    readers: Vec<Reader>,
    /// Bound: the backlog. Overflow policy: readers that needed what it forgets are disconnected.
    log: Log,
    /// Bytes taken in before everybody is served: a reader that keeps up is then
    /// never near the end of the log, however fast others write.
    intake: usize,
}

impl Fanout {
    pub(super) fn new(acceptor: Acceptor, places: Arc<Semaphore>, settings: &Settings) -> Self {
        let longest = settings.limits.message + LINE_OVERHEAD;
        let backlog = settings.backlog.max(4 * longest);
        Self {
            acceptor,
            places,
            readers: Vec::new(),
            log: Log::new(backlog),
            intake: backlog / 4,
        }
    }

    /// Serves until nobody can post any more, then once more what is left.
    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Bytes>) {
        let mut behind = false;
        // The next turn that no message asks for.
        let mut look = Instant::now() + SWEEP;
        loop {
            tokio::select! {
                (stream, peer) = self.acceptor.next() => {
                    self.admit(stream, peer);
                    continue;
                }
                line = inbox.recv() => {
                    let Some(line) = line else { break };
                    self.take_in(line, &mut inbox);
                }
                () = tokio::time::sleep_until(look), if !self.readers.is_empty() => {}
            }
            behind = self.turn().await;
            look = Instant::now() + if behind { RETRY } else { SWEEP };
        }
        if behind {
            self.turn().await;
        }
    }

    fn admit(&mut self, stream: TcpStream, peer: std::net::SocketAddr) {
        match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => self.readers.push(Reader {
                stream,
                position: self.log.end(),
                _place: place,
            }),
            Err(_) => tracing::warn!(%peer, "no room for another reader"),
        }
    }

    /// Writes down `line` and what else has come, as much as one turn may bring.
    fn take_in(&mut self, line: Bytes, inbox: &mut mpsc::Receiver<Bytes>) {
        let mut taken = line.len();
        self.log.append(&line);
        while taken < self.intake
            && let Ok(line) = inbox.try_recv()
        {
            taken += line.len();
            self.log.append(&line);
        }
    }

    /// Offers every reader what waits for it; whether some could not take it all.
    async fn turn(&mut self) -> bool {
        let mut behind = false;
        let mut index = 0;
        while index < self.readers.len() {
            match self.readers[index].serve(&self.log) {
                Served::Whole => index += 1,
                Served::Behind => {
                    behind = true;
                    index += 1;
                }
                Served::Gone(why) => {
                    let gone = self.readers.swap_remove(index);
                    let peer = gone.stream.peer_addr().ok();
                    tracing::debug!(?peer, why, "a reader is gone");
                }
            }
            if index % STRIDE == STRIDE - 1 {
                tokio::task::yield_now().await;
            }
        }
        behind
    }
}

impl Reader {
    fn serve(&mut self, log: &Log) -> Served {
        // What it says means nothing here, but it has to be read to learn that it
        // left. Without news from the kernel this is no system call.
        let mut ignored = [0; 512];
        match self.stream.try_read(&mut ignored) {
            Ok(0) => return Served::Gone("it left"),
            Err(error) if error.kind() != ErrorKind::WouldBlock => {
                return Served::Gone("its connection broke");
            }
            _ => {}
        }
        loop {
            let Some(waiting) = log.since(self.position) else {
                return Served::Gone("it was too slow");
            };
            let length = waiting.iter().map(|piece| piece.len()).sum::<usize>();
            if length == 0 {
                return Served::Whole;
            }
            match send(&self.stream, &waiting) {
                Ok(sent) => {
                    self.position = self.position.after(sent);
                    if sent == length {
                        return Served::Whole;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Served::Behind,
                Err(_) => return Served::Gone("its connection broke"),
            }
        }
    }
}

/// One send of both pieces; the plain call where there is only one, which it mostly is.
fn send(stream: &TcpStream, pieces: &[IoSlice<'_>; 2]) -> std::io::Result<usize> {
    if pieces[1].is_empty() {
        stream.try_write(&pieces[0])
    } else {
        stream.try_write_vectored(pieces)
    }
}
