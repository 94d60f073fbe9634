//! A server inside a client, for a chat on one machine.

use std::path::Path;

use common::listen::ListenError;
use common::shutdown::Shutdown;

use super::{Server, ServerError, Settings};
use crate::client::{Tcp, greets};

/// A server that runs as a task of this program. Dropping it leaves it running.
#[derive(Debug)]
pub struct Inside {
    task: tokio::task::JoinHandle<()>,
    stop: Shutdown,
}

impl Inside {
    /// Starts one; `None` where a chat listens at that address already, which will do as well.
    ///
    /// # Errors
    ///
    /// Another program has the port, or the file of the accounts cannot be had.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O and time enabled.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it has started nothing.
    pub async fn start(
        host: &str,
        read_port: u16,
        write_port: u16,
        data: &Path,
    ) -> Result<Option<Self>, ServerError> {
        let server = match Server::open(host, read_port, write_port, data, Settings::default()) {
            Ok(server) => server,
            Err(ServerError::Listen(ListenError::InUse { address, .. })) => {
                let there = Tcp {
                    host: host.to_owned(),
                    read_port,
                    write_port,
                };
                return if greets(&there).await {
                    Ok(None)
                } else {
                    Err(ServerError::Stranger {
                        port: address.port(),
                        host: there.host,
                    })
                };
            }
            Err(error) => return Err(error),
        };
        let stop = Shutdown::new();
        Ok(Some(Self {
            task: tokio::spawn(server.run(stop.clone())),
            stop,
        }))
    }

    /// Has it deliver what it has confirmed, say goodbye to its clients and close the accounts.
    ///
    /// # Cancel safety
    ///
    /// Dropping it half way leaves the server to finish on its own.
    pub async fn stop(self) {
        self.stop.request();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the server inside did not end well");
        }
    }
}
