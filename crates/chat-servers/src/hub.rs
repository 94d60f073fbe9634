//! The kernel behind one lock, and a place for what is due to each server's clients.
//!
//! ```text
//!  driver (its thread, its runtime)                       every other driver
//!  ┌──────────────────────────────┐    ┌────────────┐     ┌─────────┐
//!  │ socket ─▶ Shard ─▶ Session ──┼───▶│ Hub: lock  │     │         │
//!  │   ▲         ▲                │    │  Kernel    │     │         │
//!  │   └─ Outbox ┴── Turn ◀───────┼────│  Gathering ├────▶│  Turn   │
//!  └──────────────────────────────┘    └────────────┘     └─────────┘
//! ```
//!
//! A line is handed to the kernel under the lock; its effects are formed once
//! and gathered for each driver, whose [`Shard`] takes them once in a turn of its
//! loop. No socket is touched under the lock. The Python servers write to each
//! client from inside the kernel, and cannot share it.

mod gathering;
mod outbox;
mod shard;

pub(crate) use shard::name;
pub use shard::{Shard, Transport};

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use slab::Slab;

use crate::kernel::{Connection, Effect, Kernel, Line, Message, Now, To};
use crate::present::Presenter;
use crate::settings::Settings;
use gathering::{Form, Gathering, Turn};

/// The chat that all servers of the process share.
#[derive(Debug)]
pub struct Hub {
    settings: Settings,
    started: Instant,
    core: Mutex<Core>,
}

#[derive(Debug)]
struct Core {
    kernel: Kernel,
    presenter: Presenter,
    /// By the number of their [`Connection`].
    links: Slab<Link>,
    shards: Vec<Gathering>,
    stopping: bool,
}

/// Where a connection is to be found, and in which form it is told things.
#[derive(Clone, Copy, Debug)]
struct Link {
    shard: u32,
    slot: u32,
    /// `None` while a browser is not a WebSocket yet.
    form: Option<Form>,
}

/// What came of a line.
#[derive(Debug, Default)]
struct Outcome {
    /// The sender's connection is to be closed.
    close: bool,
    /// Somebody came or went: a line for the server's log.
    news: Option<String>,
    /// So much waits for some driver that no more should be read until it has taken it.
    congested: bool,
}

impl Hub {
    /// A chat with nobody in it, whose times are those of `zone`.
    #[must_use]
    pub fn new(settings: Settings, zone: TimeZone) -> Arc<Self> {
        Arc::new(Self {
            core: Mutex::new(Core {
                kernel: Kernel::new(settings.flood),
                presenter: Presenter::new(settings.color, zone),
                links: Slab::new(),
                shards: Vec::new(),
                stopping: false,
            }),
            settings,
            started: Instant::now(),
        })
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Tells everyone that the server ends, and every driver to let them go.
    pub fn stop(&self) {
        let mut core = self.lock();
        if std::mem::replace(&mut core.stopping, true) {
            // Every driver that ends asks again for the others; nobody is told twice.
            return;
        }
        let everybody: Vec<Link> = core.links.iter().map(|(_, link)| *link).collect();
        let mut forms = Forms::new(Message::ShuttingDown);
        for link in everybody {
            core.give(link, &mut forms);
        }
        for shard in &mut core.shards {
            shard.wake();
        }
    }

    /// Connections, those on their way out not counted.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.lock().links.len()
    }

