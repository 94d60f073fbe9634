//! Generators against a model of what Python's do, and the corners one by one.

use std::rc::Weak;

use proptest::prelude::*;

use super::*;

type Sum = Generator<i64, i64, i64, String>;

/// Gives the sum so far; a thrown error is caught and starts the sum again, except
/// "fatal", which passes; returns the sum when 0 is sent.
fn sum() -> Sum {
    Generator::new(async |y: Yielder<i64, i64, String>| {
        let mut sum = 0;
        loop {
            match y.give(sum).await {
                Ok(0) => return Ok(sum),
                Ok(number) => sum += number,
                Err(error) if error == "fatal" => return Err(error),
                Err(_) => sum = 0,
            }
        }
    })
}

/// The same inside of another generator, which adds 1000 to what it returns.
fn delegated() -> Sum {
    Generator::new(async |y: Yielder<i64, i64, String>| Ok(y.from(sum()).await? + 1000))
}

#[derive(Clone, Debug)]
enum Call {
    Start,
    Send(i64),
    Throw(&'static str),
    Close,
}

/// What Python's documentation says of each call in each state.
struct Model {
    state: State,
    sum: i64,
    extra: i64,
}

impl Model {
    fn call(&mut self, call: &Call) -> Option<Result<Step<i64, i64>, Failure<String>>> {
        Some(match (self.state, call) {
            (_, Call::Close) => {
                self.state = State::Closed;
                return None;
            }
            (State::Created, Call::Start) => {
                self.state = State::Suspended;
                Ok(Step::Yielded(0))
            }
            (State::Suspended, Call::Start) => Err(Failure::AlreadyStarted),
            (State::Created, Call::Send(_)) => Err(Failure::NotStarted),
            (State::Closed, Call::Start | Call::Send(_)) => Err(Failure::Closed),
            (State::Created | State::Closed, Call::Throw(error)) => {
                self.state = State::Closed;
                Err(Failure::Raised((*error).to_owned()))
            }
            (State::Suspended, Call::Send(0)) => {
                self.state = State::Closed;
                Ok(Step::Returned(self.sum + self.extra))
            }
            (State::Suspended, Call::Send(number)) => {
                self.sum += number;
                Ok(Step::Yielded(self.sum))
            }
            (State::Suspended, Call::Throw("fatal")) => {
                self.state = State::Closed;
                Err(Failure::Raised("fatal".to_owned()))
            }
            (State::Suspended, Call::Throw(_)) => {
                self.sum = 0;
                Ok(Step::Yielded(0))
            }
        })
    }
}

fn any_call() -> impl Strategy<Value = Call> {
    prop_oneof![
        2 => Just(Call::Start),
        6 => (-9i64..9).prop_map(Call::Send),
        2 => prop_oneof![Just("mild"), Just("fatal")].prop_map(Call::Throw),
        1 => Just(Call::Close),
    ]
}

proptest! {
    #[test]
    fn a_generator_does_what_the_model_does(
        calls in proptest::collection::vec(any_call(), 0..30),
        delegate in any::<bool>(),
    ) {
        let mut generator = if delegate { delegated() } else { sum() };
        let extra = if delegate { 1000 } else { 0 };
        let mut model = Model { state: State::Created, sum: 0, extra };
        for call in calls {
            let done = match &call {
                Call::Start => Some(generator.start()),
                Call::Send(number) => Some(generator.send(*number)),
                Call::Throw(error) => Some(generator.throw((*error).to_owned())),
                Call::Close => {
                    generator.close();
                    None
                }
            };
            prop_assert_eq!(done, model.call(&call), "{:?}", call);
            prop_assert_eq!(generator.state(), model.state);
        }
    }
}

#[test]
fn nothing_runs_before_the_start() {
    let ran = Rc::new(Cell::new(false));
    let flag = Rc::clone(&ran);
    let mut generator: Generator<(), (), (), Infallible> = Generator::new(async move |_| {
        flag.set(true);
        Ok(())
    });
    assert!(!ran.get());
    assert_eq!(generator.start(), Ok(Step::Returned(())));
    assert!(ran.get());
}

/// Its drop is Python's `finally`.
fn guarded() -> (Generator<(), (), (), Infallible>, Weak<()>) {
    let held = Rc::new(());
    let watch = Rc::downgrade(&held);
    let generator = Generator::new(async move |y: Yielder<(), (), Infallible>| {
        let _held = held;
        loop {
            y.give(()).await?;
        }
    });
    (generator, watch)
}

#[test]
fn close_and_drop_end_the_body_where_it_stands() {
    let (mut generator, held) = guarded();
    generator.next();
    assert!(held.upgrade().is_some());
    generator.close();
    assert!(held.upgrade().is_none());

    let (mut generator, held) = guarded();
    generator.next();
    drop(generator);
    assert!(held.upgrade().is_none());
}

#[test]
fn an_iterator_ends_where_the_body_returns() {
    let three: Generator<u32, (), (), Infallible> = Generator::new(async |y: Yielder<_, _, _>| {
        for number in 1..=3 {
            y.give(number).await?;
        }
        Ok(())
    });
    assert_eq!(three.collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
#[should_panic(expected = "only its own yielder")]
fn awaiting_something_else_is_a_mistake_that_is_named() {
    let mut generator: Generator<(), (), (), Infallible> = Generator::new(async |_| {
        std::future::pending::<()>().await;
        Ok(())
    });
    let _ = generator.start();
}

#[test]
fn a_body_that_panicked_is_closed() {
    let mut generator: Generator<(), (), (), Infallible> =
        Generator::new(async |_| panic!("on purpose"));
    let step = std::panic::AssertUnwindSafe(|| generator.start());
    assert!(std::panic::catch_unwind(step).is_err());
    assert_eq!(generator.state(), State::Closed);
    assert_eq!(generator.send(()), Err(Failure::Closed));
}
