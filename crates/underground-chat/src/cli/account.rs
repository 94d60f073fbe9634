//! Which account is used, and where a new one is kept.

use std::path::Path;

use clap::Args;

use crate::credentials;
use crate::protocol::{Account, Login, Token};

/// The file of the current directory that settings and the token stand in.
pub(super) const DOTENV: &str = ".env";

/// Who we are.
#[derive(Args, Clone)]
pub(super) struct Identity {
    /// The token of an account; better kept in .env, where nobody sees it
    #[arg(long, env = "MINECHAT_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Make an account of (about) this name if there is no token
    #[arg(long, env = "MINECHAT_USERNAME", value_name = "NAME")]
    username: Option<String>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("token", &self.token())
            .field("username", &self.username)
            .finish()
    }
}

impl Identity {
    fn token(&self) -> Option<Token> {
        self.token.as_deref().and_then(Token::new)
    }

    /// How to get in; `None` where nothing was given to get in with.
    pub(super) fn login(&self) -> Option<Login> {
        let name = self.username.as_deref();
        self.token()
            .map(Login::Token)
            .or_else(|| name.and_then(Login::register))
    }

    /// The same, for commands that nobody can ask.
    pub(super) fn login_or_explain(&self) -> anyhow::Result<Login> {
        self.login().ok_or_else(|| {
            anyhow::anyhow!(
                "there is no account yet: run `underground-chat register NAME`, or give --username NAME or --token TOKEN"
            )
        })
    }
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
