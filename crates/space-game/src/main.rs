//! The program: reads the command line and gives the game to the shell.

use std::process::ExitCode;

use clap::Parser;
use space_game::game::SpaceGame;
use space_game::shell::{self, Game as _, Options};

/// A ship among blinking stars. Relaxing: nothing hurts you.
///
/// Arrows, WASD or hjkl fly, space fires, p pauses, r begins again, q quits.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 80,
    after_help = "\
Examples:
  space-game
  space-game --stars 2000
  space-game --seed 7 --record flight.txt
  space-game --replay flight.txt | cat"
)]
struct Arguments {
    /// How many stars there are, at most a million; as many as suit the screen
    /// if not given
    #[arg(long, env = "GAME_STARS", value_name = "N",
          value_parser = clap::value_parser!(u32).range(..=MOST_STARS))]
    stars: Option<u32>,

    #[command(flatten)]
    options: Options,
}

/// More than any terminal has cells. So many take 263 MiB and hold up the first picture for 0.4 s.
const MOST_STARS: i64 = 1_000_000;

fn main() -> ExitCode {
    common::exit::code(SpaceGame::NAME, run())
}

fn run() -> anyhow::Result<ExitCode> {
    common::dotenv::load()?;
    let Arguments { stars, options } = common::usage::parse();
    let new = |setup| SpaceGame::new(setup, stars);
    shell::play(&options, 0, new, |_best| Ok(()))
}
