//! How long to wait before trying again.

use std::time::Duration;

use rand::RngExt;
use rand::SeedableRng;
use rand::rngs::SmallRng;

/// No wait is shorter.
pub(super) const SHORTEST: Duration = Duration::from_millis(500);
/// No wait is longer.
pub(super) const LONGEST: Duration = Duration::from_secs(30);
/// A connection that held this long was a good one: the next loss starts over.
const GOOD: Duration = Duration::from_secs(60);
/// The part of the time waited so far that is waited next.
const GROWTH: f64 = 0.4;
/// The most that chance adds, as a part of the wait: a crowd that lost its server together comes back apart.
const JITTER: f64 = 0.25;

/// Exponential back-off: each wait is a fixed part of all the waits before it.
///
/// So the waits grow by about 1.4 to 1.5 each, from half a second to thirty; and
/// as long as a server was away for less than two seconds, no wait is longer
/// than 0.4 × 1.25 × 2 s = 1 s. Doubling would wait up to two seconds there.
#[derive(Debug)]
pub(super) struct Backoff {
    waited: Duration,
    random: SmallRng,
}

impl Backoff {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            waited: Duration::ZERO,
            random: SmallRng::seed_from_u64(seed),
        }
    }

    /// The connection held for `up` and is lost, or never came about (zero): how long to wait now.
    pub(super) fn next(&mut self, up: Duration) -> Duration {
        if up >= GOOD {
            self.waited = Duration::ZERO;
        }
        let base = self
            .waited
            .mul_f64(GROWTH)
            .clamp(SHORTEST, LONGEST.div_f64(1.0 + JITTER));
        let wait = base.mul_f64(1.0 + self.random.random_range(0.0..JITTER));
        self.waited += wait;
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn waits_grow_from_half_a_second_to_thirty() {
        let mut backoff = Backoff::new(1);
        let waits: Vec<Duration> = (0..30).map(|_| backoff.next(Duration::ZERO)).collect();
        assert!(waits[0] <= SHORTEST.mul_f64(1.25));
        assert!(waits[29] >= Duration::from_secs(24));
        assert!(
            waits
                .iter()
                .take_while(|&&wait| wait < Duration::from_secs(24))
                .count()
                < 16
        );
        for pair in waits.windows(2) {
            assert!(pair[1] < pair[0].mul_f64(2.0), "{waits:?}");
        }
    }

    #[test]
    fn only_a_good_minute_starts_over() {
        let mut backoff = Backoff::new(1);
        for _ in 0..20 {
            backoff.next(Duration::ZERO);
        }
        assert!(backoff.next(GOOD - Duration::from_millis(1)) > Duration::from_secs(20));
        assert!(backoff.next(GOOD) < Duration::from_secs(1));
    }

    proptest! {
        #[test]
        fn a_server_away_for_less_than_two_seconds_is_tried_within_one(seed in any::<u64>()) {
            let mut backoff = Backoff::new(seed);
            let mut away = Duration::ZERO;
            for _ in 0..40 {
                let wait = backoff.next(Duration::ZERO);
                prop_assert!((SHORTEST..=LONGEST).contains(&wait), "{wait:?}");
                prop_assert!(away >= Duration::from_secs(2) || wait <= Duration::from_secs(1), "{wait:?}");
                away += wait;
            }
        }
    }
}
