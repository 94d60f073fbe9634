//! What a coroutine costs, beside the same coroutine on tokio's current-thread runtime.
//!
//! ```text
//! cargo bench -p space-game
//! ```
//!
//! Both run in this one process on one thread, in turn; the middle of [`RUNS`] runs is
//! shown, with the least and the most. Tokio's clock is paused: when all that was due has
//! run it jumps to the next timer, so neither waits. Both count their polls, and must agree. Memory is measured in a process of its own for each,
//! from `/proc/self/statm`.

use std::cell::Cell;
use std::env;
use std::fs;
use std::hint::black_box;
use std::process::{Command, ExitCode};
use std::rc::Rc;
use std::time::{Duration, Instant};

use ratatui::buffer::Buffer;
use ratatui::style::Style;
use space_game::engine::{Art, Keys, Layer, Place, Scene, Size, Stage, Ticks};
use space_game::game::sky::{Motion, sky};
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;
use tokio::time::sleep;

const RUNS: usize = 7;
const SCREEN: Size = Size::new(120, 40);

/// Tokio's timers have a resolution of a millisecond, so that is the tick.
const TICK: Duration = Duration::from_millis(1);

const SLEEPERS: u32 = 1_000_000;
const STARS: u32 = 100_000;

/// Polls that are timed, of which a crowd makes many at a tick.
const POLLS: u32 = 2_000_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().collect();
    if let [_, flag, engine] = &arguments[..]
        && flag == "--memory"
    {
        println!("{:.0}", memory(engine));
        return ExitCode::SUCCESS;
    }
    println!("the middle of {RUNS} runs (least to most)\n");
    println!("{:58} {:>28} {:>28}", "", "stage", "tokio, current thread");
    for crowd in [1_000, 10_000, 100_000] {
        row(
            &format!("ns a poll, {crowd} coroutines due at every tick"),
            measure(|| stage_polls(crowd)),
            measure(|| tokio_polls(crowd)),
        );
    }
    row(
        "µs a tick, 1,000,000 coroutines asleep",
        measure(stage_asleep),
        measure(tokio_asleep),
    );
    row(
        "bytes each, 1,000,000 coroutines asleep",
        vec![in_own_process("stage")],
        vec![in_own_process("tokio")],
    );
    row(
        "% of a core, 100,000 blinking stars, 60 ticks/s, no drawing",
        measure(|| stage_stars(false)),
        measure(tokio_stars),
    );
    row(
        "the same, each tick drawn on 120x40",
        measure(|| stage_stars(true)),
        Vec::new(),
    );
    ExitCode::SUCCESS
}

fn measure(run: impl Fn() -> f64) -> Vec<f64> {
    (0..RUNS).map(|_| run()).collect()
}

fn row(what: &str, ours: Vec<f64>, tokio: Vec<f64>) {
    println!("{what:58} {:>28} {:>28}", middle(ours), middle(tokio));
}

fn middle(mut runs: Vec<f64>) -> String {
    runs.sort_by(f64::total_cmp);
    match runs[..] {
        [] => "-".to_owned(),
        [only] => format!("{only:.0}"),
        _ => format!(
            "{:.2} ({:.2} to {:.2})",
            runs[runs.len() / 2],
            runs[0],
            runs[runs.len() - 1]
        ),
    }
}

fn runtime() -> Runtime {
    let built = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    built.expect("a runtime needs only memory")
}

/// Nanoseconds a poll: coroutines that each sleep one tick, over and over.
fn stage_polls(crowd: u32) -> f64 {
    let polls = Rc::new(Cell::new(0_u64));
    let mut stage = Stage::new(SCREEN, 0);
    for _ in 0..crowd {
        let polls = polls.clone();
        stage.spawn(async move |scene| {
            loop {
                scene.next_tick().await;
                polls.set(polls.get() + 1);
            }
        });
    }
    let mut pass = |ticks| (0..ticks).for_each(|_| stage.step(Keys::NONE));
    pass(10);
    let (ticks, before, start) = (POLLS / crowd, polls.get(), Instant::now());
    pass(ticks);
    let took = start.elapsed();
    nanoseconds_a_poll(took, polls.get() - before, ticks * crowd)
}

fn tokio_polls(crowd: u32) -> f64 {
    let polls = Rc::new(Cell::new(0_u64));
    let local = LocalSet::new();
    local.block_on(&runtime(), async {
        for _ in 0..crowd {
            let polls = polls.clone();
            tokio::task::spawn_local(async move {
                loop {
                    sleep(TICK).await;
                    polls.set(polls.get() + 1);
                }
            });
        }
        pass(10).await;
        let (ticks, before, start) = (POLLS / crowd, polls.get(), Instant::now());
        pass(ticks).await;
        let took = start.elapsed();
        nanoseconds_a_poll(took, polls.get() - before, ticks * crowd)
    })
}

