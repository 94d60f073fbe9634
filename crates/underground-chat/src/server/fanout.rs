//! Everything said, to everybody who reads.
//!
//! One task goes round all readers and offers each of them all that waits for
//! it, in one send that does not wait. What is said meanwhile joins the round
//! where it is, and goes round once from there: so a line is never later than
//! one round, a reader costs one system call per round however many lines came,
//! and nobody waits for a reader that does not read. A reader is its socket and
//! 24 bytes: it has no task and no buffer of its own.

use std::io::{ErrorKind, IoSlice};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use common::accept::Acceptor;
use futures_util::FutureExt as _;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Instant;

use super::Settings;
use super::log::{Log, Position};

/// How soon a reader whose kernel buffer was full is offered the rest; then after
/// twice the time, and so on, for it may have stopped reading for good.
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

/// What became of a reader that was visited.
enum Served {
    /// It has everything.
    Whole,
    /// Its kernel buffer is full: it gets the rest later. `moved`: it has taken something.
    Behind { moved: bool },
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
    /// The reader whose turn it is.
    next: usize,
    /// How many have to be visited from there until everybody has been offered everything.
    unvisited: usize,
    /// How long until everybody is offered the rest again, if nobody says anything before.
    retry: Duration,
    /// Bytes taken in during a round, at most: a reader that keeps up is then
    /// never near the end of the log, however fast others write.
    intake: usize,
    round: Round,
}

/// One time round all readers, and what it may still bring.
#[derive(Debug)]
struct Round {
    bytes_left: usize,
    visits_left: usize,
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
            next: 0,
            unvisited: 0,
            retry: SWEEP,
            intake: backlog / 4,
            round: Round {
                bytes_left: backlog / 4,
                visits_left: 0,
            },
        }
    }

    /// Serves until nobody can post any more and everybody has been offered everything.
    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Bytes>) {
        loop {
            if self.unvisited == 0 && !self.pause(&mut inbox).await {
                return;
            }
            self.visit(STRIDE);
            self.admit_waiting();
            self.take_in(&mut inbox);
            tokio::task::yield_now().await;
        }
    }

    /// Waits for something to do; `false` when nobody can post any more.
    async fn pause(&mut self, inbox: &mut mpsc::Receiver<Bytes>) -> bool {
        let look = Instant::now() + self.retry;
        self.retry = (self.retry * 2).min(SWEEP);
        loop {
            tokio::select! {
                (stream, peer) = self.acceptor.next() => self.admit(stream, peer),
                line = inbox.recv() => {
                    let Some(line) = line else { return false };
                    self.admit_waiting();
                    self.append(&line);
                    return true;
                }
                () = tokio::time::sleep_until(look), if !self.readers.is_empty() => {
                    self.unvisited = self.readers.len();
                    return true;
                }
            }
        }
    }

    /// Readers that came before what is written down next are to hear it.
    fn admit_waiting(&mut self) {
        for _ in 0..STRIDE {
            let Some((stream, peer)) = self.acceptor.next().now_or_never() else {
                break;
            };
            self.admit(stream, peer);
        }
    }

    fn admit(&mut self, stream: TcpStream, peer: SocketAddr) {
        match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => {
                self.readers.push(Reader {
                    stream,
                    position: self.log.end(),
                    _place: place,
                });
                // The round may lead past the newcomer.
                self.unvisited += usize::from(self.unvisited > 0);
            }
            Err(_) => tracing::warn!(%peer, "no room for another reader"),
        }
    }

    /// Writes down what has come, as much as this round may bring.
    fn take_in(&mut self, inbox: &mut mpsc::Receiver<Bytes>) {
        while self.round.bytes_left > 0
            && let Ok(line) = inbox.try_recv()
        {
            self.append(&line);
        }
    }

    /// Everybody is to get `line`: the round goes on until it is back here.
    fn append(&mut self, line: &[u8]) {
        self.log.append(line);
        self.unvisited = self.readers.len();
        self.round.bytes_left = self.round.bytes_left.saturating_sub(line.len());
        self.retry = RETRY;
    }

    /// Offers the next `count` readers what waits for them.
    fn visit(&mut self, count: usize) {
        for _ in 0..count.min(self.unvisited) {
            if self.readers.is_empty() {
                self.unvisited = 0;
                break;
            }
            self.next %= self.readers.len();
            match self.readers[self.next].serve(&self.log) {
                Served::Whole => self.next += 1,
                Served::Behind { moved } => {
                    if moved {
                        self.retry = RETRY;
                    }
                    self.next += 1;
                }
                Served::Gone(why) => {
                    // The last one takes the place, and is visited there (again, perhaps).
                    let gone = self.readers.swap_remove(self.next);
                    let peer = gone.stream.peer_addr().ok();
                    tracing::debug!(?peer, why, "a reader is gone");
                    self.unvisited += 1;
                }
            }
            self.unvisited -= 1;
            self.round.visits_left = self.round.visits_left.saturating_sub(1);
        }
        if self.unvisited == 0 || self.round.visits_left == 0 {
            self.round = Round {
                bytes_left: self.intake,
                visits_left: self.readers.len(),
            };
        }
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
        let mut moved = false;
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
                    moved = true;
                    if sent == length {
                        return Served::Whole;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Served::Behind { moved };
                }
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
