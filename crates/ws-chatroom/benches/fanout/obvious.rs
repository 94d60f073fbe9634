//! The server that one writes first with tokio-tungstenite: two tasks and an
//! unbounded queue for each connection, everything as it comes out of the box.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

type Clients = Arc<Mutex<HashMap<u64, mpsc::UnboundedSender<Message>>>>;

/// Serves until the process is ended.
pub(crate) fn serve(port: u16) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let clients = Clients::default();
        for number in 0.. {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(client(number, stream, clients.clone()));
        }
        Ok(())
    })
}

async fn client(number: u64, stream: TcpStream, clients: Clients) {
    // As any chat that minds its latency would.
    let _ = stream.set_nodelay(true);
    let Ok(socket) = accept_async(stream).await else {
        return;
    };
    let (mut sink, mut stream) = socket.split();
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let locked = || clients.lock().unwrap_or_else(PoisonError::into_inner);
    locked().insert(number, sender);
    tokio::spawn(async move {
        while let Some(message) = receiver.recv().await {
            if sink.send(message).await.is_err() {
                break;
            }
        }
    });
    while let Some(Ok(message)) = stream.next().await {
        if message.is_text() {
            for (other, sender) in locked().iter() {
                if *other != number {
                    let _ = sender.send(message.clone());
                }
            }
        }
    }
    locked().remove(&number);
}
