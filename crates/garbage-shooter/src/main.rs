//! The program: reads the command line and gives the game to the shell.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser;
use clap::builder::BoolishValueParser;
use garbage_shooter::best::BestFile;
use garbage_shooter::game::GarbageShooter;
use space_game::shell::{self, Game as _, Options};

/// Sixty years of space garbage come down on your ship. In 2020 it gets a gun.
///
/// Arrows, WASD or hjkl fly, space fires, p pauses, r begins again, q quits.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 80,
    after_help = "\
Examples:
  garbage-shooter
  garbage-shooter --mute --fps 30
  garbage-shooter --seed 7 --record game.txt
  garbage-shooter --replay game.txt | cat"
)]
struct Arguments {
    /// Draw boxes around what can collide
    #[arg(long, env = "GAME_DEBUG_BOXES", value_parser = BoolishValueParser::new())]
    debug_boxes: bool,

    #[command(flatten)]
    options: Options,
}

fn main() -> ExitCode {
    common::exit::code(GarbageShooter::NAME, run())
}

fn run() -> anyhow::Result<ExitCode> {
    common::dotenv::load()?;
    let arguments = common::usage::parse::<Arguments>();
    let file = BestFile::of_user();
    // A recording brings its own.
    let best = if arguments.options.replay.is_some() {
        0
    } else {
        file.read().unwrap_or_else(|error| {
            // Not `eprintln`: that panics where stderr is gone.
            let _ = writeln!(io::stderr(), "{}: {error:#}", GarbageShooter::NAME);
            0
        })
    };
    let new = |setup| GarbageShooter::new(setup, arguments.debug_boxes);
    shell::play(&arguments.options, best, new, |score| file.write(score))
}
