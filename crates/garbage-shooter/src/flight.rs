//! How the ship flies: a key pushes, the push fades, the border stops.
//!
//! The original moves a ship ten times a second by `update_speed`; this is the same
//! law at sixty. The cosine is `libm`'s, not the system's, whose last digit differs
//! between machines: a recording must fly the same everywhere.

use space_game::engine::{Place, Size};
use space_game::game::ship::inside;
use space_game::shell::TICKS_PER_SECOND;

/// What a second of sixty ticks makes of a tenth of a second.
const TICKS_PER_BEAT: f32 = TICKS_PER_SECOND as f32 / 10.0;

/// Of the speed this is left after 0.1 s.
const FADING: f32 = 0.8;

/// The top speed in cells per 0.1 s. Cells are twice as high as wide.
const LIMIT: [f32; 2] = [2.4, 1.2];

/// The push of a key on a ship at rest, per 0.1 s, as a share of the top speed. Just
/// enough to hold the top speed against the fading.
const PUSH: f32 = 0.42;

/// A ship slower than this, with no key held, is at rest.
const REST: f32 = 0.1;

/// A ship's place and speed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flight {
    /// Column and row, with the part of a cell that nobody sees.
    at: [f32; 2],
    /// Cells per 0.1 s.
    speed: [f32; 2],
}

impl Flight {
    /// At rest at `place`.
    #[must_use]
    pub fn at(place: Place) -> Self {
        Self {
            at: [place.x as f32, place.y as f32],
            speed: [0.0; 2],
        }
    }

    /// The cell of the ship's corner.
    #[must_use]
    pub fn place(&self) -> Place {
        Place {
            x: libm::floorf(self.at[0]) as i32,
            y: libm::floorf(self.at[1]) as i32,
        }
    }

    /// Flies on for a tick with the keys pushing towards `direction`, inside the border of `screen`.
    pub fn step(&mut self, direction: (i32, i32), ship: Size, screen: Size) {
        let push = [direction.0 as f32, direction.1 as f32];
        let fading = libm::powf(FADING, 1.0 / TICKS_PER_BEAT);
        for axis in 0..2 {
            let (speed, limit) = (&mut self.speed[axis], LIMIT[axis]);
            *speed *= fading;
            // A ship at rest is pushed hard, one that flies fast hardly more.
            let damped = libm::cosf(*speed / limit) * PUSH * limit / TICKS_PER_BEAT;
            *speed = (*speed + push[axis] * damped).clamp(-limit, limit);
            if push[axis] == 0.0 && speed.abs() < REST {
                *speed = 0.0;
            }
            self.at[axis] += *speed / TICKS_PER_BEAT;
        }
        let corner = |far: i32| inside(Place { x: far, y: far }, ship, screen);
        let (least, most) = (corner(i32::MIN), corner(i32::MAX));
        for (axis, (least, most)) in [(least.x, most.x), (least.y, most.y)]
            .into_iter()
            .enumerate()
        {
            let allowed = self.at[axis].clamp(least as f32, most as f32);
            if self.at[axis] != allowed {
                self.at[axis] = allowed;
                self.speed[axis] = 0.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SHIP: Size = Size::new(7, 5);
    const SCREEN: Size = Size::new(120, 40);

    fn start() -> Flight {
        Flight::at(Place { x: 50, y: 20 })
    }

    fn fly(flight: &mut Flight, direction: (i32, i32), ticks: u32) {
        for _ in 0..ticks {
            flight.step(direction, SHIP, SCREEN);
        }
    }

    #[test]
    fn without_a_key_a_fifth_of_the_speed_fades_in_a_tenth_of_a_second() {
        let mut flight = start();
        fly(&mut flight, (1, 0), 20);
        let before = flight.speed[0];
        fly(&mut flight, (0, 0), 6);
        assert!((flight.speed[0] / before - FADING).abs() < 0.001);
    }

    #[test]
    fn the_push_shrinks_with_the_speed_by_the_cosine() {
        let mut flight = start();
        let mut pushes = Vec::new();
        for _ in 0..30 {
            let fading = libm::powf(FADING, 1.0 / TICKS_PER_BEAT);
            let before = flight.speed[1] * fading;
            flight.step((0, -1), SHIP, SCREEN);
            pushes.push(before - flight.speed[1]);
        }
        assert!(pushes.is_sorted_by(|one, next| one >= next), "{pushes:?}");
        assert!(pushes[29] < pushes[0] * 0.7);
    }

    #[test]
    fn a_held_key_reaches_the_limit_and_no_more() {
        let mut flight = start();
        let mut top: f32 = 0.0;
        for _ in 0..200 {
            flight.step((1, 0), SHIP, Size::new(10_000, 40));
            top = top.max(flight.speed[0]);
        }
        assert!((LIMIT[0] * 0.97..=LIMIT[0]).contains(&top), "{top}");
    }

    #[test]
    fn the_border_stops_it_dead() {
        let mut flight = start();
        fly(&mut flight, (1, 1), 600);
        assert_eq!(flight.place(), Place { x: 112, y: 34 });
        assert_eq!(flight.speed, [0.0; 2]);
        // Not a tick is lost in leaving again.
        fly(&mut flight, (-1, -1), 1);
        assert_eq!(flight.place(), Place { x: 111, y: 33 });
    }

    #[test]
    fn a_ship_let_go_comes_to_rest() {
        let mut flight = start();
        fly(&mut flight, (-1, -1), 30);
        fly(&mut flight, (0, 0), 120);
        assert_eq!(flight.speed, [0.0; 2]);
    }

    proptest! {
        #[test]
        fn it_never_leaves_the_border_whatever_happens_to_the_screen(
            script in prop::collection::vec((-1..2, -1..2, 20_u16..200, 10_u16..80), 1..200)
        ) {
            let mut flight = start();
            for (dx, dy, width, height) in script {
                let screen = Size::new(width, height);
                flight.step((dx, dy), SHIP, screen);
                prop_assert_eq!(flight.place(), inside(flight.place(), SHIP, screen));
            }
        }
    }
}
