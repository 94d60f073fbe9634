//! What holds whatever happens, seen only from what each client receives.
//!
//! More cases than the default, as a fuzzer would run it:
//! `PROPTEST_CASES=200000 cargo test --release -p ws-chatroom properties`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;

use super::{Effect, Event, Room, Seat, Stage};

/// One random step; a number picks among the seats taken or free.
#[derive(Clone, Debug)]
enum Step {
    Connect,
    Disconnect(usize),
    Chat(usize),
    Send(usize, String),
    Invite(usize, u64),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let text = prop_oneof![
        4 => Just("page".to_owned()),
        3 => Just("leave".to_owned()),
        1 => "(invite|page|leave)?[ 0-9a-z]{0,6}",
        1 => any::<String>(),
    ];
    prop_oneof![
        3 => Just(Step::Connect),
        1 => any::<usize>().prop_map(Step::Disconnect),
        4 => any::<usize>().prop_map(Step::Chat),
        4 => (any::<usize>(), text).prop_map(|(who, text)| Step::Send(who, text)),
        3 => (any::<usize>(), 0..12_u64).prop_map(|(who, whom)| Step::Invite(who, whom)),
        2 => (0..2_500_u64).prop_map(Step::Wait),
    ]
}

/// What one client knows from what it has received.
#[derive(Clone, Debug, PartialEq)]
struct View {
    number: u64,
    partner: Option<u64>,
}

/// A room with a witness at each of its clients.
struct Witnesses {
    room: Room,
    now: Duration,
    views: BTreeMap<usize, View>,
    connected: u64,
    free: BTreeSet<usize>,
}

impl Witnesses {
    fn new(stage: Stage) -> Self {
        Self {
            room: Room::new(stage),
            now: Duration::ZERO,
            views: BTreeMap::new(),
            connected: 0,
            free: BTreeSet::new(),
        }
    }

    fn pick(&self, any: usize) -> Option<usize> {
        self.views
            .keys()
            .copied()
            .nth(any % self.views.len().max(1))
    }

    /// Hands the event in and lets every witness note what it receives.
    fn handle(&mut self, event: Event<'_>) -> Vec<(usize, String)> {
        let mut received = Vec::new();
        for effect in self.room.handle(event, self.now) {
            let Effect::Send { to, text } = effect else {
                panic!("nobody stopped the room: {effect:?}");
            };
            assert!(!to.is_empty());
            assert_eq!(to.iter().collect::<BTreeSet<_>>().len(), to.len());
            for Seat(seat) in to {
                let view = self.views.get_mut(&seat).expect("sent to nobody");
                if let Some(number) = text.strip_prefix("Private chatting with Client ") {
                    assert_eq!(view.partner, None, "already private");
                    view.partner = Some(number.parse().unwrap());
                } else if text == "Private chat ended." {
                    assert!(view.partner.take().is_some(), "was not private");
                }
                received.push((seat, text.clone()));
            }
        }
        self.room.check();
        received
    }

    fn connect(&mut self) {
        // The lowest free seat, as the shell gives it: seats are used again, numbers never.
        let seat = self.free.pop_first().unwrap_or(self.views.len());
        self.connected += 1;
        let view = View {
            number: self.connected,
            partner: None,
        };
        let others = self.views.clone();
        self.views.insert(seat, view);
        let received = self.handle(Event::Connected(Seat(seat)));
        let text = format!("Client {} connected", self.connected);
        for (witness, heard) in &received {
            assert_eq!((others[witness].partner, heard), (None, &text));
        }
    }

    /// Chat that nobody has sent before: exactly those hear it who should.
    fn chat(&mut self, seat: usize) {
        let me = self.views[&seat].clone();
        let heard = self.handle(Event::Text(Seat(seat), "unmistakable"));
        for (_, text) in &heard {
            assert!(text.ends_with("unmistakable"), "{text}");
        }
        let heard: BTreeSet<usize> = heard.into_iter().map(|(seat, _)| seat).collect();
        let should: BTreeSet<usize> = if self.room.stage == Stage::Echo {
            BTreeSet::from([seat])
        } else {
            let hears = |view: &View| match me.partner {
                Some(partner) => view.number == partner,
                None => view.partner.is_none() && view.number != me.number,
            };
            let views = self.views.iter().filter(|(_, view)| hears(view));
            views.map(|(&seat, _)| seat).collect()
        };
        assert_eq!(heard, should);
    }

