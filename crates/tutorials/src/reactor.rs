//! Who waits for which descriptor: `epoll` on one side, wakers on the other
//! (added by lesson 12).
//!
//! A future that would block leaves its [`Waker`] here and answers `Pending`. The
//! reactor asks the kernel which descriptors are ready, for all of them at once, and
//! wakes those who wait for them. It knows nothing of tasks or schedulers; a waker is
//! all there is between the two, and it may be used from any thread.
//!
//! Descriptors are watched *edge-triggered*: the kernel speaks once when a socket
//! becomes readable, not again and again while it is. So that nothing said is lost,
//! each direction remembers it in a flag, and whoever comes to wait looks at the flag
//! and leaves his waker under the same lock. (Look, then leave it, without a lock:
//! that is the lost wake-up which lesson 12 shows.)

use std::collections::HashMap;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rustix::event::{EventfdFlags, Timespec, epoll, eventfd};

use crate::trace::{self, Why};

/// How many events one look at the kernel can bring. The rest comes with the next look.
const EVENTS: usize = 256;

/// The token of the descriptor that other threads rouse the reactor by. Sources count from 1.
const ROUSED: u64 = 0;

/// Watches descriptors and wakes who waits for them.
#[derive(Debug)]
pub struct Reactor {
    epoll: OwnedFd,
    /// A counter in the kernel that is readable when it is not zero.
    alarm: OwnedFd,
    sources: Mutex<Sources>,
}

#[derive(Debug, Default)]
struct Sources {
    /// One per watched descriptor, so the limit on descriptors bounds it.
    by_token: HashMap<u64, Arc<Source>>,
    last: u64,
}

/// One watched descriptor.
#[derive(Debug)]
pub struct Source {
    token: u64,
    read: Mutex<Direction>,
    write: Mutex<Direction>,
}

#[derive(Debug, Default)]
struct Direction {
    /// The kernel has said that it is ready, and nobody has taken notice yet.
    ready: bool,
    waiting: Option<Waker>,
}

