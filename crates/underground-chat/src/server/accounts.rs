//! Who may post: accounts in an embedded database, found by a hash of their token.
//!
//! The token itself is not kept: a stolen file opens no account. A random token
//! of 122 bits needs no slow, salted hash; SHA-256 cannot be searched for it.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use redb::{Database, ReadableDatabase, TableDefinition};
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};

use super::ServerError;
use crate::protocol::{Account, Token};

/// SHA-256 of the token → nickname.
const TABLE: TableDefinition<'_, &[u8; 32], &str> = TableDefinition::new("accounts");
/// Registrations that may wait for the disk. Overflow policy: wait; the client waits with us.
const WAITING: usize = 1024;

type TokenHash = [u8; 32];

/// A registration on its way to the disk.
struct Pending {
    hash: TokenHash,
    nickname: String,
    durable: oneshot::Sender<()>,
}

/// The accounts of a server. Dropping it waits for the commit under way, if there is
/// one, and closes the file: the next server finds it free and in order.
#[derive(Debug)]
pub struct Accounts {
    database: Arc<Database>,
    /// There until it is dropped, as is the thread.
    pending: Option<mpsc::Sender<Pending>>,
    writer: Option<JoinHandle<()>>,
}

impl Accounts {
    /// Opens the file at `path`, or makes it, and starts the thread that writes to it.
    ///
    /// # Errors
    ///
    /// The file cannot be had: it is no database, another server has it, the disk refuses.
    pub fn open(path: &Path) -> Result<Self, ServerError> {
        let failed = |reason: redb::Error| ServerError::Accounts {
            path: path.to_owned(),
            reason: Box::new(reason),
        };
        let database = Database::create(path).map_err(|error| failed(error.into()))?;
        Self::over(database).map_err(failed)
    }

    /// Accounts that vanish with the server, for trials.
    ///
    /// # Errors
    ///
    /// The thread that writes cannot start.
    pub fn in_memory() -> Result<Self, ServerError> {
        Database::builder()
            .create_with_backend(redb::backends::InMemoryBackend::new())
            .map_err(redb::Error::from)
            .and_then(Self::over)
            .map_err(|reason| ServerError::Accounts {
                path: "(memory)".into(),
                reason: Box::new(reason),
            })
    }

    fn over(database: Database) -> Result<Self, redb::Error> {
        let transaction = database.begin_write()?;
        transaction.open_table(TABLE)?;
        transaction.commit()?;
        let database = Arc::new(database);
        let (pending, queue) = mpsc::channel(WAITING);
        let written = Arc::clone(&database);
        let writer = std::thread::Builder::new()
            .name("accounts".to_owned())
            .spawn(move || write(&written, queue))
            .map_err(redb::Error::Io)?;
        Ok(Self {
            database,
            pending: Some(pending),
            writer: Some(writer),
        })
    }

    /// The nickname of the account that `token` opens.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn find(&self, token: &Token) -> Result<Option<String>, redb::Error> {
        let table = self.database.begin_read()?.open_table(TABLE)?;
        Ok(table.get(&hash(token))?.map(|name| name.value().to_owned()))
    }

    /// Makes an account called `nickname`. When this answers, it is on the disk: pulling the plug keeps it.
    ///
    /// `None` when the disk refused; the log says why.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropped half way, the account may or may not exist, and nobody knows its token.
    pub async fn register(&self, nickname: String) -> Option<Account> {
        let token = Token::random();
        let (durable, done) = oneshot::channel();
        let pending = Pending {
            hash: hash(&token),
            nickname: nickname.clone(),
            durable,
        };
        self.pending.as_ref()?.send(pending).await.ok()?;
        done.await.ok()?;
        Some(Account { nickname, token })
    }
}

impl Drop for Accounts {
    fn drop(&mut self) {
        drop(self.pending.take());
        if let Some(Err(_)) = self.writer.take().map(JoinHandle::join) {
            tracing::error!("the thread that writes accounts panicked");
        }
    }
}

fn hash(token: &Token) -> TokenHash {
    Sha256::digest(token.expose().as_bytes()).into()
}

/// Commits what waits, all of it at once: a thousand who register together cost a
/// few writes to the disk, not a thousand one after the other.
fn write(database: &Database, mut queue: mpsc::Receiver<Pending>) {
    let mut group = Vec::new();
    while queue.blocking_recv_many(&mut group, WAITING) > 0 {
        match commit(database, &group) {
            Ok(()) => {
                tracing::debug!(accounts = group.len(), "committed");
                for registration in group.drain(..) {
                    // Nobody waits where the client has gone meanwhile.
                    let _ = registration.durable.send(());
                }
            }
            Err(error) => {
                tracing::error!(%error, accounts = group.len(), "cannot write accounts; their owners are turned away");
                group.clear();
            }
        }
    }
}

fn commit(database: &Database, group: &[Pending]) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    {
        let mut table = transaction.open_table(TABLE)?;
        for registration in group {
            table.insert(&registration.hash, registration.nickname.as_str())?;
        }
    }
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_account_is_found_by_its_token_also_after_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("accounts");
        let accounts = Accounts::open(&path).unwrap();
        let tolik = accounts.register("Keen Tolik".to_owned()).await.unwrap();
        let other = accounts.register("Shy".to_owned()).await.unwrap();
        assert_ne!(tolik.token, other.token);
        assert_eq!(
            accounts.find(&tolik.token).unwrap().as_deref(),
            Some("Keen Tolik")
        );
        let second = Accounts::open(&path).unwrap_err();
        assert!(second.to_string().contains("accounts"), "{second}");

        drop(accounts);
        let again = Accounts::open(&path).unwrap();
        assert_eq!(
            again.find(&tolik.token).unwrap().as_deref(),
            Some("Keen Tolik")
        );
        assert_eq!(again.find(&Token::random()).unwrap(), None);
        assert_eq!(again.find(&other.token).unwrap().as_deref(), Some("Shy"));
        let stored = std::fs::read(&path).unwrap();
        let secret = tolik.token.expose().as_bytes();
        assert!(!stored.windows(secret.len()).any(|bytes| bytes == secret));
    }

    #[test]
    fn a_file_that_is_no_database_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notes.txt");
        std::fs::write(&path, "hello").unwrap();
        let error = Accounts::open(&path).unwrap_err().to_string();
        assert!(
            error.contains("notes.txt") && error.contains("--data"),
            "{error}"
        );
    }
}
