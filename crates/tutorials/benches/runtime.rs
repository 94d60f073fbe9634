//! What it costs to yield, to spawn, to hand over a value and to sleep: on the lessons' own
//! scheduler, on tokio's current-thread runtime, and on smol, one after the other on one core.
//!
//! `cargo bench -p tutorials --bench runtime`

use std::rc::Rc;
use std::time::{Duration, Instant};

use tutorials::channel::channel;
use tutorials::scheduler::Scheduler;

const RUNS: usize = 7;
const TASKS: u32 = 10;
const YIELDS: u32 = 100_000;
const BATCH: u32 = 1_000;
const BATCHES: u32 = 300;
const VALUES: u32 = 500_000;
const TIMERS: u32 = 1_000;
const NAPS: u32 = 10;
const NAP: Duration = Duration::from_millis(100);

fn main() {
    // `cargo bench` passes flags for the standard harness: there are none here.
    println!("{RUNS} runs each, interleaved; the middle one counts. ns per operation:\n");
    println!(
        "{:<34}{:>10}{:>10}{:>10}{:>14}",
        "", "ours", "tokio", "smol", "ours / tokio"
    );
    let per = |count: u32| move |took: Duration| took.as_nanos() as f64 / f64::from(count);
    row(
        "yield (10 tasks in turn)",
        [yields_ours, yields_tokio, yields_smol],
        per(TASKS * YIELDS),
    );
    row(
        "spawn, run, join",
        [spawn_ours, spawn_tokio, spawn_smol],
        per(BATCH * BATCHES),
    );
    row(
        "channel hand-over (capacity 1)",
        [channel_ours, channel_tokio, channel_smol],
        per(VALUES),
    );
    println!("\n1,000 tasks that sleep 10 times 0.1 s, so one second; processor time in ms:\n");
    row(
        "a 1,000-timer second",
        [timers_ours, timers_tokio, timers_smol],
        |took| took.as_secs_f64() * 1e3,
    );
}

fn row(name: &str, runtimes: [fn() -> Duration; 3], unit: impl Fn(Duration) -> f64) {
    let mut took: [Vec<Duration>; 3] = Default::default();
    for _ in 0..RUNS {
        for (times, run) in took.iter_mut().zip(runtimes) {
            times.push(run());
        }
    }
    let [ours, tokio, smol] = took.map(|mut times| {
        times.sort_unstable();
        unit(times[RUNS / 2])
    });
    println!(
        "{name:<34}{ours:>10.1}{tokio:>10.1}{smol:>10.1}{:>14.2}",
        ours / tokio
    );
}

fn timed(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

fn processor(run: impl FnOnce()) -> Duration {
    let now = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Duration::try_from(time).expect("processor time is not negative")
    };
    let start = now();
    run();
    now() - start
}

fn ours() -> Scheduler {
    Scheduler::new().expect("there are descriptors")
}

fn tokio() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("there are descriptors")
}

fn yields_ours() -> Duration {
    let scheduler = ours();
    for number in 0..TASKS {
        let handle = scheduler.handle();
        drop(scheduler.handle().spawn(number.to_string(), async move {
            for _ in 0..YIELDS {
                handle.yield_now().await;
            }
        }));
    }
    timed(|| scheduler.run())
}

fn yields_tokio() -> Duration {
    let runtime = tokio();
    let task = || async {
        for _ in 0..YIELDS {
            tokio::task::yield_now().await;
        }
    };
    timed(|| {
        runtime.block_on(async {
            let tasks: Vec<_> = (0..TASKS).map(|_| tokio::spawn(task())).collect();
            for task in tasks {
                task.await.expect("it does not panic");
            }
        });
    })
}

fn yields_smol() -> Duration {
    let executor = Rc::new(smol::LocalExecutor::new());
    let task = || async {
        for _ in 0..YIELDS {
            smol::future::yield_now().await;
        }
    };
    let tasks: Vec<_> = (0..TASKS).map(|_| executor.spawn(task())).collect();
    timed(|| {
        smol::block_on(executor.run(async {
            for task in tasks {
                task.await;
            }
        }));
    })
}

fn spawn_ours() -> Duration {
    let scheduler = ours();
    let handle = scheduler.handle();
    timed(|| {
        scheduler.block_on(async {
            for _ in 0..BATCHES {
                let tasks: Vec<_> = (0..BATCH)
                    .map(|number| handle.spawn("", async move { number }))
                    .collect();
                for task in tasks {
                    task.await.expect("nobody cancels it");
                }
            }
        });
    })
}

fn spawn_tokio() -> Duration {
    let runtime = tokio();
    timed(|| {
        runtime.block_on(async {
            for _ in 0..BATCHES {
                let tasks: Vec<_> = (0..BATCH)
                    .map(|number| tokio::spawn(async move { number }))
                    .collect();
                for task in tasks {
                    task.await.expect("nobody cancels it");
                }
            }
        });
    })
}

fn spawn_smol() -> Duration {
    let executor = smol::LocalExecutor::new();
    timed(|| {
        smol::block_on(executor.run(async {
            for _ in 0..BATCHES {
                let tasks: Vec<_> = (0..BATCH)
                    .map(|number| executor.spawn(async move { number }))
                    .collect();
                for task in tasks {
                    task.await;
                }
            }
        }));
    })
}

fn channel_ours() -> Duration {
    let scheduler = ours();
    let handle = scheduler.handle();
    timed(|| {
        scheduler.block_on(async {
            let (sender, mut receiver) = channel(1);
            drop(handle.spawn("sender", async move {
                for value in 0..VALUES {
                    sender.send(value).await.expect("it is received");
                }
            }));
            while receiver.receive().await.is_some() {}
        });
    })
}

fn channel_tokio() -> Duration {
    let runtime = tokio();
    timed(|| {
        runtime.block_on(async {
            let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
            tokio::spawn(async move {
                for value in 0..VALUES {
                    sender.send(value).await.expect("it is received");
                }
            });
            while receiver.recv().await.is_some() {}
        });
    })
}

fn channel_smol() -> Duration {
    let executor = smol::LocalExecutor::new();
    timed(|| {
        smol::block_on(executor.run(async {
            let (sender, receiver) = smol::channel::bounded(1);
            let sending = executor.spawn(async move {
                for value in 0..VALUES {
                    sender.send(value).await.expect("it is received");
                }
            });
            while receiver.recv().await.is_ok() {}
            sending.await;
        }));
    })
}

fn timers_ours() -> Duration {
    let scheduler = ours();
    processor(|| {
        for _ in 0..TIMERS {
            let handle = scheduler.handle();
            drop(scheduler.handle().spawn("", async move {
                for _ in 0..NAPS {
                    handle.sleep(NAP).await;
                }
            }));
        }
        scheduler.run();
    })
}

fn timers_tokio() -> Duration {
    let runtime = tokio();
    let task = || async {
        for _ in 0..NAPS {
            tokio::time::sleep(NAP).await;
        }
    };
    processor(|| {
        runtime.block_on(async {
            let tasks: Vec<_> = (0..TIMERS).map(|_| tokio::spawn(task())).collect();
            for task in tasks {
                task.await.expect("it does not panic");
            }
        });
    })
}

fn timers_smol() -> Duration {
    let executor = smol::LocalExecutor::new();
    let task = || async {
        for _ in 0..NAPS {
            smol::Timer::after(NAP).await;
        }
    };
    processor(|| {
        smol::block_on(executor.run(async {
            let tasks: Vec<_> = (0..TIMERS).map(|_| executor.spawn(task())).collect();
            for task in tasks {
                task.await;
            }
        }));
    })
}
