//! The wall clock as text, made at most once a second.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Remembers the texts of the last second it was asked for.
#[derive(Debug)]
pub(super) struct Clock {
    zone: TimeZone,
    second: Option<i64>,
    time: String,
    date: String,
}

impl Clock {
    pub(super) fn new(zone: TimeZone) -> Self {
        Self {
            zone,
            second: None,
            time: String::new(),
            date: String::new(),
        }
    }

    /// `HH:MM:SS`, local.
    pub(super) fn time(&mut self, at: Timestamp) -> &str {
        self.turn_to(at);
        &self.time
    }

    /// RFC 3339: local, with offset, to the second.
    pub(super) fn date(&mut self, at: Timestamp) -> &str {
        self.turn_to(at);
        &self.date
    }

    fn turn_to(&mut self, at: Timestamp) {
        if self.second.replace(at.as_second()) != Some(at.as_second()) {
            let local = at.to_zoned(self.zone.clone());
            self.time = local.strftime("%H:%M:%S").to_string();
            self.date = local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        }
    }
}
