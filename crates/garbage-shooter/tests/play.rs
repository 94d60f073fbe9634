//! Scripted games on the pure core: what is on the screen at the moments that matter.
//!
//! The pictures are in `snapshots/`; `INSTA_UPDATE=always cargo test` draws them anew.

// A test's helpers are tests too: a panic is how they fail.
#![allow(clippy::unwrap_used)]

use garbage_shooter::calendar::YEAR;
use garbage_shooter::game::GarbageShooter;
use proptest::prelude::*;
use space_game::engine::{Input, Keys, Size};
use space_game::recording::Recording;
use space_game::shell::{Game, Setup, picture};

const SIZE: Size = Size::new(80, 24);

fn setup(size: Size) -> Setup {
    Setup {
        size,
        seed: 8,
        best: 7,
    }
}

fn hold(game: &mut GarbageShooter, keys: Keys, ticks: u64) {
    for _ in 0..ticks {
        game.step(keys.into());
    }
}

/// A game begun, and flown on `keys` for so many years.
fn played(keys: Keys, years: u32) -> GarbageShooter {
    let mut game = GarbageShooter::new(setup(SIZE), false);
    game.step(Keys::START.into());
    hold(&mut game, keys, u64::from(years * YEAR.0));
    game
}

/// A recorded game, stopped when `wanted` is so; the picture then, and how it stood.
fn replayed(text: &str, wanted: impl Fn(&GarbageShooter) -> bool) -> GarbageShooter {
    let recording = Recording::parse(text).unwrap();
    let header = &recording.header;
    let setup = Setup {
        size: header.size,
        seed: header.seed,
        best: header.best,
    };
    let mut game = GarbageShooter::new(setup, false);
    for input in recording.inputs() {
        game.step(input);
        if wanted(&game) {
            return game;
        }
    }
    panic!("it never came to that");
}

const DEMO: &str = include_str!("../assets/demo-80x24.txt");

fn score(game: &GarbageShooter) -> u32 {
    game.play().map_or(0, |play| play.world().score())
}

#[test]
fn the_title_invites_to_fly() {
    let mut game = GarbageShooter::new(setup(SIZE), false);
    hold(&mut game, Keys::NONE, 60);
    insta::assert_snapshot!(picture(&game));
}

#[test]
fn in_1961_the_first_garbage_falls() {
    let before = played(Keys::NONE, 4);
    assert_eq!(before.play().unwrap().world().sightings(), []);
    let mut game = played(Keys::NONE, 4);
    // Twenty ticks of a tenth of a second after the year began.
    hold(&mut game, Keys::NONE, 119);
    assert_eq!(game.play().unwrap().world().sightings(), []);
    hold(&mut game, Keys::NONE, 61);
    assert_eq!(game.play().unwrap().world().sightings().len(), 1);
    insta::assert_snapshot!(picture(&game));
}

#[test]
fn a_collision_ends_the_ship_in_flames() {
    let mut game = played(Keys::NONE, 4);
    while !game.play().unwrap().world().is_over() {
        game.step(Keys::RIGHT.into());
    }
    hold(&mut game, Keys::NONE, 8);
    insta::assert_snapshot!(picture(&game));
}

#[test]
fn a_hit_explodes_and_counts() {
    let mut game = replayed(DEMO, |game| score(game) > 0);
    assert!(game.play().unwrap().world().year() >= 2020);
    hold(&mut game, Keys::NONE, 8);
    insta::assert_snapshot!(picture(&game));
}

#[test]
fn game_over_stands_before_what_goes_on() {
    let mut game = replayed(DEMO, |game| score(game) > 20);
    while !game.play().unwrap().world().is_over() {
        game.step(Keys::UP.into());
    }
    hold(&mut game, Keys::NONE, 120);
    let before = picture(&game);
    for line in [
        "GAME OVER",
        "reached 2026",
        "score ",
        "best ",
        "r to play again",
    ] {
        assert!(before.contains(line), "{line}");
    }
    insta::assert_snapshot!(before);
    hold(&mut game, Keys::NONE, 60);
    assert_ne!(picture(&game), before, "garbage falls on behind it");
    game.step(Keys::FIRE.into());
    assert_eq!(game.seed(), 100, "the next seed after the demo's");
    hold(&mut game, Keys::NONE, 5);
    assert!(picture(&game).contains("1957"));
    assert_eq!(
        (score(&game), game.play().unwrap().world().is_over()),
        (0, false)
    );
    assert!(game.best() > 20);
}

#[test]
fn the_gun_held_when_the_ship_is_lost_does_not_begin_the_next_game() {
    let mut game = played(Keys::NONE, 4);
    while !game.play().unwrap().world().is_over() {
        game.step(Keys::RIGHT.into());
    }
    assert!(game.is_over());
    for _ in 0..20 {
        hold(&mut game, Keys::FIRE, 3);
        hold(&mut game, Keys::NONE, 2);
        assert!(game.is_over());
    }
    hold(&mut game, Keys::NONE, 60);
    game.step(Keys::START.into());
    assert!(!game.is_over());
}

#[test]
fn a_game_shrunk_and_grown_again_keeps_everything_inside() {
    let mut game = replayed(DEMO, |game| score(game) > 20);
    let resize = |game: &mut GarbageShooter, size| {
        game.step(Input {
            keys: Keys::NONE,
            resize: Some(size),
        });
        hold(game, Keys::NONE, 3);
        picture(game)
    };
    insta::assert_snapshot!("shrunk", resize(&mut game, Size::new(20, 10)));
    insta::assert_snapshot!("grown", resize(&mut game, Size::new(100, 30)));
}

