//! # Lesson 18: downloads, one by one, on threads, and at once
//!
//! The same pictures three times: one after the other, on threads that block, and as
//! tasks on one thread. Fetching a picture is nearly all waiting, so the second and the
//! third take as long as the slowest picture, not as long as all together. What differs
//! is the price of waiting: a thread, or a few hundred bytes.
//!
//! **Type this.**
//!
//! ```text
//! cargo run -p tutorials -- downloads
//! cargo run -p tutorials -- downloads -n 100 --concurrency 100 --latency 500
//! cargo run -p tutorials -- downloads --url https://www.rust-lang.org/static/images/rust-logo-blk.svg
//! cargo run -p tutorials -- downloads --virtual --trace -
//! ```
//!
//! **Observe.** With ten pictures and 200 ms for each, the first line of the table says
//! two seconds, the others a tenth of that. `--concurrency` bounds both threads and
//! tasks: they take the next picture from the same list. Without `--url` a server of its
//! own draws the pictures, so you need no network. With `--virtual` the server runs on
//! the same scheduler as the downloads, and the trace shows both.
//!
//! **Python and here.** The original is `async_image_downloader.py`: `requests` for the
//! first line, `aiohttp` for the last, and pictures from the Internet. Here one function,
//! `fetch`, serves all three: a thread that runs a scheduler with this one task
//! *is* a blocking call. A download that fails is reported and stops no other, and a
//! file has its final name only when it is whole: until then it is called `….part`, and
//! Ctrl-C, which drops the downloads where they stand, takes the parts away with them.
//!
//! **Exercise.** `tests/exercises/downloads.rs`: a file that is whole or not there.

mod fetch;
mod file;
mod images;
mod wire;

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use hyper::Uri;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::clock::Clock;
use crate::net::Watched;
use crate::options::Timed;
use crate::race::{Either, race};
use crate::reactor::Interest;
use crate::say;
use crate::scheduler::{Handle, Scheduler};
use crate::stop::Stop;
use crate::trace::Trace;
use fetch::fetch;
use file::PartFile;

/// Flags of the lesson.
#[derive(Args, Debug)]
pub struct Options {
    /// Pictures of the built-in server
    #[arg(short = 'n', long, env = "TUTORIALS_PICTURES", value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pictures: u32,

    /// The built-in server waits so long before each picture, in milliseconds
    #[arg(
        long,
        env = "TUTORIALS_LATENCY",
        value_name = "MS",
        default_value_t = 200
    )]
    latency: u64,

    /// Threads, and tasks, at once
    #[arg(long, env = "TUTORIALS_CONCURRENCY", value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    concurrency: u16,

    /// Fetch this instead; may be given again
    #[arg(long, env = "TUTORIALS_URL", value_name = "URL", value_delimiter = ' ', value_parser = location)]
    url: Vec<Uri>,

    /// Fetch what this file lists, a URL per line
    #[arg(long, env = "TUTORIALS_URL_FILE", value_name = "FILE")]
    url_file: Option<PathBuf>,

    /// Where to put the pictures [default: a directory among the temporary files]
    #[arg(long, env = "TUTORIALS_OUT", value_name = "DIR")]
    out: Option<PathBuf>,

    /// Only this way; may be given again
    #[arg(long, env = "TUTORIALS_WAY", value_name = "WAY", value_enum)]
    way: Vec<Way>,

    #[command(flatten)]
    timed: Timed,
}

/// How to wait for many pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Way {
    /// One after the other
    Sequential,
    /// On threads that block
    Threads,
    /// As tasks on one thread
    Concurrent,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Sequential => "sequential",
            Self::Threads => "threads",
            Self::Concurrent => "concurrent",
        }
    }
}

/// A location that can be fetched.
fn location(text: &str) -> Result<Uri, String> {
    let uri: Uri = text.parse().map_err(|error| format!("{error}"))?;
    if uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'))
    {
        return Err("leave out the user's name: it would not be sent".to_owned());
    }
    match (uri.scheme_str(), uri.host()) {
        (Some("http" | "https"), Some(_)) => Ok(uri),
        _ => Err("give a whole URL, like https://example.org/picture.png".to_owned()),
    }
}

