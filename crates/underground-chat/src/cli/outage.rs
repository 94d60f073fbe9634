//! A lost connection in sentences for people: one when it is lost, one when it is back.

use crate::client::{Port, Status};
use crate::flags::Address;

/// What it means when one port was there and the other never was.
const HALF: &str = "the other port may be another program's: see --read-port and --write-port";

/// How both connections are, as far as people were told.
pub(super) struct Outage<'a> {
    address: &'a Address,
    /// What to do where there never was a server.
    advice: Option<String>,
    /// Those that are down; one outage, however many they are.
    down: Vec<Port>,
    /// Those that have been up.
    known: Vec<Port>,
    /// It was said that only one of them is a chat's.
    half: bool,
}

impl<'a> Outage<'a> {
    /// Nothing has happened yet; `advice` follows "trying again" where no server was ever there.
    pub(super) fn new(address: &'a Address, advice: Option<String>) -> Self {
        Self {
            address,
            advice,
            down: Vec::new(),
            known: Vec::new(),
            half: false,
        }
    }

    /// Tells people, if this is news to them; the client itself logs each try.
    pub(super) fn tell(&mut self, port: Port, status: &Status) {
        match (self.news(port, status), status) {
            (Some(sentence), Status::Down { .. }) => tracing::warn!("{sentence}"),
            (Some(sentence), _) => tracing::info!("{sentence}"),
            (None, _) => {}
        }
    }

    fn news(&mut self, port: Port, status: &Status) -> Option<String> {
        match status {
            Status::Connecting => None,
            Status::Down { why, .. } => {
                let first = self.down.is_empty();
                if !self.down.contains(&port) {
                    self.down.push(port);
                }
                let advice = match &self.advice {
                    Some(advice) if self.known.is_empty() => format!(", {advice}"),
                    _ => String::new(),
                };
                let place = self.place(port);
                // A chat has both ports from its first moment on.
                if !self.known.is_empty() && !self.known.contains(&port) && !self.half {
                    self.half = true;
                    return Some(format!("no connection to {place}: {why}; {HALF}"));
                }
                first.then(|| format!("no connection to {place}: {why}; trying again{advice}"))
            }
            Status::Up => {
                let lost = !self.down.is_empty();
                self.down.retain(|down| *down != port);
                let known = self.known.contains(&port);
                if !known {
                    self.known.push(port);
                    return Some(format!("connected to {}", self.place(port)));
                }
                (lost && self.down.is_empty()).then(|| "connected again".to_owned())
            }
        }
    }

    fn place(&self, port: Port) -> String {
        let number = match port {
            Port::Read => self.address.read_port,
            Port::Write => self.address.write_port,
        };
        format!("{}:{number}", self.address.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    const ADDRESS: fn() -> Address = || Address {
        host: "127.0.0.1".to_owned(),
        read_port: 5000,
        write_port: 5050,
    };

    fn down() -> Status {
        Status::Down {
            retry_at: Instant::now(),
            why: "connection refused".to_owned(),
        }
    }

    #[test]
    fn an_outage_is_said_once_and_so_is_its_end() {
        let address = ADDRESS();
        let mut outage = Outage::new(&address, Some("start one".to_owned()));
        let refused = "no connection to 127.0.0.1:5000: connection refused; trying again";
        assert_eq!(
            outage.news(Port::Read, &down()),
            Some(format!("{refused}, start one"))
        );
        for _ in 0..3 {
            assert_eq!(outage.news(Port::Read, &Status::Connecting), None);
            assert_eq!(outage.news(Port::Read, &down()), None);
        }
        assert_eq!(
            outage.news(Port::Read, &Status::Up).unwrap(),
            "connected to 127.0.0.1:5000"
        );
        // It was there: whoever started it knows how.
        assert_eq!(outage.news(Port::Read, &down()).unwrap(), refused);
        assert_eq!(outage.news(Port::Read, &down()), None);
        assert_eq!(
            outage.news(Port::Read, &Status::Up).unwrap(),
            "connected again"
        );
    }

    #[test]
    fn half_a_chat_is_said_to_be_perhaps_another_program() {
        let address = ADDRESS();
        let mut outage = Outage::new(&address, Some("start one".to_owned()));
        assert!(
            outage
                .news(Port::Write, &down())
                .unwrap()
                .ends_with("start one")
        );
        assert!(outage.news(Port::Read, &Status::Up).is_some());
        assert!(outage.news(Port::Write, &down()).unwrap().ends_with(HALF));
        assert_eq!(outage.news(Port::Write, &down()), None);
        assert_eq!(
            outage.news(Port::Write, &Status::Up).unwrap(),
            "connected to 127.0.0.1:5050"
        );
    }

    #[test]
    fn both_ports_lost_together_are_one_outage() {
        let address = ADDRESS();
        let mut outage = Outage::new(&address, None);
        for port in [Port::Read, Port::Write] {
            assert!(outage.news(port, &Status::Up).is_some());
        }
        assert!(outage.news(Port::Write, &down()).is_some());
        assert_eq!(outage.news(Port::Read, &down()), None);
        assert_eq!(outage.news(Port::Write, &Status::Up), None);
        assert_eq!(
            outage.news(Port::Read, &Status::Up).unwrap(),
            "connected again"
        );
    }
}
