//! Lesson 14. Lesson 1's exercise again, with await: read from a client, but answer `None`
//! when it was silent for `patience`.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use tutorials::clock::Clock;
use tutorials::net::{Watched, recv};
use tutorials::scheduler::{Handle, Scheduler};

type Client = Watched<TcpStream>;

const MINUTE: Duration = Duration::from_secs(60);

async fn yours(scheduler: Handle, client: Client, patience: Duration) -> io::Result<Option<usize>> {
    let _ = (scheduler, patience);
    let mut piece = [0; 64];
    recv(&client, &mut piece).await.map(Some)
}

fn check<F: Future<Output = io::Result<Option<usize>>>>(read: fn(Handle, Client, Duration) -> F) {
    let scheduler = Scheduler::with(Clock::jumping(), None).unwrap();
    let handle = scheduler.handle();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let client = Watched::new(&handle, listener.accept().unwrap().0).unwrap();
    let reading = read(handle.clone(), client, MINUTE);
    // An hour of virtual time: whoever waits longer waits for ever.
    let answer = scheduler.block_on(handle.timeout(60 * MINUTE, reading));
    assert!(matches!(answer, Ok(Ok(None))), "{answer:?}");
    assert_eq!(handle.now(), MINUTE);
    drop(silent);
}

#[test]
#[ignore = "hint: the scheduler's handle can wait for something but not longer than so"]
fn yours_gives_up() {
    check(yours);
}

#[test]
fn the_solution_gives_up() {
    check(solution);
}

// The solution. Stop reading here until you have tried.

async fn solution(
    scheduler: Handle,
    client: Client,
    patience: Duration,
) -> io::Result<Option<usize>> {
    let mut piece = [0; 64];
    match scheduler.timeout(patience, recv(&client, &mut piece)).await {
        Ok(count) => count.map(Some),
        Err(_) => Ok(None),
    }
}
