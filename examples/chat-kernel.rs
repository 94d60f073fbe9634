//! The chat of `chat-servers` driven by hand: no socket, no runtime, not even a clock.
//!
//! ```text
//! cargo run --example chat-kernel
//! ```
//!
//! Prints a conversation: what each client types (`ann > login ann`), and below it
//! who is told what. A real server does nothing else; its driver reads the lines
//! from sockets and writes the answers to them. That is why one kernel serves
//! tokio, mio, smol and compio at once, and why its tests need none of them.
//!
//! Look at: [`Kernel::receive`], which takes the time as an argument, and at what it
//! answers: effects, which somebody else has to carry out.

use std::time::Duration;

use chat_servers::kernel::{Connection, Effect, Flood, Kernel, Line, Now, To};
use chat_servers::present::Presenter;
use jiff::{Timestamp, tz::TimeZone};

const CLIENTS: [&str; 3] = ["ann", "bob", "eve"];

/// Who types what. `None` is a connection that breaks.
const SCRIPT: [(usize, Option<&str>); 14] = [
    (0, Some("msgall is anybody here?")),
    (0, Some("login ann")),
    (1, Some("login ann")),
    (1, Some("login bob")),
    (0, Some("msgall hello, bob")),
    (1, Some("msg ann between you and me: hi")),
    (2, Some("login eve")),
    (2, Some("userlist")),
    (2, Some("msg nobody psst")),
    (2, Some("msgall one")),
    (2, Some("msgall two")),
    (2, Some("msgall three, all within a second")),
    (2, None),
    (0, Some("logout")),
];

fn main() {
    // Five requests at once, then one a second: eve will be too fast.
    let mut kernel = Kernel::new(Flood { rate: 1, burst: 5 });
    let mut presenter = Presenter::new(false, TimeZone::UTC);
    let mut seconds = 0;
    for (client, line) in SCRIPT {
        let connection = Connection(client as u32);
        // Everybody takes a while to type, but eve pastes.
        seconds += u64::from(client != 2) * 10;
        let now = Now {
            elapsed: Duration::from_secs(seconds),
            wall: Timestamp::UNIX_EPOCH + Duration::from_secs(seconds),
        };
        let effects = if let Some(text) = line {
            println!("{} > {text}", CLIENTS[client]);
            kernel.receive(now, connection, Line::Text(text))
        } else {
            println!("{} vanishes", CLIENTS[client]);
            kernel.disconnected(connection)
        };
        for effect in effects {
            carry_out(&kernel, &mut presenter, effect);
        }
    }
}

/// What a driver does with an effect, if its sockets are a terminal.
fn carry_out(kernel: &Kernel, presenter: &mut Presenter, effect: Effect<'_>) {
    let (to, message) = match effect {
        Effect::Close(connection) => return println!("        {} is closed", name(connection)),
        Effect::Send { to, message } => (to, message),
    };
    let line = presenter.line(&message);
    let everyone = kernel.everyone();
    let recipients: Vec<Connection> = match to {
        To::One(one) => vec![one],
        To::Both(one, other) => vec![one, other],
        To::Everyone => everyone.collect(),
        To::EveryoneAnd(one) => everyone.chain([one]).collect(),
    };
    for recipient in recipients {
        let text = String::from_utf8_lossy(&line);
        println!("        {} < {}", name(recipient), text.trim_end());
    }
}

fn name(connection: Connection) -> &'static str {
    CLIENTS[connection.0 as usize]
}