fn nanoseconds_a_poll(took: Duration, polls: u64, expected: u32) -> f64 {
    // The tick at either end may be half done.
    let share = polls as f64 / f64::from(expected);
    assert!((0.8..1.2).contains(&share), "{polls} polls, not {expected}");
    took.as_nanos() as f64 / polls as f64
}

/// Lets ticks pass under tokio, with all that is due at each.
async fn pass(ticks: u32) {
    for _ in 0..ticks {
        sleep(TICK).await;
    }
}

/// Microseconds a tick while nobody is due.
fn stage_asleep() -> f64 {
    let mut stage = Stage::new(SCREEN, 0);
    for number in 0..SLEEPERS {
        stage.spawn(async move |scene| scene.sleep(Ticks(100_000 + number)).await);
    }
    stage.step(Keys::NONE);
    let start = Instant::now();
    for _ in 0..1000 {
        stage.step(black_box(Keys::NONE));
    }
    start.elapsed().as_secs_f64() * 1000.0
}

fn tokio_asleep() -> f64 {
    let local = LocalSet::new();
    local.block_on(&runtime(), async {
        for number in 0..SLEEPERS {
            tokio::task::spawn_local(sleep(TICK * (100_000 + number)));
        }
        pass(1).await;
        let start = Instant::now();
        pass(1000).await;
        start.elapsed().as_secs_f64() * 1000.0
    })
}

/// The memory that a sleeper takes, coroutine and all, in a process that has done nothing else.
fn memory(engine: &str) -> f64 {
    let before = resident();
    let mut stage = Stage::new(SCREEN, 0);
    let local = LocalSet::new();
    if engine == "stage" {
        for number in 0..SLEEPERS {
            stage.spawn(async move |scene| scene.sleep(Ticks(100_000 + number)).await);
        }
        stage.step(Keys::NONE);
        (resident() - before) / f64::from(SLEEPERS)
    } else {
        local.block_on(&runtime(), async {
            for number in 0..SLEEPERS {
                tokio::task::spawn_local(sleep(TICK * (100_000 + number)));
            }
            pass(1).await;
            (resident() - before) / f64::from(SLEEPERS)
        })
    }
}

fn in_own_process(engine: &str) -> f64 {
    let program = env::current_exe().expect("a running program has a path");
    let output = Command::new(program).args(["--memory", engine]).output();
    let output = output.expect("this program can be run again");
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().unwrap_or(f64::NAN)
}

/// Bytes of memory in use by this process.
fn resident() -> f64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: f64 = pages
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .unwrap_or(f64::NAN);
    pages * 4096.0
}

/// The share of a core that stars take at sixty ticks a second, in per cent.
fn stage_stars(drawn: bool) -> f64 {
    let mut stage = Stage::new(SCREEN, 7);
    stage.spawn(|scene| sky(scene, Some(STARS), Motion::Still));
    // Past the moment at which all are lit, and each into its own rhythm.
    for _ in 0..200 {
        stage.step(Keys::NONE);
    }
    let mut buffer = Buffer::empty(SCREEN.area());
    let start = Instant::now();
    for _ in 0..300 {
        stage.step(Keys::NONE);
        if drawn {
            buffer.reset();
            stage.paint(&mut buffer, SCREEN.area());
            black_box(&buffer);
        }
    }
    start.elapsed().as_secs_f64() / 5.0 * 100.0
}

/// The same stars, sleeping on tokio's clock: their sprites are a stage's, their time is tokio's.
fn tokio_stars() -> f64 {
    let stage = Stage::new(SCREEN, 7);
    let scene = stage.scene().clone();
    let changes = Rc::new(Cell::new(0_u64));
    let local = LocalSet::new();
    local.block_on(&runtime(), async {
        for _ in 0..STARS {
            tokio::task::spawn_local(tokio_star(scene.clone(), changes.clone()));
        }
        pass(200).await;
        let (before, start) = (changes.get(), Instant::now());
        pass(300).await;
        let took = start.elapsed();
        // Four changes a star every 31 beats of six ticks.
        let expected = f64::from(STARS) * 4.0 * 300.0 / (31.0 * 6.0);
        let share = (changes.get() - before) as f64 / expected;
        assert!((0.9..1.1).contains(&share), "{share} of the stars' changes");
        took.as_secs_f64() / 5.0 * 100.0
    })
}

/// A star as `sky::blink` has it.
async fn tokio_star(scene: Scene, changes: Rc<Cell<u64>>) {
    let sprite = scene.sprite(Layer(0), &Art::new("*"));
    sprite.move_to(Place {
        x: scene.below(120) as i32,
        y: scene.below(40) as i32,
    });
    sleep(TICK * 6 * scene.below(31)).await;
    loop {
        for (style, beats) in [
            (Style::new().dim(), 20),
            (Style::new(), 3),
            (Style::new().bold(), 5),
            (Style::new(), 3),
        ] {
            sprite.set_style(style);
            changes.set(changes.get() + 1);
            sleep(TICK * 6 * beats).await;
        }
    }
}
