//! The chat room, whole and pure: an event and the time go in, effects come out.
//!
//! No socket, no clock, no runtime. The five stages of the challenge are one
//! room that grows: each stage has all that the one before it has. Read
//! [`Room::handle`] first, then `said`, where every stage is one line.
//!
//! The challenge's Python keeps the same state in globals that every
//! connection's coroutine changes between its `await`s.

mod command;
mod pages;
mod private;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use command::Command;
use pages::Pages;

/// How far the challenge is solved. Each stage has what those before it have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Stage {
    /// What a client sends comes back to it alone.
    Echo,
    /// What a client sends, every other client receives.
    Chatroom,
    /// ... with the seconds since its sender connected before it.
    Timestamps,
    /// ... and `page` calls everybody until somebody answers.
    Pagers,
    /// ... and two can talk alone.
    Private,
}

/// Where the shell keeps a client. Free for another once its client has left;
/// the number that people see is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seat(pub usize);

/// What happens to a room.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A client came and was given a seat that nobody holds.
    Connected(Seat),
    /// The client on this seat sent a text.
    Text(Seat, &'a str),
    /// The client on this seat is gone, however that came.
    Disconnected(Seat),
    /// Time has passed: due when [`Room::next_deadline`] says so, harmless before.
    Tick,
    /// The server stops: whoever comes now is sent away at once.
    Stopped,
}

/// What a room wants done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Each of these seats receives this text.
    Send {
        /// Who receives it; never empty.
        to: Vec<Seat>,
        /// What they receive.
        text: String,
    },
    /// The clients on these seats are sent away; the room has forgotten them already.
    Close(Vec<Seat>),
}

/// One client as the room knows it.
#[derive(Debug)]
struct Client {
    /// What people call it: `Client <number>`.
    number: u64,
    /// When it connected.
    since: Duration,
    /// Whom it chats with in private, if it does.
    partner: Option<Seat>,
}

/// The room.
#[derive(Debug)]
pub struct Room {
    stage: Stage,
    clients: BTreeMap<Seat, Client>,
    /// Those who are in no private chat.
    lobby: BTreeSet<Seat>,
    pages: Pages,
    /// Numbers given so far, which is also the last one given.
    numbered: u64,
    /// Nobody is let in any more.
    stopped: bool,
}

impl Room {
    /// An empty room.
    #[must_use]
    pub fn new(stage: Stage) -> Self {
        Self {
            stage,
            clients: BTreeMap::new(),
            lobby: BTreeSet::new(),
            pages: Pages::default(),
            numbered: 0,
            stopped: false,
        }
    }

    /// Takes an event in and answers what is to be done about it.
    ///
    /// `now` is a monotonic time since any fixed point and never goes back.
    /// Events of a seat that nobody holds change nothing.
    pub fn handle(&mut self, event: Event<'_>, now: Duration) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Connected(seat) if self.stopped => effects.push(Effect::Close(vec![seat])),
            Event::Connected(seat) => self.connected(seat, now, &mut effects),
            Event::Text(seat, text) if self.clients.contains_key(&seat) && !text.is_empty() => {
                self.said(seat, text, now, &mut effects);
            }
            Event::Text(..) => {}
            Event::Disconnected(seat) => self.disconnected(seat, &mut effects),
            Event::Tick => self.call_again(now, &mut effects),
            Event::Stopped => {
                let everybody: Vec<Seat> = self.clients.keys().copied().collect();
                *self = Self::new(self.stage);
                self.stopped = true;
                if !everybody.is_empty() {
                    effects.push(Effect::Close(everybody));
                }
            }
        }
        effects
    }

    /// When the next [`Event::Tick`] is due; `None` while nothing waits for time to pass.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        self.pages.next_deadline()
    }

    /// How many clients there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.clients.len()
    }

    /// Whether nobody is here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }

    fn connected(&mut self, seat: Seat, now: Duration, effects: &mut Vec<Effect>) {
        self.numbered += 1;
        let client = Client {
            number: self.numbered,
            since: now,
            partner: None,
        };
        let before = self.clients.insert(seat, client);
        debug_assert!(before.is_none(), "a seat is given to one client at a time");
        if self.stage >= Stage::Private {
            let text = format!("Client {} connected", self.numbered);
            send(self.lobby.iter().copied().collect(), text, effects);
        }
        self.lobby.insert(seat);
    }

    /// Every stage in five lines, oldest first.
    fn said(&mut self, seat: Seat, text: &str, now: Duration, effects: &mut Vec<Effect>) {
        self.answer_page(seat);
        match Command::of(text, self.stage) {
            None if self.stage == Stage::Echo => send(vec![seat], text.to_owned(), effects),
            None => send(self.hearers(seat), self.dated(seat, text, now), effects),
            Some(Command::Page) => self.page(seat, now, effects),
            Some(Command::Invite(guest)) => self.invite(seat, guest, effects),
            Some(Command::Leave) => self.leave(seat, effects),
        }
    }

    fn disconnected(&mut self, seat: Seat, effects: &mut Vec<Effect>) {
        self.end_private(seat, |partner| vec![partner], effects);
        let Some(client) = self.clients.remove(&seat) else {
            return;
        };
        self.lobby.remove(&seat);
        self.pages.end(seat);
        if self.stage >= Stage::Private {
            let text = format!("Client {} disconnected", client.number);
            send(self.lobby.iter().copied().collect(), text, effects);
        }
    }

    /// Who hears this client: its partner, or everybody else in the main room.
    fn hearers(&self, seat: Seat) -> Vec<Seat> {
        match self.clients[&seat].partner {
            Some(partner) => vec![partner],
            None => self.lobby.iter().copied().filter(|&s| s != seat).collect(),
        }
    }

    /// The text as others receive it: from stage 2 on behind the sender's seconds.
    fn dated(&self, seat: Seat, text: &str, now: Duration) -> String {
        if self.stage < Stage::Timestamps {
            return text.to_owned();
        }
        let connected = now.saturating_sub(self.clients[&seat].since);
        let nearest = (connected + Duration::from_millis(500)).as_secs();
        format!("{nearest} {text}")
    }
}

fn send(to: Vec<Seat>, text: String, effects: &mut Vec<Effect>) {
    if !to.is_empty() {
        effects.push(Effect::Send { to, text });
    }
}
