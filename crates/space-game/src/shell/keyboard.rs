//! The keyboard: which game keys are held, from terminals that never say when a key is let go.
//!
//! Terminals with the Kitty protocol report releases, and then a key is held
//! until its release. That is believed only after the first release was seen,
//! for asking a terminal what it can do may block. All others repeat a held key,
//! after half a second of silence and then some thirty times a second: there a
//! press counts for a while, a repeat for a shorter while, and the next key ends
//! the one before, as in the terminal's own repeating.
//!
//! The original reads one key a tick and forgets it, so a held key stutters.

use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::engine::Keys;

/// How long a press counts where releases are unknown. Long enough that the ship's
/// inertia bridges what is left of the half second until repeats come.
const AFTER_PRESS: Duration = Duration::from_millis(220);

/// How long a repeat counts: two and a half of the slowest usual intervals.
const AFTER_REPEAT: Duration = Duration::from_millis(125);

/// Presses of one key closer than this are a held key repeating itself.
const REPEATING: Duration = Duration::from_millis(800);

/// What a key means to the shell itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Quit,
    Pause,
    Suspend,
}

#[derive(Debug, Default)]
pub(super) struct Keyboard {
    held: Vec<Held>,
    /// Whether the terminal has ever reported a release.
    releases: bool,
    /// What was pressed since the last tick: a tap shorter than a tick still counts for one.
    tapped: Keys,
}

#[derive(Debug)]
struct Held {
    key: Keys,
    /// When it was pressed last.
    pressed: Instant,
    until: Instant,
}

impl Keyboard {
    /// Takes in an event; what it means to the shell, if anything.
    pub(super) fn take(&mut self, event: &KeyEvent, now: Instant) -> Option<Command> {
        if event.kind == KeyEventKind::Release {
            self.releases = true;
            let key = meaning(event.code);
            self.held.retain(|held| held.key != key);
            return None;
        }
        if event.kind == KeyEventKind::Press
            && let Some(command) = command(event)
        {
            return Some(command);
        }
        let key = meaning(event.code);
        if !key.is_empty() {
            self.press(key, now);
        }
        None
    }

    fn press(&mut self, key: Keys, now: Instant) {
        self.tapped |= key;
        let repeats = self
            .held
            .iter()
            .any(|held| held.key == key && now - held.pressed < REPEATING);
        let until = now + if repeats { AFTER_REPEAT } else { AFTER_PRESS };
        // A terminal repeats only the key pressed last, so without releases this one ends
        // the others; firing is done in taps and goes on beside flying.
        let releases = self.releases;
        self.held.retain(|held| {
            held.key != key && (releases || held.key == Keys::FIRE || key == Keys::FIRE)
        });
        self.held.push(Held {
            key,
            pressed: now,
            until,
        });
    }

    /// The keys that count as held for the tick at `now`.
    pub(super) fn keys(&mut self, now: Instant) -> Keys {
        let mut keys = std::mem::take(&mut self.tapped);
        if !self.releases {
            self.held.retain(|held| now - held.pressed < REPEATING);
        }
        for held in &self.held {
            if self.releases || now < held.until {
                keys |= held.key;
            }
        }
        keys
    }

    /// Lets go of everything: the window lost the focus, and releases may have gone elsewhere.
    pub(super) fn let_go(&mut self) {
        self.held.clear();
        self.tapped = Keys::NONE;
    }
}

fn meaning(code: KeyCode) -> Keys {
    let code = match code {
        KeyCode::Char(letter) => KeyCode::Char(letter.to_ascii_lowercase()),
        other => other,
    };
    match code {
        KeyCode::Up | KeyCode::Char('w' | 'k') => Keys::UP,
        KeyCode::Down | KeyCode::Char('s' | 'j') => Keys::DOWN,
        KeyCode::Left | KeyCode::Char('a' | 'h') => Keys::LEFT,
        KeyCode::Right | KeyCode::Char('d' | 'l') => Keys::RIGHT,
        KeyCode::Char(' ') => Keys::FIRE,
        KeyCode::Enter => Keys::START,
        KeyCode::Char('r') => Keys::RESTART,
        _ => Keys::NONE,
    }
}

