//! Stage 3: `page` calls those who hear the pager, at once and every second,
//! until one of them sends anything.
//!
//! In Python this is a task per page that sends and sleeps in a loop and has to
//! be cancelled from another coroutine; here it is a time in a table.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{Effect, Room, Seat, send};

/// Between two calls of one page.
const EVERY: Duration = Duration::from_secs(1);

/// The running pages: at most one in the main room and one in each private chat.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// Each pager's next call.
    next: BTreeMap<Seat, Duration>,
    /// The same by time, so that the earliest is at hand.
    due: BTreeSet<(Duration, Seat)>,
    /// Who pages the main room.
    lobby: Option<Seat>,
}

impl Pages {
    pub(super) fn next_deadline(&self) -> Option<Duration> {
        self.due.first().map(|&(time, _)| time)
    }

    /// Whether this client's page runs.
    pub(super) fn runs(&self, pager: Seat) -> bool {
        self.next.contains_key(&pager)
    }

    /// Ends this client's page, if it has one.
    pub(super) fn end(&mut self, pager: Seat) {
        if let Some(time) = self.next.remove(&pager) {
            self.due.remove(&(time, pager));
            self.lobby.take_if(|lobby| *lobby == pager);
        }
    }

    fn call_at(&mut self, pager: Seat, time: Duration) {
        if let Some(before) = self.next.insert(pager, time) {
            self.due.remove(&(before, pager));
        }
        self.due.insert((time, pager));
    }

    /// The next call that is due, with its pager.
    fn due(&self, now: Duration) -> Option<(Duration, Seat)> {
        self.due.first().copied().filter(|&(time, _)| time <= now)
    }
}

impl Room {
    /// Whatever a client sends ends the page that it hears.
    pub(super) fn answer_page(&mut self, seat: Seat) {
        match self.clients[&seat].partner {
            Some(partner) => self.pages.end(partner),
            None => match self.pages.lobby {
                Some(pager) if pager != seat => self.pages.end(pager),
                _ => {}
            },
        }
    }

    pub(super) fn page(&mut self, seat: Seat, now: Duration, effects: &mut Vec<Effect>) {
        if self.pages.runs(seat) {
            return;
        }
        self.pages.call_at(seat, now + EVERY);
        if self.lobby.contains(&seat) {
            self.pages.lobby = Some(seat);
        }
        send(self.hearers(seat), "PAGING".to_owned(), effects);
    }

    /// Calls once for each page that is due, however late it has become: a room that
    /// was held up does not catch up with a burst, and keeps to its own second.
    pub(super) fn call_again(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        while let Some((time, pager)) = self.pages.due(now) {
            let late = (now - time).as_secs();
            self.pages
                .call_at(pager, time + EVERY + Duration::from_secs(late));
            send(self.hearers(pager), "PAGING".to_owned(), effects);
        }
    }

    #[cfg(test)]
    pub(super) fn check_pages(&self) {
        assert_eq!(self.pages.next.len(), self.pages.due.len());
        for (pager, time) in &self.pages.next {
            assert!(self.clients.contains_key(pager), "a pager has left");
            assert!(self.pages.due.contains(&(*time, *pager)));
            let in_lobby = self.clients[pager].partner.is_none();
            assert_eq!(in_lobby, self.pages.lobby == Some(*pager));
        }
    }
}