    fn wait(&mut self, milliseconds: u64) {
        let until = self.now + Duration::from_millis(milliseconds);
        while let Some(deadline) = self.room.next_deadline().filter(|&d| d <= until) {
            assert!(deadline > self.now, "a deadline that has passed stays");
            self.now = deadline;
            for (_, text) in self.handle(Event::Tick) {
                assert_eq!(text, "PAGING");
            }
        }
        self.now = until;
    }

    fn play(&mut self, step: &Step) {
        match step {
            Step::Connect => self.connect(),
            Step::Wait(milliseconds) => self.wait(*milliseconds),
            Step::Disconnect(any) => {
                if let Some(seat) = self.pick(*any) {
                    self.views.remove(&seat);
                    self.free.insert(seat);
                    self.handle(Event::Disconnected(Seat(seat)));
                }
            }
            Step::Chat(any) => {
                if let Some(seat) = self.pick(*any) {
                    self.chat(seat);
                }
            }
            Step::Send(any, text) => {
                // A text that looks like the room's own words would fool the witnesses.
                if let Some(seat) = self.pick(*any).filter(|_| !text.starts_with("Private")) {
                    self.handle(Event::Text(Seat(seat), text));
                }
            }
            Step::Invite(any, whom) => {
                if let Some(seat) = self.pick(*any) {
                    self.handle(Event::Text(Seat(seat), &format!("invite {whom}")));
                }
            }
        }
    }
}

fn stage() -> impl Strategy<Value = Stage> {
    prop_oneof![
        1 => Just(Stage::Echo),
        1 => Just(Stage::Chatroom),
        1 => Just(Stage::Timestamps),
        2 => Just(Stage::Pagers),
        5 => Just(Stage::Private),
    ]
}

proptest! {
    #[test]
    fn nobody_hears_a_private_chat_and_nobody_in_one_hears_the_room(
        stage in stage(),
        steps in prop::collection::vec(step(), 0..80),
    ) {
        let mut witnesses = Witnesses::new(stage);
        for step in &steps {
            witnesses.play(step);
        }
        // Whatever came before: everyone is heard by exactly those who should.
        for seat in witnesses.views.keys().copied().collect::<Vec<_>>() {
            witnesses.chat(seat);
        }
    }

    #[test]
    fn numbers_never_repeat(steps in prop::collection::vec(step(), 0..80)) {
        let mut witnesses = Witnesses::new(Stage::Private);
        for step in &steps {
            witnesses.play(step);
        }
        let numbers: BTreeSet<u64> = witnesses.room.clients.values().map(|c| c.number).collect();
        let known: BTreeSet<u64> = witnesses.views.values().map(|view| view.number).collect();
        prop_assert_eq!(numbers.len(), witnesses.views.len());
        prop_assert_eq!(numbers, known);
    }

    #[test]
    fn a_page_ends_or_has_a_pager(steps in prop::collection::vec(step(), 0..80)) {
        let mut witnesses = Witnesses::new(Stage::Private);
        for step in &steps {
            witnesses.play(step);
        }
        // Two newcomers who talk in the main room, and everybody once more.
        witnesses.connect();
        witnesses.connect();
        for seat in witnesses.views.keys().copied().collect::<Vec<_>>() {
            witnesses.chat(seat);
        }
        prop_assert_eq!(witnesses.room.next_deadline(), None, "everybody has answered");
        let pager = witnesses.pick(0).expect("two have come");
        witnesses.handle(Event::Text(Seat(pager), "page"));
        prop_assert!(witnesses.room.next_deadline().is_some());
        while let Some(seat) = witnesses.pick(0) {
            witnesses.views.remove(&seat);
            witnesses.handle(Event::Disconnected(Seat(seat)));
        }
        prop_assert_eq!(witnesses.room.next_deadline(), None, "nobody is left to page");
        prop_assert!(witnesses.room.is_empty());
    }
}
