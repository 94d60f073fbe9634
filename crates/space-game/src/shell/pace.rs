//! The pace: when each tick is due, on deadlines that do not drift.
//!
//! Tick `n` is due `n/60` s after the start, however long the one before took.
//! The original sleeps 0.1 s after each tick, so its years grow longer the more
//! there is to draw.

use std::time::{Duration, Instant};

/// Ticks in a second. Fixed: what happens in a game must not depend on how often it is drawn.
pub const TICKS_PER_SECOND: u32 = 60;

/// A program that was away for longer (stopped, suspended, starved) goes on from where it was.
const MOST_BEHIND: u64 = 15;

#[derive(Debug)]
pub(super) struct Pace {
    start: Instant,
    /// Ticks made since the start.
    made: u64,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            start: now,
            made: 0,
        }
    }

    /// When the next tick is due.
    pub(super) fn deadline(&self) -> Instant {
        self.after(self.made + 1)
    }

    fn after(&self, ticks: u64) -> Instant {
        let seconds = ticks / u64::from(TICKS_PER_SECOND);
        let rest = ticks % u64::from(TICKS_PER_SECOND);
        let nanoseconds = rest * 1_000_000_000 / u64::from(TICKS_PER_SECOND);
        self.start + Duration::from_secs(seconds) + Duration::from_nanos(nanoseconds)
    }

    /// How many ticks are due at `now` and not yet made. They count as made from here on.
    pub(super) fn due(&mut self, now: Instant) -> u64 {
        let elapsed = now.saturating_duration_since(self.start);
        let ticks = (elapsed.as_nanos() * u128::from(TICKS_PER_SECOND) / 1_000_000_000) as u64;
        let due = ticks.saturating_sub(self.made);
        // Rounding to whole nanoseconds may put a deadline just before its tick.
        let due = if due == 0 && now >= self.deadline() {
            1
        } else {
            due
        };
        if due > MOST_BEHIND {
            *self = Self::new(now);
            return 1;
        }
        self.made += due;
        due
    }
}

/// Whether a picture is due after tick `tick` at `fps` pictures a second.
pub(super) fn draws(tick: u64, fps: u32) -> bool {
    let frames = |tick: u64| tick * u64::from(fps) / u64::from(TICKS_PER_SECOND);
    frames(tick + 1) > frames(tick)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_of_uneven_frames_makes_exactly_its_ticks() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let (mut now, mut made) = (start, 0);
        while now < start + Duration::from_secs(3600) {
            // Woken late by up to 9 ms, never the same.
            now = pace.deadline() + Duration::from_nanos(made * 7919 % 9_000_000);
            made += pace.due(now);
        }
        assert!((216_000..=216_001).contains(&made), "{made}");
    }

    #[test]
    fn a_deadline_kept_to_the_nanosecond_makes_one_tick() {
        let mut pace = Pace::new(Instant::now());
        for _ in 0..1000 {
            assert_eq!(pace.due(pace.deadline()), 1);
        }
    }

    #[test]
    fn a_short_delay_is_made_up_for_and_a_long_one_forgotten() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        assert_eq!(pace.due(start + Duration::from_millis(101)), 6);
        assert_eq!(pace.due(start + Duration::from_secs(3600)), 1);
        assert_eq!(pace.due(start + Duration::from_secs(3600)), 0);
    }

    #[test]
    fn pictures_are_spread_evenly_over_the_ticks() {
        for fps in [1, 10, 24, 30, 60] {
            let drawn = (0..600).filter(|&tick| draws(tick, fps)).count();
            assert_eq!(drawn as u32, fps * 10, "{fps}");
        }
    }
}