    fn lock(&self) -> MutexGuard<'_, Core> {
        // A driver that panicked ends the process; until then the others say goodbye.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn add_shard(&self) -> usize {
        let mut core = self.lock();
        let mut shard = Gathering::default();
        if core.stopping {
            // The driver has come too late to be told.
            shard.wake();
        }
        core.shards.push(shard);
        core.shards.len() - 1
    }

    /// A number for a connection, while there are any.
    fn connect(&self, link: Link) -> Option<Connection> {
        let mut core = self.lock();
        if core.links.len() >= self.settings.max_connections {
            return None;
        }
        let number = core.links.insert(link);
        Some(Connection(
            u32::try_from(number).expect("far fewer descriptors"),
        ))
    }

    fn receive(&self, from: Connection, line: Line<'_>) -> Outcome {
        let now = Now {
            elapsed: self.elapsed(),
            wall: Timestamp::now(),
        };
        let core = &mut *self.lock();
        if core.stopping {
            // The last word has been said.
            return Outcome::default();
        }
        let effects = core.kernel.receive(now, from, line);
        core.carry_out(effects)
    }

    /// Answers the news, if that was a user.
    fn disconnected(&self, gone: Connection) -> Option<String> {
        let core = &mut *self.lock();
        let effects = core.kernel.disconnected(gone);
        core.links.remove(gone.0 as usize);
        if core.stopping {
            // Everyone goes; nobody has to be told who.
            return None;
        }
        core.carry_out(effects).news
    }

    /// Bytes for one connection alone, behind what is due to it already. Answers what
    /// [`Outcome::congested`] says.
    fn push(&self, shard: usize, slot: u32, bytes: &[u8]) -> bool {
        let mut core = self.lock();
        core.shards[shard].push_for(slot, bytes);
        core.is_congested()
    }

    /// A browser has become a WebSocket and is told so.
    fn upgrade(&self, shard: usize, slot: u32, connection: Connection, bytes: &[u8]) {
        let mut core = self.lock();
        core.links[connection.0 as usize].form = Some(Form::Frame);
        core.shards[shard].push_for(slot, bytes);
    }

    /// What is due to this driver's clients; `turn`, which is empty, takes its place.
    /// Answers whether the server ends.
    fn take(&self, shard: usize, turn: &mut Turn) -> bool {
        let mut core = self.lock();
        let was_full = core.shards[shard].is_full();
        core.shards[shard].take(turn);
        if was_full && !core.is_congested() {
            for shard in &mut core.shards {
                shard.unstall();
            }
        }
        core.stopping
    }

    /// Whether there is nothing to do for this driver; if so, `waker` is woken when there is.
    fn park(&self, shard: usize, waker: &Waker) -> bool {
        self.lock().shards[shard].park(waker)
    }

    /// The driver runs and needs no waking until it parks again.
    fn unpark(&self, shard: usize) {
        self.lock().shards[shard].unpark();
    }

    /// Whether requests may be carried out; if not, this driver is woken when they may.
    fn is_clear(&self, shard: usize) -> bool {
        let mut core = self.lock();
        let clear = !core.is_congested();
        if !clear {
            core.shards[shard].stall();
        }
        clear
    }

    fn forget(&self, shard: usize, slot: u32) {
        self.lock().shards[shard].forget(slot);
    }

    fn wake(&self, shard: usize) {
        self.lock().shards[shard].wake();
    }
}

/// A message in the forms that were asked for so far.
struct Forms<'a> {
    message: Message<'a>,
    made: [Option<Bytes>; 2],
    /// Where each lies in each driver's turn.
    placed: Vec<[Option<Range<u32>>; 2]>,
}

impl<'a> Forms<'a> {
    fn new(message: Message<'a>) -> Self {
        Self {
            message,
            made: [None, None],
            placed: Vec::new(),
        }
    }
}

impl Core {
    fn is_congested(&self) -> bool {
        self.shards.iter().any(Gathering::is_full)
    }

    fn carry_out(&mut self, effects: Vec<Effect<'_>>) -> Outcome {
        let mut outcome = Outcome::default();
        for effect in effects {
            match effect {
                Effect::Close(_) => outcome.close = true,
                Effect::Send { to, message } => {
                    outcome.news = match &message {
                        Message::Login(name) => Some(format!("[{name}] login to chat.")),
                        Message::Logout(name) => Some(format!("[{name}] logout from chat.")),
                        _ => None,
                    };
                    self.send(to, message);
                }
            }
        }
        outcome.congested = self.is_congested();
        outcome
    }

    fn send(&mut self, to: To, message: Message<'_>) {
        let mut forms = Forms::new(message);
        let (one, other) = match to {
            To::Everyone => (None, None),
            To::EveryoneAnd(one) | To::One(one) => (Some(one), None),
            To::Both(one, other) => (Some(one), Some(other)),
        };
        if matches!(to, To::Everyone | To::EveryoneAnd(_)) {
            // The kernel is only read, the shards only written.
            let Self {
                kernel,
                presenter,
                links,
                shards,
                ..
            } = self;
            for connection in kernel.everyone() {
                let link = links[connection.0 as usize];
                give(shards, presenter, link, &mut forms);
            }
        }
        for connection in [one, other].into_iter().flatten() {
            let link = self.links[connection.0 as usize];
            self.give(link, &mut forms);
        }
    }

    fn give(&mut self, link: Link, forms: &mut Forms<'_>) {
        give(&mut self.shards, &mut self.presenter, link, forms);
    }
}

/// Adds the message to what is due to one client, making its form if it is the first of its kind.
fn give(shards: &mut [Gathering], presenter: &mut Presenter, link: Link, forms: &mut Forms<'_>) {
    let Some(form) = link.form else {
        return;
    };
    let index = link.shard as usize;
    let shard = &mut shards[index];
    if forms.placed.len() <= index {
        forms.placed.resize(index + 1, [None, None]);
    }
    let range = match &forms.placed[index][form as usize] {
        Some(range) => range.clone(),
        None => {
            let bytes = forms.made[form as usize].get_or_insert_with(|| match form {
                Form::Line => presenter.line(&forms.message),
                Form::Frame => presenter.frame(&forms.message),
            });
            let range = shard.push(bytes);
            forms.placed[index][form as usize] = Some(range.clone());
            range
        }
    };
    shard.give(link.slot, range);
}

#[cfg(test)]
mod tests;
