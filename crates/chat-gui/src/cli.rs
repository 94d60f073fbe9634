//! The command line.

use std::cell::Cell;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;
use clap::builder::BoolishValueParser;
use clap::{CommandFactory, FromArgMatches, Parser};
use common::shutdown::Shutdown;
use iced::{Size, window};
use underground_chat::flags::{Address, Data, Identity, Names, Record};

use crate::app::App;
use crate::display::{Opened, with_display};
use crate::settings::{Settings, Shade, letters};
use crate::state::{Local, State};
use crate::threads::Threads;
use crate::view;
use crate::words::Words;

/// The anonymous chat in a window.
#[derive(Debug, Parser)]
#[command(
    name = "chat-gui",
    max_term_width = 80,
    version,
    after_help = "Examples:
  chat-gui --with-server              a chat on this machine, all in one
  chat-gui --host chat.example        join a chat elsewhere
  chat-gui --theme dark --lang ru     dark, and in Russian

Every setting can stand in the environment or in .env of this directory; the
command line wins over the environment, and that over .env."
)]
struct Cli {
    #[command(flatten)]
    address: Address,
    #[command(flatten)]
    identity: Identity,
    #[command(flatten)]
    record: Record,
    /// Start a server inside, unless one listens there
    #[arg(long, env = "MINECHAT_WITH_SERVER", value_parser = BoolishValueParser::new())]
    with_server: bool,
    #[command(flatten)]
    data: Data,
    /// Light or dark
    #[arg(long, env = "MINECHAT_THEME", value_enum, default_value_t)]
    theme: Shade,
    /// Size of letters in pixels
    #[arg(long, env = "MINECHAT_FONT_SIZE", value_name = "PIXELS", default_value = "15", value_parser = letters)]
    font_size: u16,
    /// Language of the window; otherwise the system's
    #[arg(long, env = "MINECHAT_LANG", value_enum)]
    lang: Option<Words>,
    /// Log more (twice: everything); RUST_LOG overrides it
    #[arg(short, long, action = clap::ArgAction::Count, env = "MINECHAT_VERBOSE")]
    verbose: u8,
}

/// Does what the command line says.
///
/// # Errors
///
/// What went wrong, for one line on stderr.
pub fn run() -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let names = Names::before_dotenv();
    common::dotenv::load()?;
    let cli = common::usage::matches(names.apply(Cli::command()), std::env::args_os())
        .and_then(|matches| Cli::from_arg_matches(&matches))
        .unwrap_or_else(|error| error.exit());
    common::logging::to_stderr("chat_gui", cli.verbose)?;
    let shutdown = Shutdown::on_signals().context("cannot listen for signals")?;
    let words = cli.lang.unwrap_or_else(|| {
        sys_locale::get_locale().map_or_else(Words::default, |locale| Words::of_locale(&locale))
    });
    let settings = Settings {
        address: cli.address,
        history: cli.record.history.clone(),
        shade: cli.theme,
        letters: cli.font_size,
        words,
    };
    let local = if cli.with_server {
        Local::Starting
    } else {
        Local::None
    };
    let state = State::new(settings, cli.identity.login(), local, begun);
    // The toolkit may boot more than once in principle; this program does so once.
    let opened = Opened::default();
    let shell = (
        state,
        cli.record,
        cli.data,
        shutdown.clone(),
        opened.clone(),
    );
    let parts = Cell::new(Some(shell));
    let boot = move || {
        let (state, record, data, shutdown, opened) =
            parts.take().expect("the window is opened once");
        App::start(state, record, data, shutdown, opened)
    };
    let application = iced::application(boot, App::update, App::view)
        .executor::<Threads>()
        .title(|app: &App| app.state().title())
        .theme(|app: &App| view::theme(app.state()))
        .subscription(App::subscription)
        .settings(iced::Settings {
            // What desktops know the window by.
            id: Some("chat-gui".to_owned()),
            default_font: crate::FONT,
            ..iced::Settings::default()
        })
        .window(window::Settings {
            size: Size::new(760.0, 640.0),
            min_size: Some(Size::new(320.0, 240.0)),
            exit_on_close_request: false,
            ..window::Settings::default()
        });
    with_display(&opened, || application.run())?;
    Ok(shutdown.exit_code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed_and_every_flag_names_its_variable() {
        let command = Names::default().apply(Cli::command());
        command.clone().debug_assert();
        for flag in command
            .get_arguments()
            .filter(|flag| flag.get_long().is_some())
        {
            let name = flag.get_id().as_str();
            assert!(
                ["help", "version"].contains(&name) || flag.get_env().is_some(),
                "{name}"
            );
        }
    }

    #[test]
    fn help_fits_80_columns() {
        let help = Cli::command().term_width(80).render_long_help().to_string();
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
