//! `tutorials`: a lesson by its name, or the list of all.

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser};
use tutorials::lessons::Lesson;
use tutorials::say;

const EXAMPLES: &str = "\
Examples:
  tutorials                                the lessons, a line each
  tutorials blocking                       the first one; tutorials 1 is the same
  tutorials scheduler --step 4 --trace -   who ran when, in the terminal
  tutorials client -n 8                    eight clients for a server";

/// Nineteen lessons, from a blocking server to your own async runtime
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES, max_term_width = 80)]
struct Arguments {
    #[command(subcommand)]
    lesson: Option<Lesson>,
}

fn main() -> ExitCode {
    common::exit::code("tutorials", run())
}

fn run() -> anyhow::Result<ExitCode> {
    common::dotenv::load()?;
    let arguments = common::usage::parse::<Arguments>();
    // Servers are asked for a thousand clients; a shell allows a program 1,024 descriptors.
    common::limits::raise_descriptors();
    if let Some(lesson) = arguments.lesson {
        return lesson.run();
    }
    say!("Nineteen lessons; each is one file to read and one command to run:\n");
    for lesson in Arguments::command().get_subcommands() {
        let about = lesson
            .get_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        let (number, about) = about.split_once(": ").unwrap_or(("", &about));
        say!("{number:>4}  {:<18}{about}", lesson.get_name());
    }
    say!("\nStart with: cargo run -p tutorials -- blocking   (or by number: -- 1)");
    Ok(ExitCode::SUCCESS)
}
