//! Order, fairness, deadlines under a virtual clock, cancelling, threads.

mod misuse;

use std::cell::RefCell;
use std::time::Instant;

use super::*;
use crate::channel::channel;
use crate::race::{Either, race};

const SECOND: Duration = Duration::from_secs(1);

fn jumping() -> Scheduler {
    Scheduler::with(Clock::jumping(), None).unwrap()
}

/// A list that tasks write into.
type Log = Rc<RefCell<Vec<String>>>;

fn log(log: &Log, text: impl Into<String>) {
    log.borrow_mut().push(text.into());
}

#[test]
fn tasks_take_turns_in_the_order_they_were_spawned() {
    let scheduler = jumping();
    let handle = scheduler.handle();
    let seen = Log::default();
    for name in ["a", "b", "c"] {
        let (handle, seen) = (handle.clone(), Rc::clone(&seen));
        drop(scheduler.handle().spawn(name, async move {
            for turn in 1..=2 {
                log(&seen, format!("{name}{turn}"));
                handle.yield_now().await;
            }
        }));
    }
    scheduler.run();
    assert_eq!(*seen.borrow(), ["a1", "b1", "c1", "a2", "b2", "c2"]);
    assert_eq!(handle.tasks(), 0);
}

#[test]
fn sleeps_end_in_the_order_of_their_deadlines_and_equal_ones_in_the_order_they_began() {
    let scheduler = jumping();
    let seen = Log::default();
    for (name, seconds) in [("slow", 3), ("fast", 1), ("b", 2), ("c", 2), ("d", 2)] {
        let (handle, seen) = (scheduler.handle(), Rc::clone(&seen));
        drop(scheduler.handle().spawn(name, async move {
            handle.sleep(seconds * SECOND).await;
            log(&seen, format!("{name} at {:?}", handle.now()));
        }));
    }
    let started = Instant::now();
    scheduler.run();
    assert!(started.elapsed() < SECOND, "a virtual clock does not wait");
    let expected = ["fast at 1s", "b at 2s", "c at 2s", "d at 2s", "slow at 3s"];
    assert_eq!(*seen.borrow(), expected);
}

#[test]
fn a_task_that_is_always_ready_does_not_keep_a_deadline_from_firing() {
    let scheduler = Scheduler::new().unwrap();
    let handle = scheduler.handle();
    let busy = handle.clone();
    drop(handle.spawn("busy", async move {
        loop {
            busy.yield_now().await;
        }
    }));
    scheduler.block_on(handle.sleep(Duration::from_millis(5)));
}

#[test]
fn the_loop_sleeps_while_nobody_can_run() {
    let scheduler = Scheduler::new().unwrap();
    let handle = scheduler.handle();
    let before = thread_time();
    scheduler.block_on(handle.sleep(Duration::from_millis(300)));
    let used = thread_time() - before;
    assert!(
        used < Duration::from_millis(100),
        "{used:?} of processor time to sleep 300 ms"
    );
}

fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap()
}

#[test]
fn a_join_handle_gives_the_result_or_says_that_the_task_was_cancelled() {
    let scheduler = jumping();
    let handle = scheduler.handle();
    scheduler.block_on(async {
        let task = handle.spawn("five", async { 5 });
        assert!(!task.is_finished());
        assert_eq!(task.await, Ok(5));

        let sleeper = handle.clone();
        let task = handle.spawn("sleeper", async move { sleeper.sleep(SECOND).await });
        handle.yield_now().await;
        task.cancel();
        assert!(task.is_finished());
        assert_eq!(task.await, Err(Cancelled));
        assert_eq!(handle.tasks(), 0);
        assert!(
            handle.core.timers.borrow().is_empty(),
            "its deadline is gone with it"
        );
    });
}

#[test]
fn cancelling_drops_what_the_task_holds_at_once() {
    let scheduler = jumping();
    let handle = scheduler.handle();
    let held = Rc::new(());
    let watch = Rc::downgrade(&held);
    scheduler.block_on(async {
        let task = handle.spawn("holder", async move {
            std::future::pending::<()>().await;
            drop(held);
        });
        handle.yield_now().await;
        task.cancel();
        assert!(watch.upgrade().is_none());
    });
}

