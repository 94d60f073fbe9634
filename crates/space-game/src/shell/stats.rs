//! How late frames are, for `--stats` and the measurements in the README.

use std::fmt;
use std::time::Duration;

use super::screen::Written;

/// Tenths of a millisecond that are told apart; the last stands for all that is later.
const BUCKETS: usize = 1000;

/// Counts ticks by how long after their deadline they were on the terminal.
#[derive(Debug)]
pub(super) struct Stats {
    buckets: Box<[u64; BUCKETS]>,
    ticks: u64,
    played: Duration,
    pub(super) written: Written,
}

impl Default for Stats {
    fn default() -> Self {
        Self {
            buckets: Box::new([0; BUCKETS]),
            ticks: 0,
            played: Duration::ZERO,
            written: Written::default(),
        }
    }
}

impl Stats {
    pub(super) fn late(&mut self, by: Duration) {
        let bucket = (by.as_micros() / 100) as usize;
        self.buckets[bucket.min(BUCKETS - 1)] += 1;
        self.ticks += 1;
        self.played += Duration::from_micros(16_667);
    }

    /// The lateness, in milliseconds, that `percent` of the ticks stay below.
    fn percentile(&self, percent: u64) -> f64 {
        let mut left = (self.ticks * percent).div_ceil(100);
        for (bucket, &count) in self.buckets.iter().enumerate() {
            left = left.saturating_sub(count);
            if left == 0 {
                return (bucket + 1) as f64 / 10.0;
            }
        }
        BUCKETS as f64 / 10.0
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Written {
            frames,
            calls,
            bytes,
        } = self.written;
        let rate = bytes as f64 / 1000.0 / self.played.as_secs_f64().max(0.001);
        write!(
            f,
            "{} ticks; {frames} frames in {calls} writes, {bytes} bytes, {rate:.1} kB/s; \
             late by at most {:.1} ms (50 %), {:.1} ms (99 %), {:.1} ms (all)",
            self.ticks,
            self.percentile(50),
            self.percentile(99),
            self.percentile(100),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_upper_bounds() {
        let mut stats = Stats::default();
        for tenth in 0..100 {
            stats.late(Duration::from_micros(tenth * 100));
        }
        assert_eq!(stats.percentile(50), 5.0);
        assert_eq!(stats.percentile(99), 9.9);
        assert_eq!(stats.percentile(100), 10.0);
        stats.late(Duration::from_secs(9));
        assert_eq!(stats.percentile(100), 100.0);
    }
}
