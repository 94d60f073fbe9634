//! Recordings: a game as a short text, for `--record` and `--replay`.
//!
//! ```text
//! space-game-recording 1
//! game garbage-shooter 0.1.0
//! seed 42
//! size 80x24
//! best 120
//! # tick: the keys held from then on, or the new size of the screen
//! 0 fire
//! 12 left up
//! 40 -
//! 300 size 100x30
//! end 8400
//! ```
//!
//! Ticks count from 0, 60 a second, and only grow. `-` is no key. Lines are
//! written as things happen, so a game that was cut off lacks only its `end` and
//! is played up to its last line. A stage knows nothing but seed and inputs, so
//! this is all it takes to see the same pictures again.

use std::fmt::Write as _;

use crate::engine::{Input, Keys, Size};

const MAGIC: &str = "space-game-recording 1";

/// The longest game that is played back: a day. A typo in a tick must not run for a year.
const LONGEST: u64 = 24 * 60 * 60 * 60;

/// The most cells of a screen that is played back; a terminal's largest has some 50,000.
const LARGEST: u32 = 1_000_000;

/// What is known before the first tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The program that recorded it.
    pub game: String,
    /// That program's version: another may play differently.
    pub version: String,
    /// The stage's seed.
    pub seed: u64,
    /// The screen at the start.
    pub size: Size,
    /// The best score at the start, which a game may show.
    pub best: u32,
}

impl Header {
    /// The first lines of a recording.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Self {
            game,
            version,
            seed,
            size: Size { width, height },
            best,
        } = self;
        format!("{MAGIC}\ngame {game} {version}\nseed {seed}\nsize {width}x{height}\nbest {best}\n")
    }
}

/// Why a text is no recording.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// It does not start like one.
    #[error("this is no recording: its first line is not \"{MAGIC}\"")]
    Magic,
    /// It ends before the header does.
    #[error("the line \"{0} …\" is missing")]
    Missing(&'static str),
    /// A line that means nothing.
    #[error("line {0} makes no sense")]
    Line(usize),
}

/// A recorded game.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// What is known before the first tick.
    pub header: Header,
    /// What changed at which tick, in order.
    changes: Vec<(u64, Change)>,
    /// How many ticks it lasts.
    pub end: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Keys(Keys),
    Size(Size),
}

impl Recording {
    /// Reads a recording.
    ///
    /// # Errors
    ///
    /// See [`RecordingError`].
    pub fn parse(text: &str) -> Result<Self, RecordingError> {
        let mut lines = text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line.trim()))
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        if lines.next().is_none_or(|(_, line)| line != MAGIC) {
            return Err(RecordingError::Magic);
        }
        let mut field = |name: &'static str| {
            let (number, line) = lines.next().ok_or(RecordingError::Missing(name))?;
            let value = line
                .strip_prefix(name)
                .ok_or(RecordingError::Missing(name))?;
            Ok((number, value.trim()))
        };
        let (line, game) = field("game")?;
        let (game, version) = game.split_once(' ').ok_or(RecordingError::Line(line))?;
        let (line, seed) = field("seed")?;
        let seed = seed.parse().map_err(|_none| RecordingError::Line(line))?;
        let (line, size) = field("size")?;
        let size = parse_size(size).ok_or(RecordingError::Line(line))?;
        let (line, best) = field("best")?;
        let best = best.parse().map_err(|_none| RecordingError::Line(line))?;

        let mut changes = Vec::new();
        let (mut last, mut end) = (0, None);
        for (number, line) in lines {
            let wrong = RecordingError::Line(number);
            let (tick, change) = parse_change(line).ok_or(wrong)?;
            if tick < last || tick > LONGEST || end.is_some() {
                return Err(RecordingError::Line(number));
            }
            last = tick;
            match change {
                Some(change) => changes.push((tick, change)),
                None => end = Some(tick),
            }
        }
        Ok(Self {
            header: Header {
                game: game.to_owned(),
                version: version.to_owned(),
                seed,
                size,
                best,
            },
            end: end.unwrap_or(last + 1),
            changes,
        })
    }

    /// The inputs of each tick, first to last.
    pub fn inputs(&self) -> impl Iterator<Item = Input> + use<> {
        let mut changes = self.changes.clone().into_iter().peekable();
        let mut keys = Keys::NONE;
        (0..self.end).map(move |tick| {
            let mut resize = None;
            while let Some((_, change)) = changes.next_if(|&(at, _)| at <= tick) {
                match change {
                    Change::Keys(now) => keys = now,
                    Change::Size(size) => resize = Some(size),
                }
            }
            Input { keys, resize }
        })
    }
}

/// Turns the inputs of a running game into lines.
#[derive(Debug, Default)]
pub struct Recorder {
    tick: u64,
    keys: Keys,
}

