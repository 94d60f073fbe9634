//! Which programs there are, what each serves, and where.
//!
//! `run.py` of the source chooses by the same words; its own names work too.

use crate::drivers::{DRIVERS, Driver};
use crate::hub::Transport;

/// Where a program with a single web server has it.
const WEB_PORT: u16 = 8080;

/// One server of a program.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// What it runs on.
    pub driver: Driver,
    /// What its clients speak.
    pub transport: Transport,
    /// Where it listens when nobody says otherwise.
    pub port: u16,
}

/// A word that names no program.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no program {0:?}")]
pub struct UnknownProgram(String);

/// What the words on the command line mean: any number of programs, in one chat; none is all of
/// them. What two of them would serve is served once, and the servers of a runtime stand together.
///
/// # Errors
///
/// A word names no program.
pub fn find(words: &[&str]) -> Result<Vec<Endpoint>, UnknownProgram> {
    let mut found: Vec<Endpoint> = Vec::new();
    let mut words = if words.is_empty() { &["all"] } else { words };
    while let Some((&first, rest)) = words.split_first() {
        // The source's name for two programs is two words.
        let (program, rest) = match rest {
            [half @ ("tcp_all" | "ws_all"), rest @ ..] if first == "bind" => (*half, rest),
            _ => (first, rest),
        };
        words = rest;
        let endpoints = one(program).ok_or_else(|| UnknownProgram(program.to_owned()))?;
        for endpoint in endpoints {
            let same = |other: &&Endpoint| other.driver.name == endpoint.driver.name;
            let mut of_its_runtime = found.iter().filter(same);
            if of_its_runtime.any(|other| other.transport == endpoint.transport) {
                continue;
            }
            let behind = found.iter().rposition(|other| same(&other));
            found.insert(behind.map_or(found.len(), |at| at + 1), endpoint);
        }
    }
    let mut pages = found
        .iter_mut()
        .filter(|endpoint| endpoint.transport == Transport::Web);
    if let (Some(page), None) = (pages.next(), pages.next()) {
        page.port = WEB_PORT;
    }
    Ok(found)
}

/// What one program serves.
fn one(program: &str) -> Option<Vec<Endpoint>> {
    use Transport::{Tcp, Web};
    match program {
        "all" => return Some(endpoints(&DRIVERS, &[Tcp, Web])),
        "tcp_all" => return Some(endpoints(&DRIVERS, &[Tcp])),
        "ws_all" => return Some(endpoints(&DRIVERS, &[Web])),
        // Two servers of the source that are one here: aiohttp stood beside asyncio.
        "aio_ws_chat" => return one("tokio-ws"),
        _ => {}
    }
    DRIVERS.iter().find_map(|driver| {
        let alias = driver.alias.map(|alias| format!("{alias}_"));
        let own = program.strip_prefix(driver.name);
        let source = alias.and_then(|alias| program.strip_prefix(alias.as_str()));
        let transports: &[Transport] = match (own, source) {
            (Some(""), _) | (_, Some("chat")) => &[Tcp],
            (Some("-ws"), _) | (_, Some("ws_chat")) => &[Web],
            (Some("-pair"), _) | (_, Some("chats")) => &[Tcp, Web],
            _ => return None,
        };
        Some(endpoints(std::slice::from_ref(driver), transports))
    })
}

/// Every program, as the help lists them.
#[must_use]
pub fn names() -> Vec<String> {
    let mut names = vec!["all".to_owned(), "tcp_all".to_owned(), "ws_all".to_owned()];
    for driver in DRIVERS {
        names.extend(["", "-ws", "-pair"].map(|suffix| format!("{}{suffix}", driver.name)));
    }
    names
}

fn endpoints(drivers: &[Driver], transports: &[Transport]) -> Vec<Endpoint> {
    let mut endpoints = Vec::new();
    for &driver in drivers {
        for &transport in transports {
            let port = match transport {
                Transport::Tcp => driver.port,
                Transport::Web => driver.web_port,
            };
            endpoints.push(Endpoint {
                driver,
                transport,
                port,
            });
        }
    }
    endpoints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(program: &str) -> String {
        let words: Vec<&str> = program.split_whitespace().collect();
        find(&words).map_or_else(
            |_| "none".to_owned(),
            |endpoints| {
                let served = endpoints.iter().map(|endpoint| {
                    let kind = match endpoint.transport {
                        Transport::Tcp => "tcp",
                        Transport::Web => "web",
                    };
                    format!("{}/{kind}/{}", endpoint.driver.name, endpoint.port)
                });
                served.collect::<Vec<_>>().join(" ")
            },
        )
    }

    #[test]
    fn every_program_of_the_table_serves_what_it_says() {
        for (programs, served) in [
            ("tokio, as_chat", "tokio/tcp/10000"),
            ("mio, tw_chat", "mio/tcp/1234"),
            ("smol, tor_chat", "smol/tcp/8000"),
            ("compio", "compio/tcp/7000"),
            ("tokio-ws, as_ws_chat, aio_ws_chat", "tokio/web/8080"),
            ("mio-ws, tw_ws_chat", "mio/web/8080"),
            ("smol-ws, tor_ws_chat", "smol/web/8080"),
            ("compio-ws", "compio/web/8080"),
            ("tokio-pair, as_chats", "tokio/tcp/10000 tokio/web/8080"),
            ("mio-pair, tw_chats", "mio/tcp/1234 mio/web/8080"),
            ("smol-pair, tor_chats", "smol/tcp/8000 smol/web/8080"),
            ("compio-pair", "compio/tcp/7000 compio/web/8080"),
            (
                "bind tcp_all, tcp_all",
                "tokio/tcp/10000 mio/tcp/1234 smol/tcp/8000 compio/tcp/7000",
            ),
            (
                "bind ws_all, ws_all",
                "tokio/web/8080 mio/web/8081 smol/web/8082 compio/web/8083",
            ),
            (
                "tokyo, tokio-, tw, bind, bind all, tokio bind, tokio tokyo, _chat",
                "none",
            ),
        ] {
            for program in programs.split(", ") {
                assert_eq!(what(program), served, "{program}");
            }
        }
        assert_eq!(what("all").split(' ').count(), 8);
        assert_eq!(what(""), what("all"));
    }

    #[test]
    fn any_number_of_programs_is_one_chat_and_nothing_is_served_twice() {
        for (programs, served) in [
            (
                "tokio-pair mio-pair smol-pair compio-pair",
                what("all").as_str(),
            ),
            ("mio tokio", "mio/tcp/1234 tokio/tcp/10000"),
            (
                "mio compio-ws tor_chat",
                "mio/tcp/1234 compio/web/8080 smol/tcp/8000",
            ),
            (
                "mio smol-ws mio-pair mio",
                "mio/tcp/1234 mio/web/8081 smol/web/8082",
            ),
            ("bind tcp_all bind ws_all", what("all").as_str()),
        ] {
            assert_eq!(what(programs), served, "{programs}");
        }
        assert_eq!(
            find(&["tokio", "gevent", "mio"]).unwrap_err().to_string(),
            "there is no program \"gevent\""
        );
    }

    #[test]
    fn every_program_that_help_lists_exists() {
        for name in names() {
            assert!(find(&[&name]).is_ok(), "{name}");
        }
    }
}
