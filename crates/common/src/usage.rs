//! The command line, with usage errors that say where a bad value comes from.
//!
//! `clap` reads variables as if they were flags, and blames the flag for what stands in
//! one: nobody gave that flag. Here the error names the variable, and whether it is set
//! in the environment or in `.env`.

use std::ffi::OsString;

use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue, Error};
use clap::{ArgMatches, Command, Id, Parser};

use crate::dotenv;

/// The command line of this process as a `P`; a usage error is printed and ends the process with 2.
///
/// In place of [`Parser::parse`], after [`dotenv::load`].
#[must_use]
pub fn parse<P: Parser>() -> P {
    parse_from(std::env::args_os())
}

/// As [`parse`], of other `arguments`, the first of which is the program's name.
#[must_use]
pub fn parse_from<P: Parser>(arguments: impl IntoIterator<Item = impl Into<OsString>>) -> P {
    matches(P::command(), arguments)
        .and_then(|matches| P::from_arg_matches(&matches))
        .unwrap_or_else(|error| error.exit())
}

/// What `command` makes of `arguments`, the first of which is the program's name.
///
/// # Errors
///
/// As [`Command::try_get_matches_from`]: wrong usage, or a question for help or the version.
pub fn matches(
    mut command: Command,
    arguments: impl IntoIterator<Item = impl Into<OsString>>,
) -> Result<ArgMatches, Error> {
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    // Parsing changes it, so that it cannot be altered afterwards.
    let fresh = command.clone();
    command
        .try_get_matches_from_mut(&arguments)
        .map_err(|error| blame(error, &command, fresh, arguments))
}

/// Has `error` name the variable in place of the flag, where the bad value is the variable's.
fn blame(mut error: Error, parsed: &Command, fresh: Command, arguments: Vec<OsString>) -> Error {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let Some((id, name)) = variable_of(parsed, flag) else {
        return error;
    };
    // What is still wrong without the variable is wrong on the command line.
    let without = ignoring(fresh, id).try_get_matches_from(arguments);
    let same = without.is_err_and(|other| {
        let about = |kind| other.get(kind) == error.get(kind);
        about(ContextKind::InvalidArg) && about(ContextKind::InvalidValue)
    });
    if !same {
        let place = if dotenv::set(&name) {
            ".env"
        } else {
            "the environment"
        };
        let blamed = format!("{name} (from {place})");
        error.insert(ContextKind::InvalidArg, ContextValue::String(blamed));
    }
    error
}

/// The argument that usage errors call `flag`, and the variable it is read from, if that is set.
fn variable_of<'a>(command: &'a Command, flag: &str) -> Option<(&'a Id, String)> {
    let own = command
        .get_arguments()
        // Those of a subcommand that was not called are not ready to be shown.
        .filter(|argument| argument.get_num_args().is_some() && argument.to_string() == flag)
        .find_map(|argument| Some((argument.get_id(), argument.get_env()?)))
        .filter(|(_, name)| std::env::var_os(name).is_some())
        .map(|(id, name)| (id, name.to_string_lossy().into_owned()));
    own.or_else(|| {
        command
            .get_subcommands()
            .find_map(|command| variable_of(command, flag))
    })
}

/// `command` without the variable of one argument.
fn ignoring(command: Command, id: &Id) -> Command {
    command
        .mut_args(|argument| {
            if argument.get_id() == id {
                argument.env(Resettable::Reset)
            } else {
                argument
            }
        })
        .mut_subcommands(|command| ignoring(command, id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::builder::BoolishValueParser;
    use clap::{Arg, ArgAction, value_parser};

    /// `PATH` is set wherever tests run, and is no number.
    fn command() -> Command {
        let port = Arg::new("port")
            .long("port")
            .env("PATH")
            .value_parser(value_parser!(u16));
        let loud = Arg::new("loud")
            .long("loud")
            .action(ArgAction::SetTrue)
            .env("PATH")
            .value_parser(BoolishValueParser::new());
        Command::new("program")
            .arg(port.clone())
            .subcommand(Command::new("run").arg(port))
            .subcommand(Command::new("say").arg(loud))
    }

    fn error(arguments: &[&str]) -> String {
        let arguments = ["program"].iter().chain(arguments).map(OsString::from);
        matches(command(), arguments).unwrap_err().to_string()
    }

    #[test]
    fn a_bad_value_of_a_variable_is_blamed_on_the_variable() {
        for arguments in [&[][..], &["run"], &["say"]] {
            let error = error(arguments);
            assert!(
                error.contains("for 'PATH (from the environment)'"),
                "{error}"
            );
            assert!(!error.lines().next().unwrap().contains("--"), "{error}");
        }
    }

    #[test]
    fn a_bad_value_of_a_flag_is_blamed_on_the_flag() {
        for arguments in [
            &["--port", "many"][..],
            &["--port=many"],
            &["run", "--port", "many"],
        ] {
            let error = error(arguments);
            assert!(error.contains("'many' for '--port <port>'"), "{error}");
            assert!(!error.contains("PATH"), "{error}");
        }
        assert!(matches(command(), ["program", "--port=1"]).is_ok());
    }
}
