//! Which account is used, and where a new one is kept.

use std::path::Path;

use anyhow::Context as _;
use common::escape::visible;

use crate::credentials;
use crate::flags::{DOTENV, Identity};
use crate::protocol::{Account, Login};

/// How to get in, for commands that nobody can ask.
pub(super) fn login(identity: &Identity) -> anyhow::Result<Login> {
    identity.login().ok_or_else(|| {
        anyhow::anyhow!(
            "there is no account yet: run `{} register NAME`, or give --username NAME or --token TOKEN",
            super::program()
        )
    })
}

/// Keeps a new account's token; it was made because there was none, or because `replace` was said.
pub(super) fn keep(account: &Account, replace: bool) -> anyhow::Result<()> {
    credentials::save(Path::new(DOTENV), &account.token, replace).with_context(|| {
        format!(
            "the account {} was made, but its token could not be kept, and nothing else opens it",
            visible(&account.nickname)
        )
    })?;
    tracing::info!("made an account; its token is in {DOTENV}");
    Ok(())
}

/// What a rejected token means for a command that nobody can ask.
pub(super) fn rejected(identity: &Identity) -> anyhow::Error {
    let kept = credentials::load(Path::new(DOTENV)).ok().flatten();
    let Some(Login::Token(used)) = identity.login() else {
        return anyhow::anyhow!("the server does not know this token");
    };
    if kept == Some(used) {
        return anyhow::anyhow!(
            "the server does not know this token; `{} register NAME --replace` makes a new account",
            super::program()
        );
    }
    // A new account would go to .env, where this token keeps it from being used.
    anyhow::anyhow!(
        "the server does not know this token, which is not from {DOTENV}: leave out --token, or unset MINECHAT_TOKEN or TOKEN, and `{} register NAME` if there is no account",
        super::program()
    )
}