fn command(event: &KeyEvent) -> Option<Command> {
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    match event.code {
        KeyCode::Char('c' | 'C') if control => Some(Command::Quit),
        KeyCode::Char('z' | 'Z') if control => Some(Command::Suspend),
        KeyCode::Esc | KeyCode::Char('q' | 'Q') => Some(Command::Quit),
        KeyCode::Char('p' | 'P') => Some(Command::Pause),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn key(code: KeyCode, kind: KeyEventKind) -> KeyEvent {
        KeyEvent::new_with_kind(code, KeyModifiers::NONE, kind)
    }

    fn press(code: KeyCode) -> KeyEvent {
        key(code, KeyEventKind::Press)
    }

    #[test]
    fn arrows_wasd_and_hjkl_fly_in_either_case() {
        for (names, keys) in [
            ("wWkK", Keys::UP),
            ("sSjJ", Keys::DOWN),
            ("aAhH", Keys::LEFT),
            ("dDlL", Keys::RIGHT),
            (" ", Keys::FIRE),
        ] {
            for name in names.chars() {
                assert_eq!(meaning(KeyCode::Char(name)), keys, "{name:?}");
            }
        }
        assert_eq!(meaning(KeyCode::Up), Keys::UP);
        assert_eq!(meaning(KeyCode::F(1)), Keys::NONE);
    }

    #[test]
    fn a_tap_between_two_ticks_counts_for_one() {
        let (mut keyboard, now) = (Keyboard::default(), Instant::now());
        keyboard.releases = true;
        keyboard.take(&press(KeyCode::Up), now);
        keyboard.take(&key(KeyCode::Up, KeyEventKind::Release), now + MS);
        assert_eq!(keyboard.keys(now + 16 * MS), Keys::UP);
        assert_eq!(keyboard.keys(now + 32 * MS), Keys::NONE);
    }

    #[test]
    fn with_releases_keys_are_held_together_until_let_go() {
        let (mut keyboard, now) = (Keyboard::default(), Instant::now());
        keyboard.take(&key(KeyCode::Down, KeyEventKind::Release), now);
        keyboard.take(&press(KeyCode::Up), now);
        keyboard.take(&press(KeyCode::Left), now);
        let later = now + Duration::from_secs(60);
        assert_eq!(keyboard.keys(now), Keys::UP | Keys::LEFT);
        assert_eq!(keyboard.keys(later), Keys::UP | Keys::LEFT);
        keyboard.take(&key(KeyCode::Up, KeyEventKind::Release), later);
        assert_eq!(keyboard.keys(later), Keys::LEFT);
    }

    #[test]
    fn a_tap_without_releases_ends_by_itself() {
        let (mut keyboard, now) = (Keyboard::default(), Instant::now());
        keyboard.take(&press(KeyCode::Char('a')), now);
        assert_eq!(keyboard.keys(now + 200 * MS), Keys::LEFT);
        assert_eq!(keyboard.keys(now + 230 * MS), Keys::NONE);
    }

    #[test]
    fn a_key_that_repeats_is_held_without_a_gap_and_ends_soon_after() {
        let (mut keyboard, now) = (Keyboard::default(), Instant::now());
        keyboard.take(&press(KeyCode::Left), now);
        let mut time = 500;
        while time < 1500 {
            keyboard.take(&press(KeyCode::Left), now + time * MS);
            for into in [0, 17, 34, 51] {
                assert_eq!(keyboard.keys(now + (time + into) * MS), Keys::LEFT);
            }
            time += 50;
        }
        assert_eq!(keyboard.keys(now + (time + 80) * MS), Keys::NONE);
    }

    #[test]
    fn without_releases_the_next_key_ends_the_one_before_but_firing_goes_on_beside() {
        let (mut keyboard, now) = (Keyboard::default(), Instant::now());
        keyboard.take(&press(KeyCode::Left), now);
        keyboard.keys(now);
        keyboard.take(&press(KeyCode::Char(' ')), now + MS);
        assert_eq!(keyboard.keys(now + MS), Keys::LEFT | Keys::FIRE);
        keyboard.take(&press(KeyCode::Right), now + 2 * MS);
        assert_eq!(keyboard.keys(now + 2 * MS), Keys::RIGHT | Keys::FIRE);
    }

    #[test]
    fn the_shells_own_keys_are_commands() {
        let (mut keyboard, now) = (Keyboard::default(), Instant::now());
        let control = |letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL);
        assert_eq!(keyboard.take(&control('c'), now), Some(Command::Quit));
        assert_eq!(keyboard.take(&control('z'), now), Some(Command::Suspend));
        assert_eq!(
            keyboard.take(&press(KeyCode::Esc), now),
            Some(Command::Quit)
        );
        assert_eq!(
            keyboard.take(&press(KeyCode::Char('p')), now),
            Some(Command::Pause)
        );
        assert_eq!(
            keyboard.take(&key(KeyCode::Char('p'), KeyEventKind::Repeat), now),
            None,
            "a held p pauses once"
        );
    }
}
