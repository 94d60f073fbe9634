//! The outbox against sockets that take everything, nothing, or a few bytes at a time.

use std::cell::{Cell, RefCell};

use proptest::prelude::*;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use super::*;

/// A socket that takes `room` bytes and then would block.
#[derive(Default)]
struct Socket {
    taken: RefCell<Vec<u8>>,
    room: Cell<usize>,
    calls: Cell<usize>,
}

impl Socket {
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.calls.set(self.calls.get() + 1);
        if self.room.get() == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let mut written = 0;
        for slice in slices {
            let part = slice.len().min(self.room.get());
            self.taken.borrow_mut().extend_from_slice(&slice[..part]);
            self.room.set(self.room.get() - part);
            written += part;
        }
        Ok(written)
    }
}

fn text(batch: &mut Batch, text: &str) -> Range<usize> {
    batch.push(Frame::message(
        text.to_owned(),
        OpCode::Data(Data::Text),
        true,
    ))
}

#[test]
fn what_gathers_in_one_turn_leaves_in_one_write() {
    let mut batch = Batch::default();
    let mut outbox = Outbox::default();
    for word in ["pizza", "later", "?"] {
        let range = text(&mut batch, word);
        outbox.add(&range);
    }
    let socket = Socket::default();
    socket.room.set(usize::MAX);
    assert!(outbox.send(batch.bytes(), |s| socket.write(s)).unwrap());
    assert_eq!(socket.calls.get(), 1);
    assert_eq!(
        *socket.taken.borrow(),
        b"\x81\x05pizza\x81\x05later\x81\x01?"
    );
}

#[test]
fn the_first_range_of_a_turn_is_told_from_those_that_follow() {
    let mut batch = Batch::default();
    let mut outbox = Outbox::default();
    let (one, two, three) = (
        text(&mut batch, "a"),
        text(&mut batch, "b"),
        text(&mut batch, "c"),
    );
    assert!(outbox.add(&one));
    assert!(!outbox.add(&two));
    let mut other = Outbox::default();
    assert!(other.add(&one));
    assert!(!other.add(&three));
}

#[test]
fn a_socket_that_takes_nothing_overflows_at_the_bound_and_memory_stays_within_twice() {
    let mut outbox = Outbox::default();
    let socket = Socket::default();
    let limit = 10_000;
    for turn in 0.. {
        let mut batch = Batch::default();
        let range = text(&mut batch, &"x".repeat(1_000));
        outbox.add(&range);
        assert!(!outbox.send(batch.bytes(), |s| socket.write(s)).unwrap());
        if outbox.keep(&batch.take(), limit).is_err() {
            assert_eq!(turn, 9);
            break;
        }
        assert!(outbox.kept_bytes <= limit);
    }
    let mut batch = Batch::default();
    let close = text(&mut batch, "close");
    outbox.add(&close);
    assert_eq!(outbox.keep(&batch.take(), usize::MAX), Ok(()));
    socket.room.set(usize::MAX);
    assert!(outbox.resume(|s| socket.write(s)).unwrap());
    assert!(outbox.is_empty());
    assert_eq!(socket.taken.borrow().len(), 9 * 1_004 + 7);
}

#[test]
fn one_byte_of_a_large_batch_does_not_keep_the_batch_alive() {
    let mut batch = Batch::default();
    text(&mut batch, &"x".repeat(50_000));
    let mut outbox = Outbox::default();
    let range = text(&mut batch, "y");
    outbox.add(&range);
    let shared = batch.take();
    outbox.keep(&shared, 64 * 1024).unwrap();
    assert!(shared.is_unique(), "the small piece was copied");
}

#[test]
fn a_small_turn_behind_a_large_one_keeps_only_its_own_bytes_alive() {
    let mut batch = Batch::default();
    text(&mut batch, &"x".repeat(50_000));
    batch.clear();
    text(&mut batch, "y");
    let shared = batch.take();
    assert_eq!(shared.try_into_mut().unwrap().capacity(), 3);
}

proptest! {
    #[test]
    fn every_byte_arrives_once_and_in_order_whatever_the_socket_takes(
        turns in prop::collection::vec(
            (prop::collection::vec((".{0,20}", any::<bool>()), 0..30), 0..300_usize, 0..300_usize),
            0..20,
        ),
    ) {
        let mut outbox = Outbox::default();
        let socket = Socket::default();
        let mut expected = Vec::new();
        for (messages, room, more) in turns {
            let mut batch = Batch::default();
            for (message, mine) in messages {
                let range = text(&mut batch, &message);
                if mine {
                    outbox.add(&range);
                    expected.extend_from_slice(&batch.bytes()[range]);
                }
            }
            socket.room.set(room);
            if !outbox.send(batch.bytes(), |s| socket.write(s)).unwrap() {
                prop_assert_eq!(outbox.keep(&batch.take(), usize::MAX), Ok(()));
            }
            socket.room.set(more);
            outbox.resume(|s| socket.write(s)).unwrap();
        }
        socket.room.set(usize::MAX);
        prop_assert!(outbox.resume(|s| socket.write(s)).unwrap());
        prop_assert!(outbox.is_empty());
        prop_assert_eq!(outbox.kept_bytes, 0);
        prop_assert_eq!(&*socket.taken.borrow(), &expected);
    }
}
