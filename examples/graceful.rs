//! Ctrl-C done well: what waits is dropped, what has begun is finished.
//!
//! ```text
//! cargo run --example graceful
//! ```
//!
//! Three cooks cook what is ordered, and orders come faster than they can. Press Ctrl-C:
//! nobody takes a new order, the kitchen says who is still cooking what, those dishes are
//! finished, it says how many there were and the exit code is 0. Press it twice: the process ends at once, with 130. `kill PID` asks
//! the same way; `kill -HUP PID` too, and the code is 129, as a shell expects it.
//!
//! In Python Ctrl-C is an exception that appears in whatever line happens to run, and
//! with `asyncio` each task is cancelled wherever it waits, cooking or not. Here a stop is
//! a value that one awaits where it suits: look at the one `select!` in `cook`.

use std::process::ExitCode;
use std::time::Duration;

use common::shutdown::Shutdown;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const DISHES: [&str; 6] = ["soup", "dumplings", "pie", "risotto", "curry", "pancakes"];

/// Orders that wait for a cook. Overflow policy: wait, as a waiter does.
const COUNTER: usize = 4;

/// An order comes in less time than a dish takes, so there is always something on the fire.
const ORDERING: Duration = Duration::from_millis(700);
const COOKING: Duration = Duration::from_millis(1500);

/// Whoever is not ready by then is left behind: no stop may take for ever.
const PATIENCE: Duration = Duration::from_secs(5);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    common::exit::code("graceful", run().await)
}

async fn run() -> anyhow::Result<ExitCode> {
    let shutdown = Shutdown::on_signals()?;
    println!(
        "the kitchen is open, process {}; Ctrl-C closes it",
        std::process::id()
    );
    // One queue for each cook, so that none of them has to wait for a lock.
    let mut kitchen = JoinSet::new();
    let mut fires = Vec::new();
    for cook_number in 0..3 {
        let (orders, counter) = mpsc::channel(COUNTER);
        let menu = DISHES.iter().cycle().skip(cook_number * 2);
        tokio::spawn(async move {
            for dish in menu {
                // An error: the cook has gone home.
                if orders.send(*dish).await.is_err() {
                    break;
                }
                sleep(ORDERING).await;
            }
        });
        let (fire, seen) = watch::channel(None);
        fires.push(seen);
        kitchen.spawn(cook(cook_number + 1, counter, fire, shutdown.clone()));
    }

    shutdown.requested().await;
    let cooking = (1..).zip(&fires).filter_map(|(number, fire)| {
        let dish = (*fire.borrow())?;
        Some(format!("cook {number} {dish}"))
    });
    let cooking: Vec<String> = cooking.collect();
    match &cooking[..] {
        [] => println!("closing; nothing is on the fire yet"),
        _ => println!("closing; still cooking: {}", cooking.join(", ")),
    }
    let mut dishes = 0;
    let closed = timeout(PATIENCE, async {
        while let Some(cooked) = kitchen.join_next().await {
            dishes += cooked?;
        }
        anyhow::Ok(())
    });
    match closed.await {
        Ok(result) => result?,
        Err(_) => println!("cooks who did not finish in time: {}", kitchen.len()),
    }
    println!("closed; {dishes} dishes, none of them half done");
    Ok(shutdown.exit_code())
}

/// Takes orders until the kitchen closes; answers how many dishes were cooked.
async fn cook(
    number: usize,
    mut counter: mpsc::Receiver<&'static str>,
    fire: watch::Sender<Option<&'static str>>,
    shutdown: Shutdown,
) -> u32 {
    let mut cooked = 0;
    loop {
        // Both of these may be dropped while they wait: nothing is lost with them.
        let dish = tokio::select! {
            biased;
            () = shutdown.requested() => break,
            Some(dish) = counter.recv() => dish,
        };
        // Not inside of the select: this is finished, whatever is asked meanwhile.
        fire.send_replace(Some(dish));
        println!("  cook {number} begins {dish}");
        sleep(COOKING).await;
        println!("  cook {number} serves {dish}");
        fire.send_replace(None);
        cooked += 1;
    }
    cooked
}