/// Runs the lesson.
///
/// # Errors
///
/// The list of URLs cannot be read, or the directory not be made. A picture that fails is
/// no error here: it is reported, and the exit code is 1.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let out = options
        .out
        .clone()
        .unwrap_or_else(|| std::env::temp_dir().join("tutorials-downloads"));
    std::fs::create_dir_all(&out)
        .with_context(|| format!("cannot make --out {}", out.display()))?;
    let mut locations = options.url.clone();
    if let Some(path) = &options.url_file {
        locations.extend(listed(path)?);
        anyhow::ensure!(
            !locations.is_empty(),
            "--url-file {} lists no URL",
            path.display()
        );
    }
    let stop = Stop::on_signals()?;

    // A trace is of one scheduler, so it is of the last way.
    let traced = options.timed.jump || options.timed.record.trace.is_some();
    anyhow::ensure!(
        !traced || matches!(*options.way, [] | [Way::Concurrent]),
        "--way: only `concurrent` has a scheduler to trace; leave out --way, or --trace and --virtual"
    );
    let ways = match (&*options.way, traced) {
        (_, true) => &[Way::Concurrent][..],
        ([], false) => Way::value_variants(),
        (ways, false) => ways,
    };
    let clock = options.timed.clock();
    let trace = options.timed.record.recorder(&clock);
    let latency = Duration::from_millis(options.latency);
    let images = images::Images::draw(if locations.is_empty() {
        options.pictures
    } else {
        0
    })?;
    let server = images::listen()?;
    if locations.is_empty() {
        let address = server.local_addr()?;
        locations = images.locations(address)?;
        say!(
            "{} pictures from a server of our own, which waits {} ms before each",
            locations.len(),
            options.latency
        );
    } else {
        say!("{} downloads", locations.len());
    }
    // In virtual time the server has to share our clock, and so our thread; else it has its own.
    let mut beside = Some((server, images));
    if !options.timed.jump
        && let Some((server, images)) = beside.take()
    {
        thread::Builder::new()
            .name("images".to_owned())
            .spawn(move || images::serve(server, images, latency))?;
    }

    let mut table = Vec::new();
    for &way in ways {
        let work = Work::new(&locations, out.clone(), way, options.timed.jump);
        let start = Clock::real();
        let took = match way {
            Way::Sequential => alone(&work, &stop)?.map(|()| start.now()),
            Way::Threads => on_threads(&work, options.concurrency, &stop).map(|()| start.now()),
            Way::Concurrent => {
                let server = beside
                    .take()
                    .map(|(server, images)| (server, images, latency));
                let shared = (&clock, trace.clone(), &stop);
                concurrent(&work, options.concurrency, shared, server)?
            }
        };
        let (fetched, failed) = work.finish();
        let Some(took) = took else {
            say!("bye");
            options.timed.record.draw(trace.as_ref())?;
            return Ok(stop.exit_code());
        };
        table.push((way.name(), took, fetched, failed));
    }
    say!(
        "{:<12}{:>8}{:>10}{:>8}",
        "",
        "seconds",
        "pictures",
        "failed"
    );
    for (name, took, fetched, failed) in &table {
        say!(
            "{name:<12}{:>8.2}{fetched:>10}{failed:>8}",
            took.as_secs_f64()
        );
    }
    say!("in {}", out.display());
    options.timed.record.draw(trace.as_ref())?;
    let failed = table.iter().any(|(.., failed)| *failed > 0);
    Ok(ExitCode::from(u8::from(failed)))
}

fn listed(path: &std::path::Path) -> anyhow::Result<Vec<Uri>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read --url-file {}", path.display()))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            location(line).map_err(|error| {
                anyhow::anyhow!("--url-file {}: {line:?}: {error}", path.display())
            })
        })
        .collect()
}

/// Way 1, and what each thread of way 2 does: a scheduler with one task is a blocking call. `None`
/// after Ctrl-C, which drops the download where it stands.
fn alone(work: &Arc<Work>, stop: &Stop) -> io::Result<Option<()>> {
    let scheduler = Scheduler::new()?;
    let handle = scheduler.handle();
    let stopping = Watched::new(&handle, stop)?;
    let working = Arc::clone(work).worker(handle.clone());
    Ok(unless_stopped(scheduler.block_on(race(
        stopping.ready(Interest::Readable),
        working,
    ))))
}

fn unless_stopped(first: Either<(), ()>) -> Option<()> {
    match first {
        Either::Left(()) => None,
        Either::Right(()) => Some(()),
    }
}

