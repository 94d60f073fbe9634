//! From a blocking server to your own async runtime, in nineteen runnable lessons.
//!
//! [`lessons`] has one module per lesson, to be read in order and from top to bottom.
//! What they build on the way is this library; each part says in its first line which
//! lesson added it:
//!
//! | part | lesson | what it is |
//! |---|---|---|
//! | [`protocol`] | 1 | what the servers answer, without sockets |
//! | [`stop`] | 1 | Ctrl-C as a descriptor |
//! | [`trace`] | 4 | who ran when, recorded and drawn |
//! | [`generator`] | 5 to 7 | Python's generators, made of `async` |
//! | [`pool`] | 9 | threads, and promises of what they answer |
//! | [`clock`], [`timers`] | 10 | time that can be replaced, and a heap of deadlines |
//! | [`reactor`], [`ready`] | 12 | who waits for which socket, and who can go on |
//! | [`scheduler`] | 13 | a scheduler for one thread |
//! | [`net`] | 14 | sockets that can be awaited |
//! | [`race`], [`channel`] | 15 | two at once; tasks that talk |
//! | [`workers`] | 16 | a scheduler for several threads |
//!
//! It is a real runtime, only a small one: it sleeps when there is nothing to do, loses
//! no wake-up, and frees what is finished. It is Linux's (`epoll`, `eventfd`, `io_uring`).

pub mod channel;
pub mod clock;
pub mod generator;
pub mod lessons;
pub mod net;
pub mod options;
pub mod pool;
pub mod protocol;
pub mod race;
pub mod reactor;
pub mod ready;
mod say;
pub mod scheduler;
pub mod stop;
pub mod timers;
pub mod trace;
mod waiting;
pub mod workers;

/// What [`ready`] and the state of a task of [`workers`] are made of. `tests/loom.rs` compiles both
/// with loom's instead.
mod sync {
    pub(crate) use std::sync::Mutex;
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
}
