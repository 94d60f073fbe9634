//! The sky: stars that blink, each in its own time, and a comet now and then.
//!
//! The original's `blink` is the same four sleeps, which it spends being resumed at
//! every tick. Its stars stand still; here a second coroutine can move the same star.

use std::cell::Cell;
use std::rc::{Rc, Weak};

use ratatui::style::{Modifier, Style};

use super::{layers, palette};
use crate::engine::{Art, Place, Scene, Sprite, Ticks};

/// Cells of screen for each star, where nobody says how many there are to be.
const CELLS_PER_STAR: u32 = 50;

/// 0.1 s. Everything in the sky happens on whole beats: stars that change together share a frame.
const BEAT: Ticks = Ticks(6);

const DIM: Style = Style::new().add_modifier(Modifier::DIM);
const NORMAL: Style = Style::new();
const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);

/// Whether the sky stands still or passes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// Every star keeps its place.
    Still,
    /// Near stars sink faster than far ones, as if the ship flew on.
    Passing,
}

/// What stars look like: symbols and colours, drawn once for all of them.
#[derive(Debug)]
struct Looks([Vec<Art>; 3]);

impl Looks {
    fn new() -> Self {
        let [near, middling, far] = palette::STARS;
        let all = |symbols: &[&str], styles: &[Style]| {
            let mut arts = Vec::new();
            for symbol in symbols {
                arts.extend(styles.iter().map(|&style| Art::new(symbol).styled(style)));
            }
            arts
        };
        let [warm, cold] = palette::ODD_STARS;
        Self([
            all(&["*", "+"], &[near, near, warm, cold]),
            all(&["+", "*", ":"], &[middling]),
            all(&[".", ":", "."], &[far]),
        ])
    }

    /// One of them from the scene's dice, and how far away it is: 0 is near, 2 is far.
    fn choose(&self, scene: &Scene) -> (Art, u32) {
        let distance = scene.pick(&[0_u32, 1, 1, 2, 2, 2]);
        let arts = &self.0[distance as usize];
        (
            arts[scene.below(arts.len() as u32) as usize].clone(),
            distance,
        )
    }
}

/// Keeps as many stars in the sky as are wanted, or as suit the size of the screen.
pub async fn sky(scene: Scene, wanted: Option<u32>, motion: Motion) {
    let looks = Looks::new();
    let mut stars = Vec::new();
    loop {
        let size = scene.size();
        let suitable = u32::from(size.width) * u32::from(size.height) / CELLS_PER_STAR;
        let wanted = wanted.unwrap_or(suitable) as usize;
        stars.truncate(wanted);
        while stars.len() < wanted {
            stars.push(light(&scene, &looks, motion));
        }
        scene.sleep(5 * BEAT).await;
    }
}

/// Lights a star, which shines for as long as somebody keeps it.
fn light(scene: &Scene, looks: &Looks, motion: Motion) -> Rc<Star> {
    let (art, distance) = looks.choose(scene);
    let star = Rc::new(Star {
        sprite: scene.sprite(layers::STARS, &art),
        across: scene.below(u32::MAX),
        down: scene.below(u32::MAX),
        sunk: Cell::new(0),
    });
    // Their coroutines do not keep a star: one that is let go is gone at once.
    let (blinking, sinking) = (Rc::downgrade(&star), Rc::downgrade(&star));
    scene.spawn(move |scene| blink(scene, blinking));
    match (motion, distance) {
        (Motion::Passing, 0) => scene.spawn(move |scene| sink(scene, sinking, 8 * BEAT)),
        (Motion::Passing, 1) => scene.spawn(move |scene| sink(scene, sinking, 24 * BEAT)),
        // The far ones are too far to be seen moving.
        _ => {}
    }
    star
}

