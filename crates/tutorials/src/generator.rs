//! Python's generators on stable Rust, made of `async` (added by lessons 5 to 7).
//!
//! A generator is a function that can be left in the middle and entered again at
//! the same place with all its variables intact. Lesson 5 writes one by hand, as an enum
//! of the places where it can stand. The compiler makes such an enum of every `async`
//! body. `yield` itself is unstable, so this file says it with what is stable:
//!
//! | Python | here |
//! |---|---|
//! | `def g(): …` with a `yield` in it | `Generator::new(async \|y\| …)` |
//! | `x = yield v` | `let x = y.give(v).await?;` |
//! | `x = yield from inner` | `let x = y.from(inner).await?;` |
//! | `return v` | `Ok(v)` |
//! | `raise E` | `Err(E)` |
//! | `next(g)`, `g.send(v)`, `g.throw(E)` | `g.start()`, `g.send(v)`, `g.throw(e)` |
//! | `g.close()` | `g.close()`, or just drop it |
//! | `try: … finally: …` | a value whose `Drop` does it |
//! | `ValueError: generator already executing` | does not compile: a step takes `&mut` |
//!
//! How it works: body and caller share two cells. `give` puts a value into one
//! and answers `Pending`, which leaves the body; the caller takes the value out.
//! `send` puts a value into the other and polls, which enters the body again.
//! Nobody ever waits, so the waker is one that does nothing.

use std::cell::Cell;
use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::trace::{self, Lane, Trace, Why};

/// What a generator did until it stopped: it gave a value and can go on, or it is through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<Y, R> {
    /// It waits in `give`. This is the given value.
    Yielded(Y),
    /// It ended. Python calls this `StopIteration(value)`.
    Returned(R),
}

/// Where a generator is. Python's `inspect.getgeneratorstate` also knows `GEN_RUNNING`,
/// which nobody can ask for here: whoever steps a generator has borrowed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// None of its body has run.
    Created,
    /// It stands in a `give`.
    Suspended,
    /// It returned, failed or was closed.
    Closed,
}

/// Why a step answered nothing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure<E> {
    /// The body let an error out: its own or a thrown one.
    #[error("{0}")]
    Raised(E),
    /// A value was sent to a body that stands in no `give` yet and could not take it.
    #[error("cannot send a value to a generator that has not started: start it first")]
    NotStarted,
    /// `start` was called twice.
    #[error("the generator has started already: send to it instead")]
    AlreadyStarted,
    /// It is through.
    #[error("the generator is closed")]
    Closed,
}

/// The two cells between a body and its caller.
struct Exchange<Y, S, E> {
    given: Cell<Option<Y>>,
    sent: Cell<Option<Result<S, E>>>,
}

/// What a body gives values with. Only its own generator can make one.
pub struct Yielder<Y, S, E> {
    exchange: Rc<Exchange<Y, S, E>>,
}

impl<Y, S, E> Yielder<Y, S, E> {
    /// `x = yield value`: leaves the body, and answers what the caller sends or throws.
    ///
    /// # Errors
    ///
    /// What the caller threw. `?` lets it pass through the body, as an uncaught exception would.
    ///
    /// # Cancel safety
    ///
    /// When it is dropped, the body was closed; the value has been given.
    pub async fn give(&self, value: Y) -> Result<S, E> {
        self.exchange.given.set(Some(value));
        // Pending the first time, so the caller gets control; through the second time.
        std::future::poll_fn(|_| match self.exchange.sent.take() {
            Some(sent) => Poll::Ready(sent),
            None => Poll::Pending,
        })
        .await
    }

    /// `x = yield from inner`: whatever inner gives goes to our caller, whatever the
    /// caller sends or throws goes to inner, and inner's return value is the answer.
    ///
    /// # Errors
    ///
    /// What inner raised.
    ///
    /// # Panics
    ///
    /// When `inner` has been started: its caller already holds a value of it.
    ///
    /// # Cancel safety
    ///
    /// When it is dropped, inner is closed with it.
    pub async fn from<R>(&self, mut inner: Generator<Y, S, R, E>) -> Result<R, E> {
        let mut step = inner.start();
        loop {
            step = match step {
                Ok(Step::Yielded(value)) => match self.give(value).await {
                    Ok(sent) => inner.send(sent),
                    Err(thrown) => inner.throw(thrown),
                },
                Ok(Step::Returned(value)) => return Ok(value),
                Err(Failure::Raised(error)) => return Err(error),
                Err(_) => panic!("yield from takes a generator that has not been started"),
            };
        }
    }
}

type Body<R, E> = Pin<Box<dyn Future<Output = Result<R, E>>>>;

/// A function that can be left and entered again: gives `Y`s, takes `S`s, returns an `R` or raises an `E`.
pub struct Generator<Y, S, R, E> {
    /// `None` once it is closed: what the body held is gone.
    body: Option<Body<R, E>>,
    started: bool,
    exchange: Rc<Exchange<Y, S, E>>,
    recorder: Option<(Trace, Lane)>,
}

