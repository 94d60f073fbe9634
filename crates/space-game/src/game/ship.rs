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
const RELOAD: u64 = 16;

/// The top speed in cells a tick. Cells are twice as high as wide: half as many rows look as fast.
const TOP: [f32; 2] = [0.5, 0.25];

/// Shares of the top speed: what a ship at rest has at once when a key is pressed, what each
/// tick of a key adds, and below what a ship that nobody pushes is at rest.
const KICK: f32 = 0.25;
const PUSH: f32 = 1.0 / 60.0;
const REST: f32 = 0.18;

/// What a ship that nobody pushes loses in a tick, times the third power of its speed. A
/// fast ship is slow soon; a slow one glides for half a second, as long as terminals are
/// silent between the first press of a held key and its repeats.
const DRAG: f32 = 0.36;

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

/// How a ship glides along one axis.
#[derive(Clone, Copy, Debug)]
struct Glide {
    /// Where it is, in cells.
    at: f32,
    /// A share of the top speed, either way.
    speed: f32,
}

impl Glide {
    fn at(cell: i32) -> Self {
        Self {
            // The middle: it is as far to the next cell on either side.
            at: cell as f32 + 0.5,
            speed: 0.0,
        }
    }

    fn cell(self) -> i32 {
        // Truncation is rounding down: no ship stands left of the first column.
        self.at as i32
    }

    /// Glides on for a tick, pushed towards `direction`: −1, 0 or 1.
    fn step(&mut self, direction: i32, top: f32) {
        let push = direction as f32;
        if direction == 0 {
            self.speed -= DRAG * self.speed * self.speed * self.speed;
            if self.speed.abs() < REST {
                self.speed = 0.0;
            }
        } else {
            // Pushed the other way it turns at once.
            let ahead = (self.speed * push + PUSH).clamp(KICK, 1.0);
            self.speed = ahead * push;
        }
        self.at += self.speed * top;
    }

    /// Keeps it where it is allowed to be: a ship that was stopped has no speed.
    fn stop_at(&mut self, allowed: i32) {
        if self.cell() != allowed {
            *self = Self::at(allowed);
        }
    }
}

/// Flies by the keys, and fires: once by itself at the start, then on demand.
pub async fn ship(scene: Scene) {
    let (art, plumes) = (hull(), plumes());
    let sprite = scene.sprite(layers::SHIP, &art);
    let plume = scene.sprite(layers::FIRE, &plumes[0][0]);
    let screen = scene.size();
    let mut across = Glide::at((screen.columns() - art.size().columns()) / 2);
    let mut down = Glide::at((screen.rows() - art.size().rows()) / 2);
    // The keys of the tick before: a tap at an odd tick fires at the next.
    let (mut loaded, mut before) = (0, Keys::NONE);
    loop {
        let keys = scene.keys();
        let (dx, dy) = keys.direction();
        let (now, even) = (scene.now(), scene.now().is_multiple_of(2));
        across.step(dx, TOP[0]);
        down.step(dy, TOP[1]);
        let wanted = Place {
            x: across.cell(),
            y: down.cell(),
        };
        let place = inside(wanted, art.size(), scene.size());
        across.stop_at(place.x);
        down.stop_at(place.y);
        // Everything that moves here does so at even ticks, and shares its frames: nothing is
        // faster than a cell in two ticks.
        if even || now == 1 {
            sprite.move_to(place);
            burn(&scene, &plume, &plumes, keys, place);
        }
        let fires = (keys | before).contains(Keys::FIRE);
        before = keys;
        if now == 1 || (even && fires && now >= loaded) {
            loaded = now + RELOAD;
            if now == 1 {
                // Only the first: a bell at each of many shots is no rest for anybody.
                scene.ring();
            }
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

    /// How far a ship glides whose key is held as `held` says of each tick, and the most ticks
    /// that it takes from one cell to the next once it moves.
    fn fly(ticks: u32, held: impl Fn(u32) -> bool) -> (i32, u32) {
        let mut glide = Glide::at(0);
        let (mut last, mut longest) = (0, 0);
        for tick in 0..ticks {
            let before = glide.cell();
            glide.step(held(tick).into(), TOP[0]);
            if glide.cell() != before {
                longest = longest.max(tick - last);
                last = tick;
            }
        }
        (glide.cell(), longest)
    }

    #[test]
    fn a_held_key_flies_without_a_halt_through_the_silence_before_its_repeats() {
        // 100 ms from the press, then nothing until the terminal repeats it after 500.
        let (cells, longest) = fly(90, |tick| !(6..30).contains(&tick));
        assert!(longest <= 11, "{longest} ticks without a move");
        assert!(cells >= 20, "{cells}");
    }

    #[test]
    fn a_tap_moves_the_ship_a_few_cells_and_a_held_key_at_top_speed() {
        assert!((1..=5).contains(&fly(120, |tick| tick < 6).0));
        assert!((1..=5).contains(&fly(120, |tick| tick == 0).0));
        assert!((115..=125).contains(&fly(260, |_| true).0));
    }

    #[test]
    fn a_ship_let_go_at_top_speed_soon_rests() {
        let far = fly(400, |tick| tick < 100).0 - fly(100, |_| true).0;
        assert!((3..=8).contains(&far), "{far}");
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