/// A star: kept by the sky, blinked and moved by a coroutine each.
#[derive(Debug)]
struct Star {
    sprite: Sprite,
    /// Its place as a share of the screen: the sky keeps its shape when that changes.
    across: u32,
    down: u32,
    /// Rows it has sunk since.
    sunk: Cell<u32>,
}

impl Star {
    fn settle(&self, scene: &Scene) {
        let size = scene.size();
        let rows = u32::from(size.height).max(1);
        let row = share(self.down, rows).wrapping_add(self.sunk.get()) % rows;
        self.sprite.move_to(Place {
            x: share(self.across, u32::from(size.width)) as i32,
            y: row as i32,
        });
    }
}

/// Dim, normal, bold, normal, from a moment of its own on.
async fn blink(scene: Scene, star: Weak<Star>) {
    const RHYTHM: [(Style, u32); 4] = [(DIM, 20), (NORMAL, 3), (BOLD, 5), (NORMAL, 3)];
    let first = [(DIM, scene.below(31))];
    for (style, beats) in first.into_iter().chain(RHYTHM.into_iter().cycle()) {
        let Some(star) = star.upgrade() else { return };
        star.sprite.set_style(style);
        star.settle(&scene);
        drop(star);
        scene.sleep(beats * BEAT).await;
    }
}

/// A row further down every `pace`.
async fn sink(scene: Scene, star: Weak<Star>, pace: Ticks) {
    loop {
        scene.sleep(pace).await;
        let Some(star) = star.upgrade() else { return };
        star.sunk.set(star.sunk.get().wrapping_add(1));
        star.settle(&scene);
    }
}

/// Which of `parts` equal parts a number of the whole range falls into.
fn share(number: u32, parts: u32) -> u32 {
    ((u64::from(number) * u64::from(parts)) >> 32) as u32
}

/// Now and then a comet crosses the upper half of the sky.
pub async fn comets(scene: Scene) {
    const TAIL: [&str; 5] = ["*", "=", "-", "-", "."];
    let tail: Vec<Art> = (0..TAIL.len())
        .map(|index| Art::new(TAIL[index]).styled(palette::STARS[index / 2]))
        .collect();
    loop {
        scene.sleep(Ticks(60 * (8 + scene.below(16)))).await;
        let size = scene.size();
        let mut head = Place {
            x: scene.below(u32::from(size.width)) as i32 - size.columns() / 4,
            y: scene.below(u32::from(size.height) / 2 + 1) as i32,
        };
        let sprites: Vec<_> = tail
            .iter()
            .map(|art| scene.sprite(layers::STARS, art))
            .collect();
        while head.x - (TAIL.len() as i32) < scene.size().columns() {
            for (behind, sprite) in sprites.iter().enumerate() {
                let behind = behind as i32;
                sprite.move_to(head.plus(-behind, -behind / 3));
            }
            head = head.plus(1, i32::from(head.x % 3 == 0));
            scene.sleep(Ticks(2)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Input, Keys, Size, Stage};

    #[test]
    fn stars_suit_the_size_at_once_however_often_it_changes() {
        let mut stage = Stage::new(Size::new(100, 50), 1);
        stage.spawn(|scene| sky(scene, None, Motion::Passing));
        for round in 0..20 {
            let size = [Size::new(20, 10), Size::new(100, 50)][round % 2];
            stage.step(Input {
                keys: Keys::NONE,
                resize: Some(size),
            });
            for _ in 0..30 {
                stage.step(Keys::NONE);
            }
            assert_eq!(
                stage.sprites() as u32,
                u32::from(size.width) * u32::from(size.height) / 50
            );
        }
    }

    #[test]
    fn as_many_stars_as_are_wanted() {
        for wanted in [0, 1, 12_345] {
            let mut stage = Stage::new(Size::new(20, 10), 1);
            stage.spawn(move |scene| sky(scene, Some(wanted), Motion::Still));
            stage.step(Keys::NONE);
            assert_eq!(stage.sprites() as u32, wanted);
        }
    }
}
