//! The oracle's transcripts as exact scripts.
//!
//! `+1` client 1 connects, `-1` it leaves, `@3` three seconds have passed since
//! the room opened, `1> text` client 1 sends, `2< text` client 2 receives. A
//! script is compared whole: what nobody expects is a failure too.

use std::time::Duration;

use super::{Effect, Event, Room, Seat, Stage};

/// Plays the script's inputs and compares everything that is received.
fn transcript(stage: Stage, script: &str) {
    let mut room = Room::new(stage);
    let mut now = Duration::ZERO;
    let mut seen = String::new();
    for line in script.lines().map(str::trim).filter(|l| !l.is_empty()) {
        if line.split_once("< ").is_some_and(|(to, _)| is_number(to)) {
            continue;
        }
        seen += &format!("{line}\n");
        if let Some(seconds) = line.strip_prefix('@') {
            let until = Duration::from_secs_f64(seconds.parse().unwrap());
            while let Some(deadline) = room.next_deadline().filter(|&d| d <= until) {
                now = deadline;
                seen += &received(&room.handle(Event::Tick, now));
            }
            now = until;
            continue;
        }
        let event = if let Some(number) = line.strip_prefix('+') {
            Event::Connected(seat(number))
        } else if let Some(number) = line.strip_prefix('-') {
            Event::Disconnected(seat(number))
        } else {
            let (from, text) = line.split_once('>').unwrap();
            Event::Text(seat(from), text.strip_prefix(' ').unwrap_or(text))
        };
        seen += &received(&room.handle(event, now));
        room.check();
    }
    let wanted: String = script
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(seen, wanted, "left: what was received");
}

fn is_number(text: &str) -> bool {
    text.parse::<usize>().is_ok()
}

fn seat(number: &str) -> Seat {
    Seat(number.parse().unwrap())
}

fn received(effects: &[Effect]) -> String {
    let mut lines = String::new();
    for effect in effects {
        match effect {
            Effect::Send { to, text } => {
                assert!(!to.is_empty());
                for Seat(number) in to {
                    lines += &format!("{number}< {text}\n");
                }
            }
            Effect::Close(seats) => lines += &format!("closed {seats:?}\n"),
        }
    }
    lines
}

impl Room {
    /// What must hold between any two events.
    pub(super) fn check(&self) {
        for (seat, client) in &self.clients {
            assert_eq!(client.partner.is_none(), self.lobby.contains(seat));
            if let Some(partner) = client.partner {
                assert_ne!(partner, *seat);
                assert_eq!(self.clients[&partner].partner, Some(*seat));
            }
        }
        assert!(
            self.lobby
                .iter()
                .all(|seat| self.clients.contains_key(seat))
        );
        self.check_pages();
    }
}

#[test]
fn stage_0_echoes_to_the_sender_alone() {
    transcript(
        Stage::Echo,
        "+1
         +2
         1> Hello!
         1< Hello!
         2> page
         2< page",
    );
}

#[test]
fn stage_1_sends_to_every_other_client() {
    transcript(
        Stage::Chatroom,
        "+1
         +2
         +3
         2> Hello!
         1< Hello!
         3< Hello!
         -3
         1> invite 2
         2< invite 2",
    );
}

#[test]
fn stage_2_tells_the_seconds_since_that_sender_connected() {
    transcript(
        Stage::Timestamps,
        "@10
         +1
         @11
         +2
         @13
         1> pizza later?
         2< 3 pizza later?
         @16
         1> or maybe pasta
         2< 6 or maybe pasta
         2> pasta
         1< 5 pasta",
    );
}

#[test]
fn stage_2_rounds_to_the_nearest_second() {
    transcript(
        Stage::Timestamps,
        "+1
         +2
         @2.499
         1> a
         2< 2 a
         @2.5
         1> b
         2< 3 b",
    );
}

#[test]
fn stage_3_pages_the_others_at_once_and_every_second_until_one_answers() {
    transcript(
        Stage::Pagers,
        "+1
         +2
         +3
         1> page
         2< PAGING
         3< PAGING
         @1
         2< PAGING
         3< PAGING
         @1.5
         1> anybody?
         2< 2 anybody?
         3< 2 anybody?
         @2
         2< PAGING
         3< PAGING
         @2.2
         3> here
         1< 2 here
         2< 2 here
         @10",
    );
}

#[test]
fn stage_3_a_second_page_by_the_pager_changes_nothing_and_one_by_another_takes_over() {
    transcript(
        Stage::Pagers,
        "+1
         +2
         1> page
         2< PAGING
         @0.5
         1> page
         @1
         2< PAGING
         @1.25
         2> page
         1< PAGING
         @2.25
         1< PAGING
         -2
         @9",
    );
}

#[test]
fn stage_3_a_page_with_nobody_else_there_waits_for_somebody_who_answers() {
    transcript(
        Stage::Pagers,
        "+1
         1> page
         @2.5
         +2
         2>
         @3
         2< PAGING
         @3.5
         2> yes?
         1< 1 yes?
         @9",
    );
}

