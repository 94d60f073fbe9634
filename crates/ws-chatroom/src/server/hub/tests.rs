//! The order in which a client reads what came of events that overlap.

use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::room::Stage;

/// A client's end of a connection, and its seat.
async fn join(hub: &mut Hub, listener: &TcpListener) -> (TcpStream, Seat) {
    let client = TcpStream::connect(listener.local_addr().unwrap());
    let (client, server) = tokio::join!(client, listener.accept());
    let (_, writer) = server.unwrap().0.into_split();
    (client.unwrap(), hub.connect(writer, Waker::noop().clone()))
}

#[tokio::test]
async fn a_slow_guest_is_sent_away_behind_all_that_came_of_the_invitation() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut hub = Hub::new(Settings {
        max_backlog: usize::MAX,
        ..Settings::new(Stage::Private)
    });
    let (mut host, inviting) = join(&mut hub, &listener).await;
    let (_guest, slow) = join(&mut hub, &listener).await;
    // Until the guest's socket takes no more.
    while hub.peers[slow.0].outbox.is_empty() {
        hub.text(inviting, &"x".repeat(60_000));
        hub.flush();
    }
    hub.settings.max_backlog = 1;
    // A batch so full that nothing else has room in it.
    hub.text(inviting, &"x".repeat(BATCH - 16));
    assert!(hub.batch.len() > BATCH - 16);
    hub.text(inviting, "invite 2");
    hub.flush();
    assert!(matches!(hub.phase(slow), Phase::Closing(_)));
    let mut heard = Vec::new();
    let wanted = [
        "Client 2 connected",
        "Private chatting with Client 2",
        "Private chat ended.",
        "Client 2 disconnected",
    ];
    let all = wanted.map(|text| format!("\u{81}{}{text}", char::from(text.len() as u8)));
    let length = wanted.iter().map(|text| 2 + text.len()).sum();
    let reading = async {
        while heard.len() < length {
            assert!(host.read_buf(&mut heard).await.unwrap() > 0);
        }
    };
    let patience = Duration::from_secs(30);
    tokio::time::timeout(patience, reading).await.unwrap();
    let latin: String = heard.into_iter().map(char::from).collect();
    assert_eq!(latin, all.concat());
}