/// What a task can wait for at a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Bytes, a connection, or the end.
    Readable,
    /// Room for bytes.
    Writable,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Reactor {
    /// One that watches nothing yet.
    ///
    /// # Errors
    ///
    /// There are no descriptors left.
    pub fn new() -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let alarm = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        // Edge-triggered too: each write is an event, and nobody needs to read it out.
        let token = epoll::EventData::new_u64(ROUSED);
        epoll::add(
            &epoll,
            &alarm,
            token,
            epoll::EventFlags::IN | epoll::EventFlags::ET,
        )?;
        Ok(Self {
            epoll,
            alarm,
            sources: Mutex::default(),
        })
    }

    /// Watches a descriptor, in both directions, until [`forget`](Self::forget).
    ///
    /// # Errors
    ///
    /// The kernel cannot watch it: a plain file, or there is no memory.
    pub fn watch(&self, descriptor: impl AsFd) -> io::Result<Arc<Source>> {
        let mut sources = lock(&self.sources);
        sources.last += 1;
        let source = Arc::new(Source {
            token: sources.last,
            read: Mutex::default(),
            write: Mutex::default(),
        });
        let flags = epoll::EventFlags::IN
            | epoll::EventFlags::OUT
            | epoll::EventFlags::RDHUP
            | epoll::EventFlags::ET;
        epoll::add(
            &self.epoll,
            descriptor,
            epoll::EventData::new_u64(source.token),
            flags,
        )?;
        sources.by_token.insert(source.token, Arc::clone(&source));
        Ok(source)
    }

    /// Watches it no longer. Whoever waits for it still is not woken.
    pub fn forget(&self, descriptor: impl AsFd, source: &Source) {
        // It fails only for a descriptor that is not watched: then all is well already.
        let _ = epoll::delete(&self.epoll, descriptor);
        lock(&self.sources).by_token.remove(&source.token);
    }

    /// Whether it watches nothing.
    pub fn is_empty(&self) -> bool {
        lock(&self.sources).by_token.is_empty()
    }

    /// Sleeps until a watched descriptor is ready, [`rouse`](Self::rouse) is called or `timeout` is
    /// over, and wakes who waits. Answers how many descriptors were ready. `None` sleeps for ever,
    /// zero does not sleep at all.
    ///
    /// # Errors
    ///
    /// Those of `epoll_wait(2)`. A signal is none: it answers that nothing was ready.
    pub fn wait(&self, timeout: Option<Duration>) -> io::Result<usize> {
        self.wait_then(timeout, || ())
    }

    /// The same, and calls `awake` before it wakes the first, if there is one.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    pub fn wait_then(&self, timeout: Option<Duration>, awake: impl FnOnce()) -> io::Result<usize> {
        // A timeout that does not fit is longer than any sleep.
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        let mut space = [const { MaybeUninit::<epoll::Event>::uninit() }; EVENTS];
        let (events, _) = match epoll::wait(&self.epoll, &mut space, timeout.as_ref()) {
            Ok(events) => events,
            Err(rustix::io::Errno::INTR) => return Ok(0),
            Err(error) => return Err(error.into()),
        };
        // Collected first, and announced without the lock: whoever is woken may come back to us.
        let ready: Vec<(Arc<Source>, epoll::EventFlags)> = {
            let sources = lock(&self.sources);
            let known = |event: &epoll::Event| {
                // An event can be older than `forget`; its token is never used again.
                let source = sources.by_token.get(&event.data.u64())?;
                Some((Arc::clone(source), event.flags))
            };
            events.iter().filter_map(known).collect()
        };
        if !ready.is_empty() {
            awake();
        }
        for (source, flags) in &ready {
            source.announce(*flags);
        }
        Ok(ready.len())
    }

    /// Ends a [`wait`](Self::wait), from any thread. The next one, if nobody waits just now.
    pub fn rouse(&self) {
        // It fails only when the counter is full: then it is readable, which is the point.
        let _ = rustix::io::write(&self.alarm, &1_u64.to_ne_bytes());
    }
}

impl Source {
    fn announce(&self, flags: epoll::EventFlags) {
        use epoll::EventFlags as E;
        // An error or a hang-up is for both: the next read or write tells which it is.
        if flags.intersects(E::IN | E::RDHUP | E::HUP | E::ERR) {
            Direction::announce(&self.read);
        }
        if flags.intersects(E::OUT | E::HUP | E::ERR) {
            Direction::announce(&self.write);
        }
    }

    /// Ready when the kernel has said so since the last time; else the task is woken when it does.
    ///
    /// Only the last task that asked is woken: one reads and one writes. It may be
    /// wrong in one direction (ready, and yet the call would block); then ask again.
    pub fn poll_ready(&self, interest: Interest, context: &mut Context<'_>) -> Poll<()> {
        let (direction, why) = match interest {
            Interest::Readable => (&self.read, Why::Readable),
            Interest::Writable => (&self.write, Why::Writable),
        };
        let mut direction = lock(direction);
        if direction.ready {
            direction.ready = false;
            return Poll::Ready(());
        }
        trace::waiting(why);
        match &mut direction.waiting {
            Some(waker) => waker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
        Poll::Pending
    }

    /// Waits until the kernel says that it is ready.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: what the kernel said is kept for the next who asks.
    pub async fn ready(&self, interest: Interest) {
        std::future::poll_fn(|context| self.poll_ready(interest, context)).await;
    }
}

impl Direction {
    fn announce(direction: &Mutex<Self>) {
        let waiting = {
            let mut direction = lock(direction);
            direction.ready = true;
            direction.waiting.take()
        };
        // Outside of the lock: a waker may run anything.
        if let Some(waker) = waiting {
            waker.wake();
        }
    }
}
