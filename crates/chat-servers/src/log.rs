//! The server's log: the lines of the source, one each, to stderr.
//!
//! What is told at `info` stands alone, as the source prints it; everything else
//! says first how bad it is.

use std::fmt;
use std::io::{self, IsTerminal as _};

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// What the source shows in blue, where the log is a terminal.
const SERVER_INFO: &str = "[SERVER INFO]";
const BLUE_SERVER_INFO: &str = "\x1b[34m\x1b[22m[SERVER INFO]\x1b[39m\x1b[22m";

struct Lines;

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        if *event.metadata().level() != Level::INFO {
            write!(writer, "{} ", event.metadata().level())?;
        }
        let mut line = String::new();
        let fields = context.field_format();
        fields.format_fields(Writer::new(&mut line), event)?;
        if writer.has_ansi_escapes() {
            line = line.replace(SERVER_INFO, BLUE_SERVER_INFO);
        }
        writeln!(writer, "{line}")
    }
}

/// Logs from now on.
///
/// # Errors
///
/// `RUST_LOG` holds something that is no filter.
pub(crate) fn to_stderr(verbosity: u8) -> Result<(), common::logging::LoggingError> {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    tracing_subscriber::fmt()
        .with_env_filter(common::logging::filter("chat_servers", verbosity)?)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal() && !no_color)
        // Who read the log may have gone; to complain of it on stderr would panic.
        .log_internal_errors(false)
        .event_format(Lines)
        .init();
    Ok(())
}
