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
//! each direction counts how often that was. Whoever wants to read looks at the count
//! ([`Source::tick`]), tries, and if he would block waits until the count is another one
//! ([`Source::after`]). What the kernel says while he tries is not missed, and any number
//! of tasks may wait for the same socket: nobody uses up what another waits for. The last
//! look at the count and the leaving of the waker are under one lock. (Look, then leave
//! it, without a lock: that is the lost wake-up which lesson 12 shows.)

use std::collections::HashMap;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rustix::event::{EventfdFlags, Timespec, epoll, eventfd};

use crate::trace::{self, Why};
use crate::waiting::{Place, Waiting};

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
    /// How often the kernel has said that it is ready.
    tick: u64,
    waiting: Waiting,
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
        // Collected first, and woken without a lock: whoever is woken may come back to us.
        let mut wakers: Vec<Waker> = Vec::new();
        let mut ready = 0;
        {
            let sources = lock(&self.sources);
            for event in events {
                // An event can be older than `forget`; its token is never used again.
                if let Some(source) = sources.by_token.get(&event.data.u64()) {
                    source.announce(event.flags, &mut wakers);
                    ready += 1;
                }
            }
        }
        if ready > 0 {
            awake();
        }
        wakers.into_iter().for_each(Waker::wake);
        Ok(ready)
    }

    /// How often [`rouse`](Self::rouse) was called.
    #[cfg(test)]
    pub(crate) fn roused(&self) -> u64 {
        let mut count = [0; 8];
        // While it was never called there is nothing to read.
        let _ = rustix::io::read(&self.alarm, &mut count);
        u64::from_ne_bytes(count)
    }

    /// Ends a [`wait`](Self::wait), from any thread. The next one, if nobody waits just now.
    pub fn rouse(&self) {
        // It fails only when the counter is full: after 2^64 times.
        let _ = rustix::io::write(&self.alarm, &1_u64.to_ne_bytes());
    }
}

impl Source {
    fn direction(&self, interest: Interest) -> &Mutex<Direction> {
        match interest {
            Interest::Readable => &self.read,
            Interest::Writable => &self.write,
        }
    }

    fn announce(&self, flags: epoll::EventFlags, wakers: &mut Vec<Waker>) {
        use epoll::EventFlags as E;
        // An error or a hang-up is for both: the next read or write tells which it is.
        let readable = flags.intersects(E::IN | E::RDHUP | E::HUP | E::ERR);
        let writable = flags.intersects(E::OUT | E::HUP | E::ERR);
        for (said, direction) in [(readable, &self.read), (writable, &self.write)] {
            if said {
                let mut direction = lock(direction);
                direction.tick += 1;
                wakers.extend(direction.waiting.take_all());
            }
        }
    }

    /// How often the kernel has said that it is ready. To be asked *before* one tries.
    pub fn tick(&self, interest: Interest) -> u64 {
        lock(self.direction(interest)).tick
    }

    /// Waits until the kernel says that it is ready, if it has not said so since `tick` was asked for;
    /// with 0, until it has done so at all. It may be wrong in one direction (ready, and yet the call
    /// would block): then wait again. Any number of tasks may wait.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it leaves nothing behind, and takes nothing from others.
    pub fn after(&self, interest: Interest, tick: u64) -> After<'_> {
        After {
            source: self,
            interest,
            tick,
            place: Place::default(),
        }
    }

    /// The same for futures that poll by hand. `place` is where they wait.
    pub(crate) fn poll_after(
        &self,
        interest: Interest,
        tick: u64,
        place: &mut Place,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        let mut direction = lock(self.direction(interest));
        if direction.tick != tick {
            return Poll::Ready(());
        }
        trace::waiting(match interest {
            Interest::Readable => Why::Readable,
            Interest::Writable => Why::Writable,
        });
        let old = direction.waiting.leave(place, context.waker().clone());
        // Dropped without the lock: that may run anything.
        drop(direction);
        drop(old);
        Poll::Pending
    }
}

/// Waits for a [`Source`]: see [`Source::after`].
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct After<'a> {
    source: &'a Source,
    interest: Interest,
    tick: u64,
    place: Place,
}

impl Future for After<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        this.source
            .poll_after(this.interest, this.tick, &mut this.place, context)
    }
}

impl Drop for After<'_> {
    fn drop(&mut self) {
        let waker = lock(self.source.direction(self.interest))
            .waiting
            .take_back(&self.place);
        drop(waker);
    }
}