/// Way 2: each thread takes the next picture, and waits for it.
fn on_threads(work: &Arc<Work>, count: u16, stop: &Stop) -> Option<()> {
    let mut stopped = false;
    let mut trouble: io::Result<()> = Ok(());
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for _ in 0..usize::from(count).min(work.count) {
            match thread::Builder::new().spawn_scoped(scope, || alone(work, stop)) {
                Ok(thread) => threads.push(thread),
                Err(error) => trouble = Err(error),
            }
        }
        for thread in threads {
            match thread.join() {
                Ok(Ok(done)) => stopped |= done.is_none(),
                Ok(Err(error)) => trouble = Err(error),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    if stopped {
        return None;
    }
    // Fewer threads than asked for fetch all the same, only later. But perhaps there was none.
    if let Err(error) = trouble {
        work.give_up(&error);
    }
    Some(())
}

/// Way 3: each task takes the next picture, and while it waits the others go on. `None` after Ctrl-C.
fn concurrent(
    work: &Arc<Work>,
    count: u16,
    (clock, trace, stop): (&Clock, Option<Trace>, &Stop),
    server: Option<(std::net::TcpListener, images::Images, Duration)>,
) -> anyhow::Result<Option<Duration>> {
    let scheduler = Scheduler::with(clock.clone(), trace)?;
    let handle = scheduler.handle();
    if let Some((server, images, latency)) = server {
        drop(handle.spawn(
            "server",
            images::serve_on(handle.clone(), server, Arc::new(images), latency),
        ));
    }
    let stopping = Watched::new(&handle, stop)?;
    let start = handle.now();
    let all = async {
        let task = |number| {
            let worker = Arc::clone(work).worker(handle.clone());
            handle.spawn(format!("download {number}"), worker)
        };
        let tasks: Vec<_> = (1..=usize::from(count).min(work.count)).map(task).collect();
        for task in tasks {
            // Nobody cancels these.
            let _ = task.await;
        }
    };
    let first = scheduler.block_on(race(stopping.ready(Interest::Readable), all));
    // Whatever still runs is dropped with the scheduler.
    Ok(unless_stopped(first).map(|()| handle.now() - start))
}

/// What is to be fetched, and what became of it.
struct Work {
    /// What nobody has taken yet.
    waiting: Mutex<VecDeque<(usize, Uri)>>,
    count: usize,
    out: PathBuf,
    bars: MultiProgress,
    total: ProgressBar,
    fetched: AtomicUsize,
    failures: Mutex<Vec<String>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Work {
    fn new(locations: &[Uri], out: PathBuf, way: Way, silent: bool) -> Arc<Self> {
        let bars = MultiProgress::new();
        if silent {
            bars.set_draw_target(indicatif::ProgressDrawTarget::hidden());
        }
        let style = ProgressStyle::with_template("{prefix:<12} {bar:30} {pos}/{len} pictures");
        let total = bars.add(ProgressBar::new(locations.len() as u64));
        total.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        total.set_prefix(way.name());
        Arc::new(Self {
            waiting: Mutex::new(locations.iter().cloned().enumerate().collect()),
            count: locations.len(),
            out,
            bars,
            total,
            fetched: AtomicUsize::new(0),
            failures: Mutex::default(),
        })
    }

    /// Takes pictures from the list until it is empty. All three ways run this.
    async fn worker(self: Arc<Self>, scheduler: Handle) {
        loop {
            let next = lock(&self.waiting).pop_front();
            let Some((number, location)) = next else {
                return;
            };
            let bar = self.bars.add(ProgressBar::no_length());
            let style = ProgressStyle::with_template("{msg:<28!} {bar:30} {bytes}/{total_bytes}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_message(common::escape::visible(location.path()).into_owned());
            match self.one(&scheduler, number, &location, &bar).await {
                Ok(()) => drop(self.fetched.fetch_add(1, Ordering::Relaxed)),
                Err(error) => self.failed(&location, &error),
            }
            bar.finish_and_clear();
            self.bars.remove(&bar);
            self.total.inc(1);
        }
    }

    async fn one(
        &self,
        scheduler: &Handle,
        number: usize,
        location: &Uri,
        bar: &ProgressBar,
    ) -> anyhow::Result<()> {
        let mut file = PartFile::create(&self.out, number, location.path())?;
        fetch(scheduler, location, &mut file, bar).await?;
        file.finish()
    }

    fn failed(&self, location: &Uri, error: &anyhow::Error) {
        let line = format!("failed: {location}: {error:#}");
        lock(&self.failures).push(common::escape::visible(&line).into_owned());
    }

    /// Nobody is left to fetch the rest.
    fn give_up(&self, error: &io::Error) {
        for (_, location) in lock(&self.waiting).drain(..) {
            self.failed(&location, &anyhow::anyhow!("no thread for it: {error}"));
        }
    }

    /// Takes away the bars, reports what failed, and counts both.
    fn finish(&self) -> (usize, usize) {
        self.total.finish_and_clear();
        // After Ctrl-C there are bars of downloads that were dropped. Nobody minds if they stay.
        let _ = self.bars.clear();
        let failures = lock(&self.failures);
        for line in &*failures {
            say!("{line}");
        }
        (self.fetched.load(Ordering::Relaxed), failures.len())
    }
}
