//! Where tasks are kept, and their wakers.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};

use crate::reactor::Reactor;
use crate::ready::Ready;
use crate::trace::hook::TaskHook;

/// Names a task. A place in the table is used again, but with another generation: the
/// key of a finished task never means a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    place: u32,
    generation: u32,
}

impl Key {
    /// The future that `block_on` was called with, which is in no table.
    pub(super) const MAIN: Self = Self {
        place: u32::MAX,
        generation: 0,
    };
}

/// What wakers, on whatever thread, share with the scheduler.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) ready: Ready<Key>,
    pub(super) reactor: Reactor,
}

impl Shared {
    pub(super) fn new(reactor: Reactor) -> Self {
        Self {
            ready: Ready::new(),
            reactor,
        }
    }

    pub(super) fn waker(self: &Arc<Self>, key: Key, hook: TaskHook) -> (Arc<Task>, Waker) {
        let task = Arc::new(Task {
            shared: Arc::clone(self),
            key,
            queued: AtomicBool::new(false),
            hook,
        });
        (Arc::clone(&task), Waker::from(task))
    }
}

/// What a waker points to: not the task, only where it stands. So a waker that lives
/// longer than its task keeps next to nothing alive.
#[derive(Debug)]
pub(super) struct Task {
    shared: Arc<Shared>,
    key: Key,
    /// It is in the queue already: being woken twice is being woken once.
    queued: AtomicBool,
    hook: TaskHook,
}

impl Task {
    /// It will be polled now. A wake-up from here on puts it into the queue again.
    pub(super) fn leaves_queue(&self) {
        // A swap and not a store: what was done before a wake-up that came too late
        // to put it into the queue again has to be visible to the poll that follows.
        self.queued.swap(false, Ordering::AcqRel);
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.queued.swap(true, Ordering::AcqRel) {
            return;
        }
        self.hook.on_wake();
        if self.shared.ready.push(self.key) {
            self.shared.reactor.rouse();
        }
    }
}

/// A task and what is needed to poll it.
pub(super) struct Slot {
    pub(super) future: Pin<Box<dyn Future<Output = ()>>>,
    pub(super) task: Arc<Task>,
    pub(super) waker: Waker,
    pub(super) hook: TaskHook,
}

enum Place {
    Free,
    Waiting(Slot),
    /// Taken out to be polled.
    Running {
        cancelled: bool,
    },
}

/// All tasks, by key. Places of finished tasks are used again.
#[derive(Default)]
pub(super) struct Tasks {
    places: Vec<(u32, Place)>,
    free: Vec<u32>,
}

impl Tasks {
    pub(super) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn insert(&mut self, slot: impl FnOnce(Key) -> Slot) -> Key {
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push((0, Place::Free));
            u32::try_from(self.places.len() - 1).expect("fewer than four thousand million tasks")
        });
        let (generation, entry) = &mut self.places[place as usize];
        let key = Key {
            place,
            generation: *generation,
        };
        *entry = Place::Waiting(slot(key));
        key
    }

    pub(super) fn wake(&self, key: Key) {
        if let Some((generation, Place::Waiting(slot))) = self.places.get(key.place as usize)
            && *generation == key.generation
        {
            slot.waker.wake_by_ref();
        }
    }

    /// Takes a task out to poll it. `None`: it is gone.
    pub(super) fn take(&mut self, key: Key) -> Option<Slot> {
        let entry = self.entry(key)?;
        match std::mem::replace(entry, Place::Running { cancelled: false }) {
            Place::Waiting(slot) => Some(slot),
            other => {
                *entry = other;
                None
            }
        }
    }

    /// Puts it back; or gives it back, when it was cancelled meanwhile.
    pub(super) fn put_back(&mut self, key: Key, slot: Slot) -> Result<(), Slot> {
        match self.entry(key) {
            Some(entry @ Place::Running { cancelled: false }) => {
                *entry = Place::Waiting(slot);
                Ok(())
            }
            _ => Err(slot),
        }
    }

    /// Its place is free from now on.
    pub(super) fn remove(&mut self, key: Key) {
        if let Some(entry) = self.entry(key) {
            *entry = Place::Free;
            let generation = &mut self.places[key.place as usize].0;
            *generation = generation.wrapping_add(1);
            self.free.push(key.place);
        }
    }

    /// Takes a task out for good. One that runs is only marked.
    pub(super) fn cancel(&mut self, key: Key) -> Option<Slot> {
        match self.entry(key)? {
            Place::Running { cancelled } => {
                *cancelled = true;
                None
            }
            _ => {
                let slot = self.take(key);
                self.remove(key);
                slot
            }
        }
    }

    /// The next task that waits, from a place on, and the place after it.
    pub(super) fn waiting_from(&self, place: usize) -> Option<(Key, usize)> {
        let is_waiting = |(_, place): &(u32, Place)| matches!(place, Place::Waiting(_));
        let place = place + self.places.get(place..)?.iter().position(is_waiting)?;
        let key = Key {
            place: u32::try_from(place).ok()?,
            generation: self.places[place].0,
        };
        Some((key, place + 1))
    }

    fn entry(&mut self, key: Key) -> Option<&mut Place> {
        let (generation, entry) = self.places.get_mut(key.place as usize)?;
        (*generation == key.generation && !matches!(entry, Place::Free)).then_some(entry)
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
