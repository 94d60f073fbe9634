//! A server inside a client, for a chat on one machine.

use std::path::Path;

use common::listen::ListenError;
use common::shutdown::Shutdown;

use super::{Server, ServerError, Settings};

/// A server that runs as a task of this program. Dropping it leaves it running.
#[derive(Debug)]
pub struct Inside {
    task: tokio::task::JoinHandle<()>,
    stop: Shutdown,
}

impl Inside {
    /// Starts one; `None` where somebody listens at that address already, which will do as well.
    ///
    /// # Errors
    ///
    /// A port or the file of the accounts cannot be had for another reason.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O and time enabled.
    pub fn start(
        host: &str,
        read_port: u16,
        write_port: u16,
        data: &Path,
    ) -> Result<Option<Self>, ServerError> {
        match Self::open(host, read_port, write_port, data) {
            Ok(server) => Ok(Some(server)),
            Err(ServerError::Listen(ListenError::InUse { .. })) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Starts one.
    ///
    /// # Errors
    ///
    /// A port or the file of the accounts cannot be had.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    pub fn open(
        host: &str,
        read_port: u16,
        write_port: u16,
        data: &Path,
    ) -> Result<Self, ServerError> {
        let server = Server::open(host, read_port, write_port, data, Settings::default())?;
        let stop = Shutdown::new();
        Ok(Self {
            task: tokio::spawn(server.run(stop.clone())),
            stop,
        })
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
