//! The time as an argument: a real clock, and one that jumps (added by lesson 10).
//!
//! Nothing in the library asks the operating system what time it is, except here.
//! So a test, or `--virtual` on the command line, can put a clock in its place that
//! moves only when everybody sleeps, straight to the next deadline: 1.5 s pass in no
//! time, and always in the same way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Tells how long ago it was started. Clones tell the same time.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Real(Instant),
    /// Nanoseconds: enough for 584 years.
    Virtual(Arc<AtomicU64>),
}

impl Clock {
    /// The last moment that a virtual clock can show.
    pub const END: Duration = Duration::from_nanos(u64::MAX);

    /// The operating system's monotonic clock.
    #[must_use]
    pub fn real() -> Self {
        Self(Kind::Real(Instant::now()))
    }

    /// One that stands still until [`advance`](Self::advance) moves it.
    #[must_use]
    pub fn jumping() -> Self {
        Self(Kind::Virtual(Arc::default()))
    }

    /// The time since it was started.
    #[must_use]
    pub fn now(&self) -> Duration {
        match &self.0 {
            Kind::Real(start) => start.elapsed(),
            Kind::Virtual(now) => Duration::from_nanos(now.load(Ordering::SeqCst)),
        }
    }

    /// Whether it has to be moved by hand.
    #[must_use]
    pub fn is_virtual(&self) -> bool {
        matches!(self.0, Kind::Virtual(_))
    }

    /// Lets the time until `deadline` pass: a real clock by sleeping, a virtual one by jumping there.
    pub fn advance(&self, deadline: Duration) {
        match &self.0 {
            Kind::Real(start) => {
                std::thread::sleep(deadline.saturating_sub(start.elapsed()));
            }
            Kind::Virtual(now) => {
                let deadline = u64::try_from(deadline.as_nanos()).unwrap_or(u64::MAX);
                now.fetch_max(deadline, Ordering::SeqCst);
            }
        }
    }
}
