//! Settings under the names that the course's clients read them by.
//!
//! A setting has its own name, and the originals' names where that is not set.
//! The environment wins over `.env`, under whatever name: so what stands in the
//! environment is noted before `.env` is read into it.

use std::ffi::OsStr;

use clap::Command;
use clap::builder::Resettable;

/// Flag, its own variable, and the originals'.
const NAMES: [(&str, &[&str]); 5] = [
    (
        "host",
        &["MINECHAT_HOST", "SERVER_HOST", "MINECHAT_SERVER_HOST"],
    ),
    (
        "read_port",
        &[
            "MINECHAT_READ_PORT",
            "SERVER_READ_PORT",
            "MINECHAT_SERVER_READ_PORT",
        ],
    ),
    (
        "write_port",
        &[
            "MINECHAT_WRITE_PORT",
            "SERVER_WRITE_PORT",
            "MINECHAT_SERVER_WRITE_PORT",
        ],
    ),
    ("history", &["MINECHAT_HISTORY", "HISTORY"]),
    ("token", &["MINECHAT_TOKEN", "TOKEN"]),
];

/// Which variable each flag reads: the first of its names that holds something.
#[derive(Debug, Default)]
pub struct Names {
    before: Vec<(&'static str, &'static str)>,
}

impl Names {
    /// Notes what the environment holds now, before `.env` adds to it.
    #[must_use]
    pub fn before_dotenv() -> Self {
        Self {
            before: set(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty())),
        }
    }

    /// Has `command` and its subcommands read each setting under the name it is set by.
    ///
    /// A variable that is set to nothing counts as not set.
    #[must_use]
    pub fn apply(&self, command: Command) -> Command {
        let after = Self::before_dotenv().before;
        let chosen = choose(&self.before, &after);
        let rename = |command: Command| {
            command.mut_args(|arg| {
                let flag = chosen.iter().find(|(flag, _)| arg.get_id() == *flag);
                match flag {
                    Some((_, name)) => arg.env(*name),
                    None if is_empty(arg.get_env()) => arg.env(Resettable::Reset),
                    None => arg,
                }
            })
        };
        rename(command).mut_subcommands(rename)
    }
}

/// Whether a variable is set, to nothing: that is how a setting is left out.
fn is_empty(name: Option<&OsStr>) -> bool {
    name.and_then(std::env::var_os)
        .is_some_and(|value| value.is_empty())
}

fn set(holds: impl Fn(&str) -> bool) -> Vec<(&'static str, &'static str)> {
    NAMES
        .iter()
        .filter_map(|(flag, names)| {
            let name = names.iter().find(|name| holds(name))?;
            Some((*flag, *name))
        })
        .collect()
}

/// What was set first wins; what only `.env` sets follows.
fn choose<'a>(
    before: &[(&'a str, &'a str)],
    after: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let only_after = after
        .iter()
        .filter(|(flag, _)| before.iter().all(|(first, _)| first != flag));
    before.iter().chain(only_after).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_under_any_name_wins_over_dotenv() {
        let before = set(|name| name == "SERVER_HOST");
        let after = set(|name| ["SERVER_HOST", "MINECHAT_HOST", "TOKEN"].contains(&name));
        assert_eq!(
            choose(&before, &after),
            [("host", "SERVER_HOST"), ("token", "TOKEN")]
        );
    }

    #[test]
    fn our_own_name_wins_over_the_originals() {
        let both = set(|name| ["MINECHAT_HISTORY", "HISTORY"].contains(&name));
        assert_eq!(both, [("history", "MINECHAT_HISTORY")]);
    }
}
