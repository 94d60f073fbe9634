//! What happens to those who are silent, with settings short enough to see it.

use std::io::Read as _;
use std::net::SocketAddr;
use std::time::Duration;

use chat_servers::drivers::DRIVERS;
use chat_servers::hub::{Hub, Transport};
use chat_servers::programs::Endpoint;
use chat_servers::server;
use chat_servers::settings::Settings;
use common::shutdown::Shutdown;
use jiff::tz::TimeZone;
use tungstenite::Message;

use crate::client::{Client, connect};

/// Runs `test` against a server of every runtime with these settings.
fn on_every_runtime(settings: &Settings, transport: Transport, test: impl Fn(SocketAddr)) {
    for driver in DRIVERS {
        let endpoint = Endpoint {
            driver,
            transport,
            port: 0,
        };
        let bound = server::bind(endpoint, "127.0.0.1", settings.keep_alive).unwrap();
        let address = bound.address;
        let hub = Hub::new(settings.clone(), TimeZone::UTC);
        let shutdown = Shutdown::new();
        let stop = shutdown.clone();
        let running = std::thread::spawn(move || server::run(vec![bound], &hub, &shutdown));
        test(address);
        stop.request();
        running.join().unwrap().unwrap();
    }
}

#[test]
fn a_browser_that_becomes_no_websocket_is_dropped() {
    let settings = Settings {
        handshake: Duration::from_millis(300),
        ..Settings::default()
    };
    on_every_runtime(&settings, Transport::Web, |address| {
        let mut silent = connect(address);
        // Closed or reset: in either case it is over.
        assert_eq!(silent.read(&mut [0]).unwrap_or(0), 0);
        let mut client = Client::connect(Transport::Web, address);
        assert_eq!(client.ask("whoami"), "[ERROR] - First login!");
    });
}

#[test]
fn a_websocket_that_answers_no_ping_is_dropped_and_one_that_does_is_not() {
    let settings = Settings {
        keep_alive: Duration::from_secs(2),
        ..Settings::default()
    };
    on_every_runtime(&settings, Transport::Web, |address| {
        let mut living = Client::connect(Transport::Web, address);
        assert_eq!(
            living.ask("login living"),
            "[SYSTEM INFO] - [living] login to chat."
        );
        let mut dead = Client::connect(Transport::Web, address);
        dead.say("login dead");
        // Reading answers pings; the dead one does not read.
        living.hear_until("[SYSTEM INFO] - [dead] login to chat.");
        living.hear_until("[SYSTEM INFO] - [dead] logout from chat.");
        assert_eq!(living.ask("/whoami"), "living");
        let Client::Web(socket) = &mut dead else {
            panic!("it is on the web");
        };
        // The ping had come.
        while !matches!(socket.read().unwrap(), Message::Ping(_)) {}
    });
}

#[test]
fn one_who_does_not_close_after_logout_is_dropped_in_the_end() {
    let settings = Settings {
        grace: Duration::from_millis(300),
        ..Settings::default()
    };
    for transport in [Transport::Tcp, Transport::Web] {
        on_every_runtime(&settings, transport, |address| {
            let mut ann = Client::connect(transport, address);
            ann.ask("login ann");
            ann.say("logout");
            ann.hear_until("[SYSTEM INFO] - [ann] logout from chat.");
            assert_eq!(ann.hear(), None);
            let mut bob = Client::connect(transport, address);
            assert_eq!(bob.ask("login ann"), "[SYSTEM INFO] - [ann] login to chat.");
        });
    }
}