impl Recorder {
    /// The lines that the next tick adds: none, as long as nothing changes.
    #[must_use]
    pub fn note(&mut self, input: Input) -> String {
        let mut text = String::new();
        if let Some(Size { width, height }) = input.resize {
            writeln!(text, "{} size {width}x{height}", self.tick)
                .expect("a String takes every write");
        }
        if input.keys != self.keys {
            self.keys = input.keys;
            writeln!(text, "{} {}", self.tick, names(input.keys))
                .expect("a String takes every write");
        }
        self.tick += 1;
        text
    }

    /// The last line.
    #[must_use]
    pub fn end(&self) -> String {
        format!("end {}\n", self.tick)
    }
}

fn names(keys: Keys) -> String {
    let held: Vec<&str> = Keys::NAMES
        .iter()
        .filter(|&&(_, key)| keys.contains(key))
        .map(|&(name, _)| name)
        .collect();
    if held.is_empty() {
        "-".to_owned()
    } else {
        held.join(" ")
    }
}

fn parse_size(text: &str) -> Option<Size> {
    let (width, height) = text.split_once('x')?;
    let size = Size::new(width.parse().ok()?, height.parse().ok()?);
    let cells = u32::from(size.width) * u32::from(size.height);
    (1..=LARGEST).contains(&cells).then_some(size)
}

/// A tick and what changes then; nothing changes at the end.
fn parse_change(line: &str) -> Option<(u64, Option<Change>)> {
    let (first, rest) = line.split_once(' ')?;
    if first == "end" {
        return Some((rest.parse().ok()?, None));
    }
    let change = if let Some(size) = rest.strip_prefix("size ") {
        Change::Size(parse_size(size)?)
    } else {
        let mut keys = Keys::NONE;
        for name in rest.split_whitespace().filter(|&name| name != "-") {
            keys |= Keys::NAMES.iter().find(|(known, _)| *known == name)?.1;
        }
        Change::Keys(keys)
    };
    Some((first.parse().ok()?, Some(change)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEAD: &str =
        "space-game-recording 1\ngame space-game 0.1.0\nseed 7\nsize 80x24\nbest 3\n";

    fn header() -> Header {
        Recording::parse(HEAD).unwrap().header
    }

    fn input() -> impl Strategy<Value = Input> {
        let keys = prop::collection::vec(prop::sample::select(&Keys::NAMES[..]), 0..4);
        let size = prop::option::weighted(0.1, (1_u16..300, 1_u16..100));
        (keys, size).prop_map(|(keys, size)| Input {
            keys: keys.iter().fold(Keys::NONE, |all, &(_, key)| all | key),
            resize: size.map(|(width, height)| Size::new(width, height)),
        })
    }

    proptest! {
        #[test]
        fn what_was_recorded_is_what_is_played(inputs in prop::collection::vec(input(), 0..80)) {
            let mut recorder = Recorder::default();
            let mut text = header().to_text();
            for input in &inputs {
                text += &recorder.note(*input);
            }
            text += &recorder.end();
            let recording = Recording::parse(&text).unwrap();
            prop_assert_eq!(recording.header.clone(), header());
            prop_assert_eq!(recording.inputs().collect::<Vec<_>>(), inputs);
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), tail in "[a-z0-9 x\n-]{0,80}") {
            let _ = Recording::parse(&text);
            let _ = Recording::parse(&format!("{HEAD}{tail}"));
        }
    }

    #[test]
    fn a_line_that_makes_no_sense_is_named() {
        for line in [
            "5 sideways",
            "x fire",
            "5",
            "5 size 0x3",
            "5 size 60000x60000",
            "end soon",
        ] {
            let error = Recording::parse(&format!("{HEAD}# a remark\n3 fire\n{line}\n"));
            assert_eq!(error, Err(RecordingError::Line(8)), "{line}");
        }
        let backwards = Recording::parse(&format!("{HEAD}9 fire\n8 -\n"));
        assert_eq!(backwards, Err(RecordingError::Line(7)));
        let endless = Recording::parse(&format!("{HEAD}end 99999999999\n"));
        assert_eq!(endless, Err(RecordingError::Line(6)));
    }

    #[test]
    fn a_recording_without_its_head_is_refused() {
        assert_eq!(Recording::parse(""), Err(RecordingError::Magic));
        assert_eq!(
            Recording::parse(&HEAD.replace("seed", "weed")),
            Err(RecordingError::Missing("seed"))
        );
    }

    #[test]
    fn a_game_cut_off_is_played_to_its_last_line() {
        let recording = Recording::parse(&format!("{HEAD}10 fire\n")).unwrap();
        assert_eq!(recording.inputs().count(), 11);
    }
}
