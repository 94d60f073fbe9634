//! Which account is used, and where a new one is kept.

use std::path::Path;

use crate::credentials;
use crate::flags::{DOTENV, Identity};
use crate::protocol::{Account, Login};

/// How to get in, for commands that nobody can ask.
pub(super) fn login(identity: &Identity) -> anyhow::Result<Login> {
    identity.login().ok_or_else(|| {
        anyhow::anyhow!(
            "there is no account yet: run `underground-chat register NAME`, or give --username NAME or --token TOKEN"
        )
    })
}

/// Keeps a new account's token; it was made because there was none, or because `replace` was said.
pub(super) fn keep(account: &Account, replace: bool) -> anyhow::Result<()> {
    credentials::save(Path::new(DOTENV), &account.token, replace)?;
    tracing::info!(
        nickname = account.nickname,
        "made an account; its token is in {DOTENV}"
    );
    Ok(())
}

/// What a rejected token means for a command that nobody can ask.
pub(super) fn rejected() -> anyhow::Error {
    anyhow::anyhow!(
        "the server does not know this token; `underground-chat register NAME --replace` makes a new account"
    )
}
