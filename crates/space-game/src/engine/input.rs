//! What a tick is told from outside: the keys held down, and a new size of the screen.

use std::ops::{BitOr, BitOrAssign};

use super::Size;

/// A set of game keys. Which key of a keyboard means which is the shell's affair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Keys(u8);

impl Keys {
    /// No key at all.
    pub const NONE: Self = Self(0);
    /// Fly up.
    pub const UP: Self = Self(1);
    /// Fly down.
    pub const DOWN: Self = Self(2);
    /// Fly left.
    pub const LEFT: Self = Self(4);
    /// Fly right.
    pub const RIGHT: Self = Self(8);
    /// Shoot; also starts a game.
    pub const FIRE: Self = Self(16);
    /// Start a game.
    pub const START: Self = Self(32);
    /// Begin again.
    pub const RESTART: Self = Self(64);

    /// Every key with its name, as recordings write it.
    pub const NAMES: [(&'static str, Self); 7] = [
        ("up", Self::UP),
        ("down", Self::DOWN),
        ("left", Self::LEFT),
        ("right", Self::RIGHT),
        ("fire", Self::FIRE),
        ("start", Self::START),
        ("restart", Self::RESTART),
    ];

    /// Whether every key of `other` is among these.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// These without those of `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The flight they ask for, −1, 0 or 1 each way: `(right − left, down − up)`.
    #[must_use]
    pub const fn direction(self) -> (i32, i32) {
        (
            self.contains(Self::RIGHT) as i32 - self.contains(Self::LEFT) as i32,
            self.contains(Self::DOWN) as i32 - self.contains(Self::UP) as i32,
        )
    }
}

impl BitOr for Keys {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Keys {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// Everything one tick is told. [`Keys`] alone do where the size stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// The keys held.
    pub keys: Keys,
    /// The size of the screen from this tick on, when it changed.
    pub resize: Option<Size>,
}

impl From<Keys> for Input {
    fn from(keys: Keys) -> Self {
        Self { keys, resize: None }
    }
}
