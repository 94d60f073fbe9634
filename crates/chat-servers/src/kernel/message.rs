//! What users are told, before anybody has given it a form.

use std::sync::Arc;

use jiff::Timestamp;

/// Something that users are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// Somebody of this name has come.
    Login(Arc<str>),
    /// Somebody of this name has gone.
    Logout(Arc<str>),
    /// Said to all.
    Chat {
        /// When.
        at: Timestamp,
        /// Who said it.
        from: Arc<str>,
        /// What, as it came: it may hold control characters.
        text: &'a str,
    },
    /// Said to one.
    Private {
        /// When.
        at: Timestamp,
        /// Who said it.
        from: Arc<str>,
        /// Who hears it.
        to: Arc<str>,
        /// What, as it came: it may hold control characters.
        text: &'a str,
    },
    /// The asker's own name.
    WhoAmI {
        /// The name.
        name: Arc<str>,
        /// Asked for with a leading `/`: the name and nothing else.
        bare: bool,
    },
    /// Who is logged in.
    UserList {
        /// In order of login.
        names: Vec<Arc<str>>,
        /// Asked for with a leading `/`: the list and nothing else.
        bare: bool,
    },
    /// The request is refused.
    Error(Refusal<'a>),
    /// The server ends.
    ShuttingDown,
}

/// Why a request is refused; the text is what the asker reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal<'a> {
    /// The first word is none of the six.
    #[error("unknown command")]
    UnknownCommand,
    /// `login` alone.
    #[error("require username")]
    NameRequired,
    /// Too many words, or for `msg` too few.
    #[error("overage info")]
    Overage,
    /// Nothing to say.
    #[error("empty message")]
    EmptyMessage,
    /// Not logged in.
    #[error("First login!")]
    FirstLogin,
    /// Logged in.
    #[error("Already login!")]
    AlreadyIn,
    /// Somebody else is called that.
    #[error("Username already taken!")]
    NameTaken,
    /// Nobody is called that.
    #[error("[{0}] not found!")]
    NotFound(&'a str),
    /// Nobody may be called that.
    #[error("invalid username")]
    InvalidName,
    /// The line is over the limit.
    #[error("message too long")]
    TooLong,
    /// The line is no text.
    #[error("not UTF-8")]
    NotUtf8,
    /// Too many requests.
    #[error("slow down")]
    SlowDown,
    /// No more connections are let in.
    #[error("too many connections")]
    TooMany,
}