#[test]
fn a_task_that_cancels_itself_ends_where_it_next_waits() {
    let scheduler = jumping();
    let handle = scheduler.handle();
    let seen = Log::default();
    scheduler.block_on(async {
        let (sender, mut receiver) = channel(1);
        let (inner, inside) = (handle.clone(), Rc::clone(&seen));
        let task = Rc::new(handle.spawn("suicide", async move {
            let me: Rc<JoinHandle<()>> = receiver.receive().await.unwrap();
            me.cancel();
            log(&inside, "still here");
            inner.yield_now().await;
            log(&inside, "never");
        }));
        sender.send(Rc::clone(&task)).await.unwrap();
        handle.sleep(SECOND).await;
        assert_eq!(*seen.borrow(), ["still here"]);
        assert_eq!(handle.tasks(), 0);
    });
}

#[test]
fn finished_tasks_leave_nothing_behind() {
    let scheduler = jumping();
    let handle = scheduler.handle();
    scheduler.block_on(async {
        for _ in 0..1000 {
            handle.spawn("short", async {}).await.unwrap();
        }
    });
    assert_eq!(handle.tasks(), 0);
    assert!(format!("{:?}", handle.core.tasks).contains("len: 0"));
}

#[test]
fn a_scheduler_that_is_dropped_drops_its_tasks_even_if_they_hold_handles() {
    let held = Rc::new(());
    let watch = Rc::downgrade(&held);
    let scheduler = jumping();
    let handle = scheduler.handle();
    let inner = handle.clone();
    drop(handle.spawn("outer", async move {
        let innermost = inner.clone();
        drop(inner.spawn("inner", async move {
            innermost.sleep(SECOND).await;
            drop(held);
        }));
        inner.sleep(SECOND).await;
    }));
    scheduler.block_on(handle.yield_now());
    drop((scheduler, handle));
    assert!(watch.upgrade().is_none());
}

#[test]
fn a_timeout_drops_what_takes_too_long() {
    let scheduler = jumping();
    let handle = scheduler.handle();
    scheduler.block_on(async {
        let in_time = handle.timeout(2 * SECOND, handle.sleep(SECOND)).await;
        assert_eq!(in_time, Ok(()));
        let too_late = handle.timeout(SECOND, handle.sleep(2 * SECOND)).await;
        assert_eq!(too_late, Err(Elapsed));
        assert_eq!(handle.now(), 2 * SECOND);
        assert!(handle.core.timers.borrow().is_empty());
        assert_eq!(race(async { 1 }, async { 2 }).await, Either::Left(1));
    });
}

#[test]
fn a_full_channel_lets_the_sender_wait_and_keeps_the_order() {
    let scheduler = jumping();
    let handle = scheduler.handle();
    let seen = Log::default();
    scheduler.block_on(async {
        let (sender, mut receiver) = channel(2);
        let inside = Rc::clone(&seen);
        drop(handle.spawn("producer", async move {
            for number in 0..5 {
                sender.send(number).await.unwrap();
                log(&inside, format!("sent {number}"));
            }
        }));
        handle.sleep(SECOND).await;
        assert_eq!(*seen.borrow(), ["sent 0", "sent 1"]);
        let mut received = Vec::new();
        while let Some(number) = receiver.receive().await {
            received.push(number);
        }
        assert_eq!(received, [0, 1, 2, 3, 4]);
    });
}

#[test]
fn a_cancelled_sender_does_not_take_the_place_of_another() {
    let scheduler = jumping();
    let handle = scheduler.handle();
    scheduler.block_on(async {
        let (sender, mut receiver) = channel(1);
        sender.send(0).await.unwrap();
        let tasks = [1, 2].map(|number| {
            let sender = sender.clone();
            handle.spawn("sender", async move { sender.send(number).await })
        });
        handle.yield_now().await;
        assert_eq!(receiver.receive().await, Some(0));
        tasks[0].cancel();
        drop(sender);
        assert_eq!(receiver.receive().await, Some(2));
        assert_eq!(receiver.receive().await, None);
    });
}