#[test]
fn the_gun_is_silent_before_2020() {
    let mut game = replayed(DEMO, |game| {
        game.play().is_some_and(|play| play.world().year() == 2019)
    });
    hold(&mut game, Keys::NONE, 1);
    hold(&mut game, Keys::FIRE, 10);
    assert!(!picture(&game).contains('┃'));
    assert!(picture(&game).contains("2019 · no gun before 2020"));
    while game.play().unwrap().world().year() == 2019 {
        game.step(Keys::FIRE.into());
    }
    hold(&mut game, Keys::FIRE, 20);
    assert!(picture(&game).contains('┃') || game.play().unwrap().world().is_over());
    assert!(picture(&game).contains("2020 The plasma gun!"));
}

#[test]
fn who_fires_too_early_is_told_so_for_a_while() {
    for (size, words) in [
        (SIZE, "1957 · no gun before 2020"),
        (Size::new(20, 10), "1957 · no gun"),
    ] {
        let mut game = GarbageShooter::new(setup(size), false);
        // The key that begins the game asks for nothing, however long it is held.
        hold(&mut game, Keys::FIRE, 30);
        assert!(!picture(&game).contains("no gun"), "{}", picture(&game));
        hold(&mut game, Keys::NONE, 1);
        hold(&mut game, Keys::FIRE, 2);
        assert!(picture(&game).contains(words), "{}", picture(&game));
        hold(&mut game, Keys::NONE, 130);
        assert!(!picture(&game).contains("no gun"), "{}", picture(&game));
    }
}

#[test]
fn who_is_lost_without_a_gun_reads_how_far_it_went() {
    for size in [SIZE, Size::new(20, 10)] {
        let mut game = GarbageShooter::new(setup(size), false);
        game.step(Keys::START.into());
        while !game.is_over() {
            game.step(Keys::RIGHT.into());
        }
        let year = game.play().unwrap().world().year();
        assert_eq!(game.verdict(), format!("{year}, score 0"));
        // The years go on behind the banner; the one that counts does not.
        hold(&mut game, Keys::NONE, u64::from(3 * YEAR.0));
        assert_eq!(game.verdict(), format!("{year}, score 0"));
        let shown = picture(&game);
        assert!(shown.contains(&format!("reached {year}")), "{shown}");
    }
}

#[test]
fn the_title_names_every_key_where_there_is_room() {
    for (width, keys) in [
        (80, "space fires from 2020 · p pauses · r again · q quits"),
        (60, "arrows fly · p pauses · r again · q quits"),
    ] {
        let mut game = GarbageShooter::new(setup(Size::new(width, 24)), false);
        hold(&mut game, Keys::NONE, 2);
        assert!(picture(&game).contains(keys), "{}", picture(&game));
    }
}

#[test]
fn left_alone_the_title_shows_a_recorded_game_and_a_key_ends_it() {
    for (size, demo) in [
        (SIZE, true),
        (Size::new(150, 50), true),
        (Size::new(40, 12), false),
    ] {
        let mut game = GarbageShooter::new(setup(size), false);
        hold(&mut game, Keys::NONE, 60 * 20);
        assert_eq!(game.is_demo(), demo, "{size:?}");
        let words = if demo { "Gagarin" } else { "GARBAGE SHOOTER" };
        assert!(picture(&game).contains(words), "{}", picture(&game));
        game.step(Keys::LEFT.into());
        assert!(!game.is_demo() && game.play().is_none());
        hold(&mut game, Keys::NONE, 60 * 20);
        game.step(Keys::FIRE.into());
        assert!(game.play().is_some());
    }
}

#[test]
fn both_demos_live_to_use_the_gun() {
    for text in [DEMO, include_str!("../assets/demo-120x40.txt")] {
        let game = replayed(text, |game| score(game) >= 100);
        assert!(!game.play().unwrap().world().is_over());
    }
}

#[test]
fn the_boxes_are_drawn_where_they_are_asked_for() {
    for boxes in [false, true] {
        let mut game = GarbageShooter::new(setup(SIZE), boxes);
        game.step(Keys::START.into());
        hold(&mut game, Keys::NONE, 5);
        assert_eq!(picture(&game).contains('┌'), boxes);
    }
}

#[test]
fn a_key_still_held_from_the_game_before_starts_nothing() {
    let mut game = GarbageShooter::new(setup(SIZE), false);
    hold(&mut game, Keys::FIRE, 3);
    assert!(game.play().is_some());
    let mut untouched = GarbageShooter::new(setup(SIZE), false);
    hold(&mut untouched, Keys::LEFT, 100);
    assert!(untouched.play().is_none());
}

fn keys() -> impl Strategy<Value = Keys> {
    let some = prop::collection::vec(prop::sample::select(&Keys::NAMES[..]), 0..3);
    some.prop_map(|keys| keys.iter().fold(Keys::NONE, |all, &(_, key)| all | key))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Title, games, restarts and resizes in any order: the same pictures for the same seed
    /// and inputs, and no panic.
    #[test]
    fn the_same_seed_and_inputs_give_the_same_game(
        seed in any::<u64>(),
        script in prop::collection::vec(
            (keys(), 1_u64..200, prop::option::weighted(0.2, (1_u16..160, 1_u16..60))), 1..30),
    ) {
        let play = || {
            let mut game = GarbageShooter::new(Setup { size: SIZE, seed, best: 0 }, true);
            let mut pictures = Vec::new();
            for &(keys, ticks, size) in &script {
                let resize = size.map(|(width, height)| Size::new(width, height));
                game.step(Input { keys, resize });
                hold(&mut game, keys, ticks);
                pictures.push(picture(&game));
            }
            pictures
        };
        prop_assert_eq!(play(), play());
    }
}
