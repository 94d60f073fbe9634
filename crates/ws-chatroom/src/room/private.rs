//! Stage 4: two clients who hear only each other, until one leaves.

use super::{Effect, Room, Seat, send};

impl Room {
    /// `invite <number>`: both are in a private chat at once, or the sender is told why not.
    pub(super) fn invite(&mut self, host: Seat, guest: &str, effects: &mut Vec<Effect>) {
        match self.guest(host, guest) {
            Ok(guest) => {
                for (one, other) in [(host, guest), (guest, host)] {
                    self.pages.end(one);
                    self.lobby.remove(&one);
                    let number = self.clients[&other].number;
                    self.client(one).partner = Some(other);
                    let text = format!("Private chatting with Client {number}");
                    send(vec![one], text, effects);
                }
            }
            Err(refusal) => send(vec![host], refusal, effects),
        }
    }

    /// `leave`: both are back in the main room, and both are told.
    pub(super) fn leave(&mut self, seat: Seat, effects: &mut Vec<Effect>) {
        if self.clients[&seat].partner.is_none() {
            let refusal = "You are not in a private chat".to_owned();
            return send(vec![seat], refusal, effects);
        }
        self.end_private(seat, |partner| vec![partner, seat], effects);
    }

    /// Ends the private chat that `seat` is in, if it is in one, and tells those whom `told` names.
    pub(super) fn end_private(
        &mut self,
        seat: Seat,
        told: impl FnOnce(Seat) -> Vec<Seat>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(partner) = self.clients.get(&seat).and_then(|client| client.partner) else {
            return;
        };
        for one in [seat, partner] {
            self.pages.end(one);
            self.client(one).partner = None;
            self.lobby.insert(one);
        }
        send(told(partner), "Private chat ended.".to_owned(), effects);
    }

    /// The client that `wanted` names, or what its inviter is told instead.
    fn guest(&self, host: Seat, wanted: &str) -> Result<Seat, String> {
        let inviter = &self.clients[&host];
        if inviter.partner.is_some() {
            return Err("Leave this private chat first".to_owned());
        }
        if wanted.is_empty() || !wanted.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("Usage: invite <number>".to_owned());
        }
        // More digits than a number holds name nobody: numbers are given one by one.
        let number: u64 = wanted.parse().unwrap_or(u64::MAX);
        if number == inviter.number {
            return Err("You cannot invite yourself".to_owned());
        }
        let found = self.clients.iter().find(|(_, c)| c.number == number);
        match found {
            None => Err(format!("No client {wanted}")),
            Some((_, client)) if client.partner.is_some() => {
                Err(format!("Client {number} is in a private chat"))
            }
            Some((&guest, _)) => Ok(guest),
        }
    }

    fn client(&mut self, seat: Seat) -> &mut super::Client {
        self.clients
            .get_mut(&seat)
            .expect("the room asks only for clients that it holds")
    }
}
