//! What was received, and how long each delivery took. Benches take this file in by its path.

use std::time::Duration;

/// Deliveries by latency, in steps of 10 µs; the last step takes all beyond a second.
pub(crate) struct Tally {
    pub(crate) deliveries: u64,
    steps: Vec<u64>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            deliveries: 0,
            steps: vec![0; 100_000],
        }
    }

    pub(crate) fn note(&mut self, latency: Duration) {
        let step = usize::try_from(latency.as_micros() / 10).unwrap_or(usize::MAX);
        let last = self.steps.len() - 1;
        self.steps[step.min(last)] += 1;
        self.deliveries += 1;
    }

    /// The latency that this share of deliveries stays within.
    pub(crate) fn percentile(&self, share: f64) -> Duration {
        let mut left = (self.deliveries as f64 * share) as u64;
        for (step, count) in (1..).zip(&self.steps) {
            if *count >= left {
                return Duration::from_micros(step * 10);
            }
            left -= count;
        }
        Duration::MAX
    }
}
