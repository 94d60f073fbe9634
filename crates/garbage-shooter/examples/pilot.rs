//! Plays a game by itself and writes the recording: for attract mode, the pictures in
//! the README and the measurements.
//!
//! ```text
//! cargo run --release -p garbage-shooter --example pilot -- 80x24 140 > game.txt
//! cargo run --release -p garbage-shooter -- --replay game.txt
//! ```
//!
//! The pilot sees what a player sees, and has to press the same keys. It tries out
//! each of nine directions on a copy of its ship for the next second and takes the
//! best. Of a hundred games it keeps the one with the most points.

use std::env;
use std::process::ExitCode;

use garbage_shooter::flight::Flight;
use garbage_shooter::game::GarbageShooter;
use garbage_shooter::world::{Sighting, World};
use space_game::engine::{Input, Keys, Place, Size};
use space_game::game::ship::hull;
use space_game::recording::{Header, Recorder};
use space_game::shell::{Game, Setup, TICKS_PER_SECOND};

/// Games that are tried.
const GAMES: u64 = 100;

/// How far the pilot thinks ahead, and for how long it holds what it decided.
const AHEAD: u32 = 60;
const HOLD: u32 = 4;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let parsed = match &arguments[..] {
        [size, seconds] => size.split_once('x').and_then(|(width, height)| {
            let size = Size::new(width.parse().ok()?, height.parse().ok()?);
            Some((size, seconds.parse::<u32>().ok()?))
        }),
        _ => None,
    };
    let Some((size, seconds)) = parsed else {
        eprintln!("usage: pilot WIDTHxHEIGHT SECONDS");
        return ExitCode::from(2);
    };
    let games = (1..=GAMES).map(|seed| fly(size, seed, seconds * TICKS_PER_SECOND));
    let Some((points, text)) = games.max_by_key(|(points, _)| *points) else {
        return ExitCode::FAILURE;
    };
    eprintln!("{points:?}");
    print!("{text}");
    ExitCode::SUCCESS
}

/// One game: how long the ship lived and its points, and the recording.
fn fly(size: Size, seed: u64, ticks: u32) -> ((u32, u32), String) {
    let header = Header {
        game: GarbageShooter::NAME.to_owned(),
        version: GarbageShooter::VERSION.to_owned(),
        seed,
        size,
        best: 0,
    };
    let best = 0;
    let mut game = GarbageShooter::new(Setup { size, seed, best }, false);
    let mut recorder = Recorder::default();
    let mut text = header.to_text();
    let mut pilot: Option<Flight> = None;
    let (mut keys, mut lived) = (Keys::START, 0);
    for tick in 0..ticks {
        text += &recorder.note(keys.into());
        game.step(Input::from(keys));
        let Some(play) = game.play() else { continue };
        let world = play.world();
        lived += u32::from(!world.is_over());
        let flight = pilot.get_or_insert_with(|| Flight::at(world.ship()));
        // The first step of the game has been made with the key that started it.
        if tick > 0 {
            flight.step(keys.direction(), hull().size(), size);
        }
        if tick % HOLD == 0 {
            keys = decide(flight, world, size);
        }
    }
    text += &recorder.end();
    let score = game.play().map_or(0, |play| play.world().score());
    ((lived, score), text)
}

/// The keys that promise most.
fn decide(flight: &Flight, world: &World, screen: Size) -> Keys {
    let sightings = world.sightings();
    let across = [Keys::NONE, Keys::LEFT, Keys::RIGHT];
    let down = [Keys::NONE, Keys::UP, Keys::DOWN];
    let choices = across
        .iter()
        .flat_map(|&x| down.iter().map(move |&y| x | y));
    let best = choices.min_by_key(|&keys| cost(*flight, keys, &sightings, world, screen));
    let nose = flight.place().plus(3, 0);
    let target = sightings.iter().any(|piece| {
        let near = piece.place.x - 1..=piece.place.x + piece.size.columns();
        near.contains(&nose.x) && piece.place.y < nose.y
    });
    let fire = if world.is_armed() && target {
        Keys::FIRE
    } else {
        Keys::NONE
    };
    best.unwrap_or_default() | fire
}

/// What it costs to hold `keys` for a while: mostly, being hit.
fn cost(
    mut flight: Flight,
    keys: Keys,
    sightings: &[Sighting],
    world: &World,
    screen: Size,
) -> i32 {
    let ship = hull().size();
    let mut cost = i32::from(!keys.is_empty());
    for tick in 1..=AHEAD {
        let direction = if tick <= 3 * HOLD {
            keys.direction()
        } else {
            (0, 0)
        };
        flight.step(direction, ship, screen);
        let place = flight.place();
        for piece in sightings {
            let there = piece.place.plus(0, (tick / piece.pace) as i32);
            if meet(place, ship, there, piece.size) {
                cost += 20_000 / tick as i32;
            }
        }
    }
    // Room on all sides is worth something; in 2020 so is a target above the nose.
    let place = flight.place();
    cost += (place.x + 3 - screen.columns() / 2).abs();
    cost += (place.y - (screen.rows() - 9)).abs() * 3;
    if world.is_armed() {
        let above = sightings.iter().filter(|piece| piece.place.y + 4 < place.y);
        let aside =
            above.map(|piece| (piece.place.x + piece.size.columns() / 2 - place.x - 3).abs());
        cost += aside.min().unwrap_or(0) * 6;
    }
    cost
}

/// Whether two boxes meet, with a cell to spare.
fn meet(place: Place, size: Size, there: Place, its: Size) -> bool {
    place.x - 1 < there.x + its.columns()
        && there.x < place.x + size.columns() + 1
        && place.y - 1 < there.y + its.rows()
        && there.y < place.y + size.rows() + 1
}
