//! The calendar: what happened in which year, and how thick the garbage falls.
//!
//! The original sleeps 1.5 s a year after whatever the year took, so its years grow
//! longer; here a year is a number of ticks.

use space_game::engine::{Scene, Ticks};
use space_game::shell::TICKS_PER_SECOND;

use crate::world::World;

/// Where it starts.
pub const FIRST: u32 = 1957;

/// When the ship gets its gun.
pub const GUN: u32 = 2020;

/// A year: 1.5 s.
pub const YEAR: Ticks = Ticks(TICKS_PER_SECOND * 3 / 2);

/// A tick of the original: 0.1 s.
pub const BEAT: Ticks = Ticks(TICKS_PER_SECOND / 10);

/// How many years a phrase stays, unless the next comes: as long as it takes to read it.
const READ: u32 = 3;

/// What is remembered of spaceflight.
const PHRASES: [(u32, &str); 24] = [
    (1957, "Sputnik, the first satellite"),
    (1961, "Gagarin flew!"),
    (1963, "Tereshkova in orbit"),
    (1965, "Leonov walks in space"),
    (1966, "Luna 9 lands on the Moon"),
    (1969, "Armstrong walks on the Moon"),
    (1970, "Venera 7 reports from Venus"),
    (1971, "Salyut 1, the first station"),
    (1976, "Viking 1 lands on Mars"),
    (1977, "Voyager 1 and 2 set out"),
    (1978, "Kessler warns of debris"),
    (1981, "Columbia, the first Shuttle"),
    (1986, "Mir goes up"),
    (1990, "Hubble opens its eye"),
    (1995, "Galileo arrives at Jupiter"),
    (1998, "ISS, the first module"),
    (2001, "Tito, the first tourist"),
    (2004, "Cassini arrives at Saturn"),
    (2009, "Two satellites collide"),
    (2011, "MESSENGER orbits Mercury"),
    (2014, "Philae lands on a comet"),
    (2015, "New Horizons passes Pluto"),
    (2019, "First picture of a black hole"),
    (2020, "The plasma gun! Space fires"),
];

/// From a year on, the beats between two pieces of garbage.
const GARBAGE: [(u32, u32); 6] = [
    (1961, 20),
    (1969, 14),
    (1981, 10),
    (1995, 8),
    (2010, 6),
    (2020, 2),
];

/// The year and its phrase, and whether it is new. An older phrase has its own year beside it,
/// and is not shown for long.
#[must_use]
pub fn line(year: u32) -> (String, bool) {
    let latest = PHRASES.iter().rev().find(|&&(from, _)| from <= year);
    match latest {
        Some(&(from, text)) if from == year => (format!("{year} {text}"), true),
        Some(&(from, text)) if year - from < READ => (format!("{year} · {from} {text}"), false),
        _ => (year.to_string(), false),
    }
}

/// What stands in the place of the phrase for who fires too early.
#[must_use]
pub fn no_gun(year: u32) -> String {
    format!("{year} · no gun before {GUN}")
}

/// The time between two pieces of garbage in `year`; none falls in the first years.
#[must_use]
pub fn garbage_every(year: u32) -> Option<Ticks> {
    let now = GARBAGE.iter().rev().find(|&&(from, _)| from <= year);
    now.map(|&(_, beats)| beats * BEAT)
}

/// Turns the years over.
pub async fn calendar(scene: Scene, world: World) {
    loop {
        scene.sleep(YEAR).await;
        let year = world.year() + 1;
        world.set_year(year);
        if year == GUN && !world.is_over() {
            scene.ring();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garbage_thickens_as_in_the_original() {
        let beats = |year| garbage_every(year).map(|ticks| ticks.0 / BEAT.0);
        let table = [
            (1957, None),
            (1960, None),
            (1961, Some(20)),
            (1968, Some(20)),
            (1969, Some(14)),
            (1980, Some(14)),
            (1981, Some(10)),
            (1995, Some(8)),
            (2010, Some(6)),
            (2019, Some(6)),
            (2020, Some(2)),
            (2100, Some(2)),
        ];
        for (year, expected) in table {
            assert_eq!(beats(year), expected, "{year}");
        }
    }

    #[test]
    fn the_years_of_the_original_have_their_phrases() {
        for (year, word) in [
            (1957, "Sputnik"),
            (1961, "Gagarin"),
            (1969, "Armstrong"),
            (1971, "Salyut"),
            (1981, "Columbia"),
            (1998, "ISS"),
            (2011, "MESSENGER"),
            (2020, "plasma gun"),
        ] {
            assert!(matches!(line(year), (text, true) if text.contains(word)));
        }
    }

    #[test]
    fn a_phrase_is_shown_with_its_year_and_not_for_ever() {
        let shown = |year| line(year).0;
        assert_eq!(shown(1998), "1998 ISS, the first module");
        assert_eq!(shown(2000), "2000 · 1998 ISS, the first module");
        assert_eq!(shown(1994), "1994");
        assert_eq!(shown(2022), "2022 · 2020 The plasma gun! Space fires");
        assert_eq!(shown(2023), "2023");
    }

    #[test]
    fn a_year_is_a_second_and_a_half() {
        assert_eq!(YEAR.0 * 2, 3 * TICKS_PER_SECOND);
    }
}