impl<Y: 'static, S: 'static, R, E: 'static> Generator<Y, S, R, E> {
    /// Makes one of a body. As in Python, none of the body runs yet.
    pub fn new<F>(body: impl FnOnce(Yielder<Y, S, E>) -> F) -> Self
    where
        F: Future<Output = Result<R, E>> + 'static,
    {
        let exchange = Rc::new(Exchange {
            given: Cell::new(None),
            sent: Cell::new(None),
        });
        let yielder = Yielder {
            exchange: Rc::clone(&exchange),
        };
        Self {
            body: Some(Box::pin(body(yielder))),
            started: false,
            exchange,
            recorder: None,
        }
    }
}

impl<Y, S, R, E> Generator<Y, S, R, E> {
    /// Lets `trace`, if there is one, record when it runs, and what is sent, thrown and given.
    #[must_use]
    pub fn traced(mut self, trace: Option<&Trace>, name: &str) -> Self {
        self.recorder = trace.map(|trace| (trace.clone(), trace.spawn(name)));
        self
    }

    /// Runs the body to its first `give`: `next(g)`, called *priming* when values are to be sent.
    ///
    /// # Errors
    ///
    /// [`Failure::AlreadyStarted`], [`Failure::Closed`], or what the body raised.
    ///
    /// # Panics
    ///
    /// This step and every other: when the body does, and when it awaits anything but its own
    /// yielder, which nobody would wake. It is closed then.
    pub fn start(&mut self) -> Result<Step<Y, R>, Failure<E>> {
        match self.state() {
            State::Created => {
                self.started = true;
                self.step("start")
            }
            State::Suspended => Err(Failure::AlreadyStarted),
            State::Closed => Err(Failure::Closed),
        }
    }

    /// Enters the body again; the `give` it stands in answers `value`.
    ///
    /// # Errors
    ///
    /// [`Failure::NotStarted`], [`Failure::Closed`], or what the body raised.
    pub fn send(&mut self, value: S) -> Result<Step<Y, R>, Failure<E>> {
        match self.state() {
            State::Created => Err(Failure::NotStarted),
            State::Suspended => {
                self.exchange.sent.set(Some(Ok(value)));
                self.step("send")
            }
            State::Closed => Err(Failure::Closed),
        }
    }

    /// Enters the body again; the `give` it stands in fails with `error`.
    ///
    /// A body that has not started cannot catch it: it is closed, and the error comes
    /// straight back. The same happens at a closed one.
    ///
    /// # Errors
    ///
    /// What the body raised: this error, unless it caught it.
    pub fn throw(&mut self, error: E) -> Result<Step<Y, R>, Failure<E>> {
        if self.state() == State::Suspended {
            self.exchange.sent.set(Some(Err(error)));
            self.step("throw")
        } else {
            self.close();
            Err(Failure::Raised(error))
        }
    }

    /// Ends it where it stands: its body is dropped with everything in it. Dropping the
    /// generator does the same. Python throws `GeneratorExit`, which a body can ignore;
    /// nothing can ignore being dropped.
    pub fn close(&mut self) {
        if self.body.take().is_some() {
            self.record(|trace, lane| trace.drop(lane, true));
        }
    }

    /// Where it is.
    #[must_use]
    pub fn state(&self) -> State {
        match (&self.body, self.started) {
            (None, _) => State::Closed,
            (Some(_), false) => State::Created,
            (Some(_), true) => State::Suspended,
        }
    }

    fn record<A>(&self, record: impl FnOnce(&Trace, Lane) -> A) -> Option<A> {
        let (trace, lane) = self.recorder.as_ref()?;
        Some(record(trace, *lane))
    }

    fn step(&mut self, how: &str) -> Result<Step<Y, R>, Failure<E>> {
        let caller = self.record(|trace, lane| {
            let caller = trace.enter(lane);
            trace.note(how);
            caller
        });
        let step = self.poll();
        self.record(|trace, lane| {
            match step {
                Ok(Step::Yielded(_)) => {
                    trace.note("yield");
                    trace::waiting(Why::Caller);
                }
                Ok(Step::Returned(_)) => trace.note("return"),
                Err(_) => trace.note("raise"),
            }
            trace.leave(lane, caller.flatten());
            if self.body.is_none() {
                trace.drop(lane, false);
            }
        });
        step
    }

    fn poll(&mut self) -> Result<Step<Y, R>, Failure<E>> {
        // Taken out: a body that returns or panics is gone, and the generator closed.
        let mut body = self.body.take().ok_or(Failure::Closed)?;
        match body.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => {
                let given = self.exchange.given.take();
                let given = given.expect("a generator's body may await only its own yielder");
                self.body = Some(body);
                Ok(Step::Yielded(given))
            }
            Poll::Ready(result) => result.map(Step::Returned).map_err(Failure::Raised),
        }
    }
}

impl<Y, S, R, E> Drop for Generator<Y, S, R, E> {
    fn drop(&mut self) {
        self.close();
    }
}

/// A generator that takes nothing and cannot fail is an iterator: `for value in g`.
impl<Y, R> Iterator for Generator<Y, (), R, Infallible> {
    type Item = Y;

    fn next(&mut self) -> Option<Y> {
        let step = match self.state() {
            State::Created => self.start(),
            State::Suspended => self.send(()),
            State::Closed => return None,
        };
        match step {
            Ok(Step::Yielded(value)) => Some(value),
            _ => None,
        }
    }
}

impl<Y, S, E> fmt::Debug for Yielder<Y, S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Yielder").finish_non_exhaustive()
    }
}

impl<Y, S, R, E> fmt::Debug for Generator<Y, S, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generator")
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
