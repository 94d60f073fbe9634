//! A bot in the underground chat: throws dice for whoever asks.
//!
//! ```text
//! cargo run -p underground-chat -- --with-server      in one terminal
//! cargo run --example chat-bot                        in another
//! ```
//!
//! Type `!roll 2d6` in the first terminal: `2d6: 3 + 5 = 8` comes back, from a
//! name that the server made of "Dice". Stop the chat and start it again: the bot
//! finds its way back. Ctrl-C ends it. Without a server it waits for one.
//!
//! Everything about connections is the library's; a bot is a function from a line
//! to an answer. Look at: [`Connection`], [`Event`], `tokio::select!` with a stop signal.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use common::shutdown::Shutdown;
use rand::{Rng, RngExt as _};
use underground_chat::client::{Connection, Event, Port, Settings, Status};
use underground_chat::flags::Address;
use underground_chat::protocol::Login;

/// A bot in the underground chat: throws dice for whoever says `!roll 2d6`.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    #[command(flatten)]
    address: Address,
    /// What the bot wants to be called
    #[arg(long, default_value = "Dice")]
    name: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    common::exit::code("chat-bot", run().await)
}

async fn run() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let shutdown = Shutdown::on_signals()?;
    let settings = Settings {
        login: Some(Login::register(&arguments.name).context("--name: there is nothing in it")?),
        ..Settings::default()
    };
    let (connection, mut events) = Connection::open(arguments.address.tcp(), settings);
    let mut name = String::new();
    loop {
        let event = tokio::select! {
            event = events.next() => event.context("the connection ended")?,
            () = shutdown.requested() => return Ok(shutdown.exit_code()),
        };
        match event {
            Event::Registered(account) => name = account.nickname,
            Event::Nickname(nickname) => name = nickname,
            Event::Status(Port::Write, Status::Up) => {
                println!("here as {name}; say !roll 2d6 in the chat");
            }
            Event::Status(Port::Write, Status::Down { why, .. }) => println!("waiting: {why}"),
            Event::Message(line) => {
                // None of its answers is a request, so it cannot come to talk to itself.
                if let Some(answer) = answer(&line, &mut rand::rng()) {
                    println!("{line}\n    {answer}");
                    if let Err(error) = connection.send(&answer) {
                        println!("    not sent: {error}");
                    }
                }
            }
            _ => {}
        }
    }
}

/// What the bot says to a line of the chat. All chance comes from `random`.
fn answer(line: &str, random: &mut impl Rng) -> Option<String> {
    let (_, request) = line.split_once(": !roll")?;
    // `!rollover` is another word.
    if !request.is_empty() && !request.starts_with(char::is_whitespace) {
        return None;
    }
    let what = if request.trim().is_empty() {
        "1d6"
    } else {
        request.trim()
    };
    let parsed = what.split_once('d').and_then(|(count, sides)| {
        let count = if count.is_empty() { "1" } else { count };
        Some((count.parse().ok()?, sides.parse().ok()?))
    });
    let (count, sides): (u32, u32) = match parsed {
        Some((count @ 1..=20, sides @ 2..=1000)) => (count, sides),
        _ => return Some("say !roll 2d6: 1 to 20 dice with 2 to 1000 sides".to_owned()),
    };
    let throws: Vec<u32> = (0..count).map(|_| random.random_range(1..=sides)).collect();
    let sum: u32 = throws.iter().sum();
    let throws: Vec<String> = throws.iter().map(u32::to_string).collect();
    Some(format!("{count}d{sides}: {} = {sum}", throws.join(" + ")))
}
