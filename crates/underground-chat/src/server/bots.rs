//! Two bots that talk, because the course's chat has two.
//!
//! Clients of the course take a second or more of silence for a lost line: the
//! original GUI reconnects after five seconds, others after one to ten. A line
//! every two seconds keeps the patient ones connected.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

const PERIOD: Duration = Duration::from_secs(2);

/// Who says what, over and over. The names are those of the original's bots.
const SCRIPT: [(&str, &str); 12] = [
    ("Eva", "Is anybody awake down here?"),
    ("Vlad", "The pipes and I. The pipes talk more."),
    ("Eva", "I counted the lamps in the tunnel again."),
    ("Vlad", "And? Still one too many?"),
    ("Eva", "Still one too many."),
    ("Vlad", "Then somebody carries a torch."),
    ("Eva", "Кто бы это ни был, пусть напишет."),
    ("Vlad", "Два перевода строки, и все услышат."),
    ("Eva", "If the line drops, come back in half a second."),
    ("Vlad", "And if it drops again, a little later."),
    ("Eva", "Silence is not an error."),
    ("Vlad", "Tell that to the watchdogs."),
];

/// Talks until the readers are no longer served.
pub(super) async fn talk(inbox: mpsc::Sender<Bytes>) {
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for (who, text) in SCRIPT.iter().cycle() {
        ticks.tick().await;
        if inbox.send(format!("{who}: {text}\n").into()).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_line_comes_at_least_every_three_seconds() {
        let (inbox, mut lines) = mpsc::channel(1);
        let bots = tokio::spawn(talk(inbox));
        for (who, _) in SCRIPT.iter().cycle().take(30) {
            let line = tokio::time::timeout(Duration::from_secs(3), lines.recv());
            let line = line.await.unwrap().unwrap();
            assert!(line.starts_with(who.as_bytes()) && line.ends_with(b"\n"));
        }
        drop(lines);
        bots.await.unwrap();
    }
}
