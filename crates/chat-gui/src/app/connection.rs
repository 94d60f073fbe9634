//! The connection as the toolkit wants it: a subscription that lives as long as it is asked for.

use std::hash::{Hash, Hasher};
use std::time::Duration;

use futures_util::{Stream, StreamExt as _, stream};
use iced::Subscription;
use tokio::time::Instant;
use underground_chat::client::{Connection, Settings, Tcp};
use underground_chat::protocol::Login;

use super::Heard;
use crate::state::Message;

/// Events drawn at once, at most: what the library's queue holds.
const BATCH: usize = 256;
/// Between two batches: ten pictures a second of a busy chat are as good as fifty.
const PAUSE: Duration = Duration::from_millis(100);

/// Whom to connect to and as whom. Its number alone tells one from another.
#[derive(Clone, Debug)]
pub(super) struct Dial {
    pub(super) generation: u64,
    pub(super) server: Tcp,
    pub(super) login: Option<Login>,
}

impl Hash for Dial {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.generation.hash(state);
    }
}

pub(super) fn subscription(dial: Dial) -> Subscription<Heard> {
    Subscription::run_with(dial, run)
}

/// Connects when it is first polled, which is on the runtime's threads.
fn run(dial: &Dial) -> impl Stream<Item = Heard> + use<> {
    let dial = dial.clone();
    let generation = dial.generation;
    stream::once(async move {
        let login = dial.login.clone();
        let settings = Settings {
            login: dial.login,
            ..Settings::default()
        };
        let (connection, events) = Connection::open(dial.server, settings);
        let opened = Heard::Opened(generation, connection, login);
        let batches = stream::unfold((events, None), move |(mut events, earliest)| async move {
            if let Some(earliest) = earliest {
                tokio::time::sleep_until(earliest).await;
            }
            let batch = (&mut events).ready_chunks(BATCH).next().await?;
            let earliest = Some(Instant::now() + PAUSE);
            Some((
                Heard::Window(Message::Events(generation, batch)),
                (events, earliest),
            ))
        });
        stream::iter([opened]).chain(batches)
    })
    .flatten()
}