#[test]
fn stage_4_announces_who_comes_and_goes() {
    transcript(
        Stage::Private,
        "+1
         +2
         1< Client 2 connected
         +3
         1< Client 3 connected
         2< Client 3 connected
         -2
         1< Client 2 disconnected
         3< Client 2 disconnected",
    );
}

#[test]
fn stage_4_two_talk_alone_until_one_leaves() {
    transcript(
        Stage::Private,
        "+1
         +2
         1< Client 2 connected
         +3
         1< Client 3 connected
         2< Client 3 connected
         1> invite 2
         1< Private chatting with Client 2
         2< Private chatting with Client 1
         @4
         1> psst
         2< 4 psst
         2> yes
         1< 4 yes
         3> hello?
         +4
         3< Client 4 connected
         4> hi
         3< 0 hi
         -4
         3< Client 4 disconnected
         2> leave
         1< Private chat ended.
         2< Private chat ended.
         1> back
         2< 4 back
         3< 4 back",
    );
}

#[test]
fn stage_4_frees_the_partner_of_one_who_disconnects() {
    transcript(
        Stage::Private,
        "+1
         +2
         1< Client 2 connected
         +3
         1< Client 3 connected
         2< Client 3 connected
         1> invite 2
         1< Private chatting with Client 2
         2< Private chatting with Client 1
         -1
         2< Private chat ended.
         2< Client 1 disconnected
         3< Client 1 disconnected
         2> free
         3< 0 free",
    );
}

#[test]
fn stage_4_refuses_to_the_sender_alone() {
    transcript(
        Stage::Private,
        "+1
         +2
         1< Client 2 connected
         +3
         1< Client 3 connected
         2< Client 3 connected
         -3
         1< Client 3 disconnected
         2< Client 3 disconnected
         1> invite 3
         1< No client 3
         1> invite 99999999999999999999
         1< No client 99999999999999999999
         1> invite 1
         1< You cannot invite yourself
         1> invite
         1< Usage: invite <number>
         1> invite 2 now
         1< Usage: invite <number>
         1> invite +2
         1< Usage: invite <number>
         1> leave
         1< You are not in a private chat
         1> leave now
         2< 0 leave now
         +4
         1< Client 4 connected
         2< Client 4 connected
         1> invite 2
         1< Private chatting with Client 2
         2< Private chatting with Client 1
         4> invite 2
         4< Client 2 is in a private chat
         2> invite 4
         2< Leave this private chat first
         2> invite
         2< Leave this private chat first",
    );
}

#[test]
fn stage_4_a_page_stays_where_its_pager_is() {
    transcript(
        Stage::Private,
        "+1
         +2
         1< Client 2 connected
         +3
         1< Client 3 connected
         2< Client 3 connected
         +4
         1< Client 4 connected
         2< Client 4 connected
         3< Client 4 connected
         1> invite 2
         1< Private chatting with Client 2
         2< Private chatting with Client 1
         2> page
         1< PAGING
         3> page
         4< PAGING
         @1
         1< PAGING
         4< PAGING
         1> stop
         2< 1 stop
         4> stop too
         3< 1 stop too
         @5",
    );
}

#[test]
fn stage_4_a_page_ends_when_its_pager_enters_or_leaves_a_private_chat() {
    transcript(
        Stage::Private,
        "+1
         +2
         1< Client 2 connected
         1> page
         2< PAGING
         1> invite 2
         1< Private chatting with Client 2
         2< Private chatting with Client 1
         @2
         1> page
         2< PAGING
         1> leave
         2< Private chat ended.
         1< Private chat ended.
         @9",
    );
}

#[test]
fn an_empty_text_and_a_text_from_nobody_are_ignored() {
    transcript(
        Stage::Private,
        "+1
         +2
         1< Client 2 connected
         1>
         9> boo
         -9",
    );
}

#[test]
fn a_held_up_room_calls_once_and_keeps_to_its_second() {
    let mut room = Room::new(Stage::Pagers);
    for number in [1, 2] {
        room.handle(Event::Connected(Seat(number)), Duration::ZERO);
    }
    room.handle(Event::Text(Seat(1), "page"), Duration::ZERO);
    let late = Duration::from_millis(4_300);
    assert_eq!(received(&room.handle(Event::Tick, late)), "2< PAGING\n");
    assert_eq!(received(&room.handle(Event::Tick, late)), "");
    assert_eq!(room.next_deadline(), Some(Duration::from_secs(5)));
}

#[test]
fn a_stopped_room_sends_everybody_away_and_whoever_comes_after() {
    let mut room = Room::new(Stage::Private);
    for number in [1, 2] {
        room.handle(Event::Connected(Seat(number)), Duration::ZERO);
    }
    room.handle(Event::Text(Seat(1), "page"), Duration::ZERO);
    let effects = room.handle(Event::Stopped, Duration::ZERO);
    assert_eq!(effects, [Effect::Close(vec![Seat(1), Seat(2)])]);
    assert!(room.is_empty());
    assert_eq!(room.next_deadline(), None);
    let effects = room.handle(Event::Connected(Seat(3)), Duration::ZERO);
    assert_eq!(effects, [Effect::Close(vec![Seat(3)])]);
    assert_eq!(room.handle(Event::Text(Seat(3), "hi"), Duration::ZERO), []);
    assert!(room.is_empty());
}
