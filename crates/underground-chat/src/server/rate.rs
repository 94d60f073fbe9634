//! At most so many messages a second from one account, whatever number of connections it has.
//!
//! The generic cell rate algorithm: each account is one instant, the time at
//! which everything it has posted so far will have been allowed (ITU-T I.371).

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::protocol::Token;

/// Accounts remembered before the ones at rest are forgotten.
const SWEEP: usize = 1024;

/// The longest wait: clients give up an answer that takes ten seconds, and send again.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Says how long each message has to wait. Its bound: the accounts that posted in the last second.
#[derive(Debug)]
pub(super) struct Rate {
    /// Between two messages; `None` is no limit.
    interval: Option<Duration>,
    allowed: HashMap<Token, Instant>,
    sweep: usize,
}

impl Rate {
    /// `per_second` messages, as many of them at once; 0 is no limit.
    pub(super) fn new(per_second: u32) -> Self {
        Self {
            interval: (per_second > 0).then(|| Duration::from_secs(1) / per_second),
            allowed: HashMap::new(),
            sweep: SWEEP,
        }
    }

    /// Counts one message of `account`; how long it has to wait.
    ///
    /// `None` where that is too long: such a message is not to be posted, and not counted.
    /// It takes many connections of one account, for one connection waits for each message in turn.
    pub(super) fn count(&mut self, account: &Token, now: Instant) -> Option<Duration> {
        let Some(interval) = self.interval else {
            return Some(Duration::ZERO);
        };
        if self.allowed.len() >= self.sweep {
            self.allowed.retain(|_, allowed| *allowed > now);
            self.sweep = SWEEP.max(self.allowed.len() * 2);
        }
        let allowed = self.allowed.entry(account.clone()).or_insert(now);
        let next = (*allowed).max(now) + interval;
        // A second's worth may come at once.
        let wait = (next - now).saturating_sub(Duration::from_secs(1));
        (wait <= LONGEST_WAIT).then(|| {
            *allowed = next;
            wait
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seconds_worth_passes_at_once_and_the_rest_is_spread() {
        let mut rate = Rate::new(4);
        let (now, quarter) = (Instant::now(), Duration::from_millis(250));
        let (one, other) = (Token::random(), Token::random());
        let waits: Vec<_> = (0..6).filter_map(|_| rate.count(&one, now)).collect();
        let none = Duration::ZERO;
        assert_eq!(waits, [none, none, none, none, quarter, quarter * 2]);
        assert_eq!(rate.count(&other, now), Some(none));
        assert_eq!(rate.count(&one, now + Duration::from_secs(9)), Some(none));
    }

    #[test]
    fn what_would_wait_longer_than_its_sender_is_refused_and_not_counted() {
        let mut rate = Rate::new(1);
        let (one, now) = (Token::random(), Instant::now());
        let waits: Vec<_> = (0..16).filter_map(|_| rate.count(&one, now)).collect();
        assert_eq!(waits, [0, 1, 2, 3, 4, 5].map(Duration::from_secs));
        let later = now + Duration::from_secs(1);
        assert_eq!(rate.count(&one, later), Some(LONGEST_WAIT));
        assert_eq!(rate.count(&one, later), None);
    }

    #[test]
    fn without_a_limit_nothing_waits_and_nothing_is_remembered() {
        let mut rate = Rate::new(0);
        for _ in 0..1000 {
            let wait = rate.count(&Token::random(), Instant::now());
            assert_eq!(wait, Some(Duration::ZERO));
        }
        assert!(rate.allowed.is_empty());
    }

    #[test]
    fn accounts_at_rest_are_forgotten() {
        let mut rate = Rate::new(1000);
        let mut now = Instant::now();
        for _ in 0..10 * SWEEP {
            rate.count(&Token::random(), now);
            now += Duration::from_millis(2);
        }
        assert!(rate.allowed.len() <= SWEEP);
    }
}
