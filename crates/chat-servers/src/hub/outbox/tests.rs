//! Whatever the socket takes and when, the client gets the same bytes in the same order.

use std::cell::{Cell, RefCell};

use proptest::prelude::*;

use super::*;
use crate::hub::gathering::Gathering;
use crate::hub::gathering::Turn;

/// One client's turn: some of what was said is for it, some is not.
fn turn(said: &[(Vec<u8>, bool)]) -> Turn {
    let mut gathering = Gathering::default();
    for (bytes, mine) in said {
        let range = gathering.push(bytes);
        gathering.give(if *mine { 7 } else { 1 }, range);
    }
    let mut turn = Turn::default();
    gathering.take(&mut turn);
    turn.due.retain(|due| due.slot == 7);
    turn
}

/// A socket with room for so many bytes.
struct Socket {
    room: Cell<usize>,
    took: RefCell<Vec<u8>>,
}

impl Socket {
    fn with_room(room: usize) -> Self {
        Self {
            room: Cell::new(room),
            took: RefCell::default(),
        }
    }

    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut written = 0;
        for slice in slices {
            let part = slice.len().min(self.room.get());
            self.took.borrow_mut().extend_from_slice(&slice[..part]);
            self.room.set(self.room.get() - part);
            written += part;
        }
        if written == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        Ok(written)
    }
}

#[test]
fn what_the_socket_takes_is_not_kept() {
    let turn = turn(&[(b"abc".to_vec(), true), (b"def".to_vec(), true)]);
    let socket = Socket::with_room(100);
    let mut outbox = Outbox::default();
    let sent = outbox.send(&turn.batch, &turn.due[0].ranges, 0, |slices| {
        assert_eq!(slices.len(), 1, "neighbours are one slice");
        socket.write(slices)
    });
    assert_eq!(sent.unwrap(), Sent::All);
    assert!(outbox.is_empty());
    assert_eq!(*socket.took.borrow(), b"abcdef");
}

#[test]
fn one_byte_over_the_limit_is_an_overflow() {
    let turn = turn(&[(vec![b'x'; 100], true)]);
    for (limit, expected) in [(90, Sent::Some), (89, Sent::Overflow)] {
        let socket = Socket::with_room(10);
        let mut outbox = Outbox::default();
        let sent = outbox.send(&turn.batch, &turn.due[0].ranges, limit, |slices| {
            socket.write(slices)
        });
        assert_eq!(sent.unwrap(), expected);
    }
}

#[test]
fn a_broken_socket_is_an_error() {
    let turn = turn(&[(b"abc".to_vec(), true)]);
    let broken = |_: &[IoSlice<'_>]| Err(ErrorKind::BrokenPipe.into());
    let sent = Outbox::default().send(&turn.batch, &turn.due[0].ranges, 10, broken);
    assert_eq!(sent.unwrap_err().kind(), ErrorKind::BrokenPipe);
}

#[test]
fn what_the_system_has_taken_of_a_send_does_not_wait_any_more() {
    let mut outbox = Outbox::default();
    let launch = |outbox: &mut Outbox, count| {
        let turn = turn(&[(vec![b'x'; count], true)]);
        outbox.launch(&turn.batch.into(), &turn.due[0].ranges, 50)
    };
    // An answer longer than may wait is sent all the same.
    assert_eq!(launch(&mut outbox, 100).unwrap().unwrap().len(), 100);
    assert_eq!(outbox.landed(b"end"), Some(Bytes::from("end")));
    assert_eq!(launch(&mut outbox, 47), Ok(None));
    assert_eq!(launch(&mut outbox, 1), Err(Sent::Overflow));
    assert_eq!(outbox.landed(b""), Some(Bytes::from(vec![b'x'; 47])));
}

#[test]
fn what_comes_while_a_send_flies_follows_it_in_one_piece() {
    let mut outbox = Outbox::default();
    let launch = |outbox: &mut Outbox, text: &[u8], limit| {
        let turn = turn(&[(text.to_vec(), true)]);
        outbox.launch(&turn.batch.into(), &turn.due[0].ranges, limit)
    };
    assert_eq!(
        launch(&mut outbox, b"one", 10),
        Ok(Some(Bytes::from("one")))
    );
    assert_eq!(launch(&mut outbox, b"two", 10), Ok(None));
    assert_eq!(launch(&mut outbox, b"six", 10), Ok(None));
    assert_eq!(launch(&mut outbox, b"more", 10), Err(Sent::Overflow));
    assert_eq!(outbox.landed(b""), Some(Bytes::from("twosix")));
    assert_eq!(outbox.landed(b""), None);
    assert!(outbox.is_empty());
}

proptest! {
    #[test]
    fn the_client_gets_all_of_it_in_order(
        turns in prop::collection::vec(
            (prop::collection::vec((prop::collection::vec(any::<u8>(), 0..20), any::<bool>()), 0..40), 0..200usize, 0..200usize),
            0..10,
        )
    ) {
        let socket = Socket::with_room(0);
        let mut outbox = Outbox::default();
        let mut expected = Vec::new();
        for (said, room, later) in turns {
            let turn = turn(&said);
            for (bytes, mine) in &said {
                if *mine { expected.extend_from_slice(bytes); }
            }
            socket.room.set(room);
            for due in &turn.due {
                let sent = outbox.send(&turn.batch, &due.ranges, usize::MAX, |slices| socket.write(slices)).unwrap();
                prop_assert_eq!(sent == Sent::All, outbox.is_empty());
            }
            socket.room.set(later);
            outbox.resume(|slices| socket.write(slices)).unwrap();
        }
        socket.room.set(usize::MAX);
        prop_assert!(outbox.resume(|slices| socket.write(slices)).unwrap());
        prop_assert_eq!(&*socket.took.borrow(), &expected);
    }
}
