//! How many requests a connection may send: so many a second, after a burst.
//!
//! A token bucket, kept as the one instant at which it would be full again (the
//! "generic cell rate algorithm"), so a client costs 16 bytes and no timer.

use std::time::Duration;

/// The limit; the same for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flood {
    /// Requests a second; 0 is no limit.
    pub rate: u32,
    /// Requests that may come at once.
    pub burst: u32,
}

impl Default for Flood {
    fn default() -> Self {
        Self {
            rate: 20,
            burst: 40,
        }
    }
}

/// One connection's bucket.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    full_again: Duration,
}

impl Bucket {
    /// Whether a request may come now; if so it is counted.
    pub(super) fn admits(&mut self, now: Duration, flood: &Flood) -> bool {
        if flood.rate == 0 {
            return true;
        }
        let each = Duration::from_secs(1) / flood.rate;
        let after = self.full_again.max(now) + each;
        let admitted = after - now <= each * flood.burst;
        if admitted {
            self.full_again = after;
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Flood = Flood {
        rate: 20,
        burst: 40,
    };

    fn admitted(bucket: &mut Bucket, now: Duration, asked: usize, flood: &Flood) -> usize {
        (0..asked).filter(|_| bucket.admits(now, flood)).count()
    }

    #[test]
    fn a_burst_passes_at_once_and_then_twenty_a_second() {
        let mut bucket = Bucket::default();
        let start = Duration::from_secs(100);
        assert_eq!(admitted(&mut bucket, start, 100, &LIMIT), 40);
        let later = start + Duration::from_secs(1);
        assert_eq!(admitted(&mut bucket, later, 100, &LIMIT), 20);
        let rested = later + Duration::from_secs(60);
        assert_eq!(admitted(&mut bucket, rested, 100, &LIMIT), 40);
    }

    #[test]
    fn a_rate_of_zero_is_no_limit() {
        let flood = Flood { rate: 0, burst: 1 };
        let admitted = admitted(&mut Bucket::default(), Duration::ZERO, 1000, &flood);
        assert_eq!(admitted, 1000);
    }
}
