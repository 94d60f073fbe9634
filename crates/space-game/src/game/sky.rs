//! The sky: stars that blink, each in its own time, and a comet now and then.
//!
//! The original's `blink` is the same four sleeps, which it spends being resumed at
//! every tick. Its stars stand still; here a second coroutine can move the same star.

use std::cell::Cell;
use std::rc::Rc;

use ratatui::style::{Modifier, Style};

use super::{layers, palette};
use crate::engine::{Art, Place, Scene, Sprite, Ticks};

/// Cells of screen for each star, where nobody says how many there are to be.
const CELLS_PER_STAR: u32 = 45;

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
#[derive(Clone, Debug)]
pub struct Looks(Rc<[Vec<Art>; 3]>);

impl Looks {
    /// All the looks there are.
    #[must_use]
    pub fn new() -> Self {
        let [near, middling, far] = palette::STARS;
        let all = |symbols: &[&str], styles: &[Style]| {
            let mut arts = Vec::new();
            for symbol in symbols {
                arts.extend(styles.iter().map(|&style| Art::new(symbol).styled(style)));
            }
            arts
        };
        let [warm, cold] = palette::ODD_STARS;
        Self(Rc::new([
            all(&["*", "+"], &[near, near, warm, cold]),
            all(&["+", "*", ":"], &[middling]),
            all(&[".", ":", "."], &[far]),
        ]))
    }

    /// One of them from the scene's dice, and how far away it is: 0 is near, 2 is far.
    fn choose(&self, scene: &Scene) -> (Art, u32) {
        let distance = scene.pick(&[0_u32, 1, 1, 2, 2, 2]);
        let arts = &self.0[distance as usize];
        (arts[scene.below(arts.len() as u32) as usize].clone(), distance)
    }
}

impl Default for Looks {
    fn default() -> Self {
        Self::new()
    }
}

/// Keeps as many stars in the sky as are wanted, or as suit the size of the screen.
pub async fn sky(scene: Scene, wanted: Option<u32>, motion: Motion) {
    let looks = Looks::new();
    let limit = Rc::new(Cell::new(0));
    let mut stars = 0;
    loop {
        let size = scene.size();
        let suitable = u32::from(size.width) * u32::from(size.height) / CELLS_PER_STAR;
        limit.set(wanted.unwrap_or(suitable));
        // Those beyond the limit end by themselves; their numbers are given out again later.
        stars = stars.min(limit.get());
        while stars < limit.get() {
            light(&scene, &looks, motion, stars, limit.clone());
            stars += 1;
        }
        scene.sleep(5 * BEAT).await;
    }
}

/// Lights star `number`, which shines for as long as `limit` is above its number.
pub fn light(scene: &Scene, looks: &Looks, motion: Motion, number: u32, limit: Rc<Cell<u32>>) {
    let (art, distance) = looks.choose(scene);
    let star = Rc::new(Star {
        sprite: scene.sprite(layers::STARS, &art),
        across: scene.below(u32::MAX),
        down: scene.below(u32::MAX),
        sunk: Cell::new(0),
        number,
        limit,
    });
    let blinking = star.clone();
    scene.spawn(move |scene| blink(scene, blinking));
    match (motion, distance) {
        (Motion::Passing, 0) => scene.spawn(move |scene| sink(scene, star, 8 * BEAT)),
        (Motion::Passing, 1) => scene.spawn(move |scene| sink(scene, star, 24 * BEAT)),
        // The far ones are too far to be seen moving.
        _ => {}
    }
}

/// A star, held by the coroutines that blink it and move it.
#[derive(Debug)]
struct Star {
    sprite: Sprite,
    /// Its place as a share of the screen: the sky keeps its shape when that changes.
    across: u32,
    down: u32,
    /// Rows it has sunk since.
    sunk: Cell<u32>,
    number: u32,
    limit: Rc<Cell<u32>>,
}

impl Star {
    fn shines(&self) -> bool {
        self.number < self.limit.get()
    }

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
async fn blink(scene: Scene, star: Rc<Star>) {
    star.sprite.set_style(DIM);
    star.settle(&scene);
    scene.sleep(scene.below(31) * BEAT).await;
    while star.shines() {
        for (style, beats) in [(DIM, 20), (NORMAL, 3), (BOLD, 5), (NORMAL, 3)] {
            star.sprite.set_style(style);
            star.settle(&scene);
            scene.sleep(beats * BEAT).await;
        }
    }
}

/// A row further down every `pace`.
async fn sink(scene: Scene, star: Rc<Star>, pace: Ticks) {
    while star.shines() {
        scene.sleep(pace).await;
        star.sunk.set(star.sunk.get().wrapping_add(1));
        star.settle(&scene);
    }
}

/// Which of `parts` equal parts a number of the whole range falls into.
fn share(number: u32, parts: u32) -> u32 {
    (u64::from(number) * u64::from(parts) >> 32) as u32
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
