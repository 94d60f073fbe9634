//! The ship: a hull, a plume in two frames, and a trail of sparks where it flies.
//!
//! The original's `animate_spaceship` drew one of two frames every tick and erased
//! it again; here hull and plume are sprites, so flying is only moving them.

use super::shot::shot;
use super::{layers, palette};
use crate::engine::{Art, Keys, Place, Scene, Size, Sprite, Ticks};

const HULL: &str = "
   ▲
  ▟█▙
  █●█
 ▟███▙
▟▛▜█▛▜▙";

const HULL_TINT: &str = "
   a
  aab
  awb
 aabbc
sbcbcbs";

/// Short and long plumes, two frames each.
const PLUMES: [[&str; 2]; 2] = [
    ["  ▝█▘\n   ·", "  ▐▀▌\n"],
    ["  ▐█▌\n  ▝█▘\n   ▾", "  ▝█▘\n  ▐▀▌\n   ·"],
];

/// Ticks between the two frames.
const FLICKER: u32 = 6;

/// Ticks between two shots of a gun that is held.
const RELOAD: u64 = 15;

/// The ship's hull, without its plume.
#[must_use]
pub fn hull() -> Art {
    Art::new(HULL).tinted(HULL_TINT, |name| match name {
        'a' => palette::HULL[0],
        'b' => palette::HULL[1],
        'c' => palette::HULL[2],
        'w' => palette::WINDOW,
        _ => palette::SIGNAL,
    })
}

/// The plumes: `[idle, thrust]`, two frames each. They stand right below the hull.
#[must_use]
pub fn plumes() -> [[Art; 2]; 2] {
    PLUMES.map(|frames| {
        frames.map(|text| {
            Art::new(text).recoloured(|place, (symbol, _)| {
                let middle = place.x == 3;
                let heat = place.y as usize + usize::from(!middle);
                (symbol, palette::FIRE[heat.min(3)])
            })
        })
    })
}

/// Where a ship `hull` may stand on a screen: inside the border. The nearest such place to `place`.
#[must_use]
pub fn inside(place: Place, hull: Size, screen: Size) -> Place {
    // A screen smaller than the ship keeps its nose in sight.
    let right = (screen.columns() - 1 - hull.columns()).max(1);
    let bottom = (screen.rows() - 1 - hull.rows()).max(1);
    Place {
        x: place.x.clamp(1, right),
        y: place.y.clamp(1, bottom),
    }
}

/// Shows the plume of a ship at `place` whose keys are `keys`.
pub fn burn(scene: &Scene, plume: &Sprite, plumes: &[[Art; 2]; 2], keys: Keys, place: Place) {
    let frame = scene.now() / u64::from(FLICKER) % 2;
    let thrust = usize::from(keys.contains(Keys::UP));
    plume.set_art(&plumes[thrust][frame as usize]);
    plume.move_to(place.plus(0, 5));
    if thrust == 1 && scene.now().is_multiple_of(u64::from(FLICKER)) {
        let spark = place.plus(3 + scene.below(3) as i32 - 1, 7);
        scene.spawn(move |scene| cooling(scene, spark));
    }
}

/// A spark that is left behind, and cools.
async fn cooling(scene: Scene, place: Place) {
    let spark = Art::new("·");
    for style in [palette::FIRE[2], palette::FIRE[4], palette::SMOKE[1]] {
        let sprite = scene.sprite(layers::STARS, &spark.clone().styled(style));
        sprite.move_to(place);
        scene.sleep(Ticks(2 * FLICKER)).await;
    }
}

/// Flies by the keys, at an even pace, and fires: once by itself at the start, then on demand.
pub async fn ship(scene: Scene) {
    let (art, plumes) = (hull(), plumes());
    let sprite = scene.sprite(layers::SHIP, &art);
    let plume = scene.sprite(layers::FIRE, &plumes[0][0]);
    let screen = scene.size();
    let mut place = Place {
        x: (screen.columns() - art.size().columns()) / 2,
        y: (screen.rows() - art.size().rows()) / 2,
    };
    let mut loaded = 0;
    loop {
        let keys = scene.keys();
        let (dx, dy) = keys.direction();
        // Cells are twice as high as wide: half as many rows look as fast.
        let (now, even) = (scene.now(), scene.now().is_multiple_of(2));
        let step = |direction: i32, moves: bool| if moves { direction } else { 0 };
        let wanted = place.plus(step(dx, even), step(dy, now.is_multiple_of(4)));
        place = inside(wanted, art.size(), scene.size());
        sprite.move_to(place);
        burn(&scene, &plume, &plumes, keys, place);
        if now >= loaded && (now == 1 || keys.contains(Keys::FIRE)) {
            loaded = now + RELOAD;
            let muzzle = place.plus(art.size().columns() / 2, -1);
            scene.spawn(move |scene| shot(scene, muzzle));
        }
        scene.next_tick().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_of_the_hull_has_its_tint() {
        let lines = |text: &'static str| text.lines().map(|line| line.chars().count());
        assert!(lines(HULL).eq(lines(HULL_TINT)));
    }

    #[test]
    fn the_ship_stays_inside_the_border_of_any_screen() {
        let hull = hull().size();
        for width in 9..60 {
            for height in 7..30 {
                for (x, y) in [(-50, -50), (0, 0), (5, 5), (500, 500)] {
                    let place = inside(Place { x, y }, hull, Size::new(width, height));
                    assert!(place.x >= 1 && place.y >= 1);
                    assert!(place.x + hull.columns() < i32::from(width));
                    assert!(place.y + hull.rows() < i32::from(height));
                }
            }
        }
    }
}
