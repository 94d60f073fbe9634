//! The keyboard: which game keys are held, from terminals that never say when a key is let go.
//!
//! Terminals with the Kitty protocol report releases, and then a key is held
//! until its release. That is believed only after the first release was seen,
//! for asking a terminal what it can do may block. All others repeat a held key,
//! after half a second of silence and then some thirty times a second: there a
//! press and a repeat count for a tenth of a second or so, the silence between is
//! the ship's to glide over, and the next direction ends the one before, as in the
//! terminal's own repeating. Firing does not: while the gun repeats, the terminal
//! is silent about the direction held beside it, which lives on.
//!
//! The original reads one key a tick and forgets it, so a held key stutters.

use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::engine::Keys;

/// How long a press counts where releases are unknown. Not longer, or a tap would carry the
/// ship far: both games' ships glide on through what is left of the half second until
/// repeats come.
const AFTER_PRESS: Duration = Duration::from_millis(100);

/// How long a repeat counts: two and a half of the slowest usual intervals.
const AFTER_REPEAT: Duration = Duration::from_millis(125);

/// Presses of one key closer than this are a held key repeating itself.
const REPEATING: Duration = Duration::from_millis(800);

/// How long a direction lives on when the gun is fired beside it: until the gun, if it is
/// held, repeats itself.
const UNTIL_FIRE_REPEATS: Duration = Duration::from_millis(600);

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
    /// When it was pressed last, or the gun repeated beside it.
    pressed: Instant,
    until: Instant,
    /// Whether the gun was fired while it was held.
    beside_fire: bool,
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
        if key == Keys::FIRE && !self.releases {
            self.lend_life(now);
        }
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
            beside_fire: false,
        });
    }

    /// Keeps the direction alive that the terminal stops repeating because the gun is fired.
    ///
    /// A first shot does so once, for a while; only a gun that repeats as fast as terminals
    /// do goes on: whoever taps it may have let the direction go long ago.
    fn lend_life(&mut self, now: Instant) {
        let fires = |held: &Held| held.key == Keys::FIRE && now - held.pressed < AFTER_REPEAT;
        let repeats = self.held.iter().any(fires);
        for held in self.held.iter_mut().filter(|held| held.key != Keys::FIRE) {
            if repeats && held.beside_fire {
                held.pressed = now;
                held.until = now + AFTER_REPEAT;
            } else if now < held.until && !held.beside_fire {
                held.beside_fire = true;
                held.pressed = now;
                held.until = now + UNTIL_FIRE_REPEATS;
            }
        }
    }

    /// Whether the key to begin again was pressed while the game stood still. Any other that
    /// was is forgotten.
    pub(super) fn wants_restart(&mut self) -> bool {
        let wanted = self.tapped.contains(Keys::RESTART);
        self.let_go();
        if wanted {
            self.tapped = Keys::RESTART;
        }
        wanted
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
        assert_eq!(keyboard.keys(now + 90 * MS), Keys::LEFT);
        assert_eq!(keyboard.keys(now + 110 * MS), Keys::NONE);
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

    /// The keys held after `ms` and at each 33 ms before, while `code` repeats.
    fn repeat(keyboard: &mut Keyboard, code: KeyCode, from: Instant, ms: u32) -> Vec<Keys> {
        let times = (0..ms / 33).map(|round| from + 33 * round * MS);
        times
            .map(|time| {
                keyboard.take(&press(code), time);
                keyboard.keys(time)
            })
            .collect()
    }

    #[test]
    fn a_direction_held_lives_on_while_the_gun_repeats_and_ends_with_it() {
        let (mut keyboard, now) = (Keyboard::default(), Instant::now());
        repeat(&mut keyboard, KeyCode::Left, now, 1000);
        let fire = KeyCode::Char(' ');
        let mut time = now + 1000 * MS;
        keyboard.take(&press(fire), time);
        for _ in 0..50 {
            assert!(keyboard.keys(time).contains(Keys::LEFT));
            time += 10 * MS;
        }
        let held = repeat(&mut keyboard, fire, time, 3000);
        assert!(held.iter().all(|&keys| keys == Keys::LEFT | Keys::FIRE));
        assert_eq!(keyboard.keys(time + 3200 * MS), Keys::NONE);
    }

    #[test]
    fn a_gun_that_is_tapped_does_not_hold_a_direction_for_ever() {
        let (mut keyboard, now) = (Keyboard::default(), Instant::now());
        repeat(&mut keyboard, KeyCode::Left, now, 1000);
        let mut time = now + 1000 * MS;
        for _ in 0..10 {
            keyboard.take(&press(KeyCode::Char(' ')), time);
            keyboard.keys(time);
            time += 200 * MS;
        }
        assert_eq!(keyboard.keys(time).without(Keys::FIRE), Keys::NONE);
    }

    #[test]
    fn of_what_is_pressed_in_a_pause_only_beginning_again_counts() {
        let (mut keyboard, now) = (Keyboard::default(), Instant::now());
        keyboard.take(&press(KeyCode::Left), now);
        assert!(!keyboard.wants_restart());
        assert_eq!(keyboard.keys(now), Keys::NONE);
        keyboard.take(&press(KeyCode::Char('r')), now);
        assert!(keyboard.wants_restart());
        assert_eq!(keyboard.keys(now), Keys::RESTART);
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