#[test]
fn wake_ups_from_many_threads_are_never_lost() {
    let scheduler = Scheduler::new().unwrap();
    let threads: Vec<_> = (0..4)
        .map(|_| std::sync::mpsc::channel::<(Waker, Arc<std::sync::atomic::AtomicBool>)>())
        .collect();
    let (requests, workers): (Vec<_>, Vec<_>) = threads.into_iter().unzip();
    let workers: Vec<_> = workers
        .into_iter()
        .map(|work| {
            std::thread::spawn(move || {
                for (waker, done) in work {
                    done.store(true, std::sync::atomic::Ordering::SeqCst);
                    waker.wake();
                }
            })
        })
        .collect();
    for (number, requests) in requests.into_iter().enumerate() {
        drop(
            scheduler
                .handle()
                .spawn(format!("asker {number}"), async move {
                    for _ in 0..5000 {
                        let done = Arc::new(std::sync::atomic::AtomicBool::new(false));
                        let mut asked = false;
                        std::future::poll_fn(|context| {
                            if done.load(std::sync::atomic::Ordering::SeqCst) {
                                return Poll::Ready(());
                            }
                            if !asked {
                                asked = true;
                                requests
                                    .send((context.waker().clone(), Arc::clone(&done)))
                                    .unwrap();
                            }
                            Poll::Pending
                        })
                        .await;
                    }
                }),
        );
    }
    scheduler.run();
    for worker in workers {
        worker.join().unwrap();
    }
}

#[test]
fn two_tasks_that_wait_for_the_same_listener_are_both_woken() {
    let scheduler = Scheduler::new().unwrap();
    let handle = scheduler.handle();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let listener = Rc::new(crate::net::Watched::new(&handle, listener).unwrap());
    let both = async {
        let tasks = [1, 2].map(|number| {
            let listener = Rc::clone(&listener);
            handle.spawn(format!("acceptor {number}"), async move {
                // Each takes one client and is gone for good.
                crate::net::accept(&listener).await.unwrap();
            })
        });
        handle.yield_now().await;
        // Both come before anybody looks: the kernel announces them together, once.
        let _clients = [1, 2].map(|_| std::net::TcpStream::connect(address).unwrap());
        for task in tasks {
            task.await.unwrap();
        }
    };
    let done = scheduler.block_on(handle.timeout(10 * SECOND, both));
    assert_eq!(done, Ok(()), "one of them was never woken");
}

#[test]
fn senders_that_gave_up_are_not_remembered() {
    let scheduler = jumping();
    let handle = scheduler.handle();
    scheduler.block_on(async {
        let (sender, mut receiver) = channel(1);
        sender.send(0).await.unwrap();
        for number in 1..=1000 {
            let (inner, sender) = (handle.clone(), sender.clone());
            let trying = handle.spawn("impatient", async move {
                inner.timeout(SECOND, sender.send(number)).await
            });
            assert_eq!(trying.await, Ok(Err(Elapsed)));
        }
        assert_eq!(sender.waiting(), 0);
        assert_eq!(receiver.receive().await, Some(0));
    });
}

#[test]
fn the_reactor_does_not_rouse_itself() {
    let scheduler = Scheduler::new().unwrap();
    let handle = scheduler.handle();
    let (one, other) = std::os::unix::net::UnixStream::pair().unwrap();
    let one = crate::net::Watched::new(&handle, one).unwrap();
    let ringer = std::thread::spawn(move || {
        for _ in 0..100 {
            io::Write::write_all(&mut &other, b"x").unwrap();
            io::Read::read_exact(&mut &other, &mut [0]).unwrap();
        }
    });
    scheduler.block_on(async {
        let interest = crate::reactor::Interest::Readable;
        for _ in 0..100 {
            let read =
                |mut socket: &std::os::unix::net::UnixStream| io::Read::read(&mut socket, &mut [0]);
            one.until_done(interest, |socket| read(socket))
                .await
                .unwrap();
            io::Write::write_all(&mut &*one, b"y").unwrap();
        }
    });
    ringer.join().unwrap();
    // Who is woken by the reactor is woken by a thread that is awake.
    assert_eq!(handle.reactor().roused(), 0);
}
