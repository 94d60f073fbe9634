//! The ship: flown by its flight law, lost to whatever touches any cell of it.
//!
//! In the original only its top left corner collides, and the gun works from 2000.

use space_game::engine::{Art, Keys, Place, Scene};
use space_game::game::palette;
use space_game::game::ship::{burn, hull, plumes};
use space_game::shell::TICKS_PER_SECOND;

use crate::calendar::BEAT;
use crate::explosion::{explosion, outline};
use crate::flight::Flight;
use crate::layers;
use crate::plasma::bolt;
use crate::words::game_over;
use crate::world::World;

/// Ticks between two shots of a gun that is held.
const RELOAD: u64 = 12;

/// How long it is said that there is no gun yet.
const REFUSAL: u64 = 2 * TICKS_PER_SECOND as u64;

/// The hull with the gun on its nose.
fn armed_hull() -> Art {
    hull().recoloured(|place, (symbol, style)| {
        if place.y == 0 {
            ('╫', palette::SHOT)
        } else {
            (symbol, style)
        }
    })
}

/// Flies until something touches it.
pub async fn ship(scene: Scene, world: World) {
    let (plain, armed, plumes) = (hull(), armed_hull(), plumes());
    let size = plain.size();
    let sprite = scene.sprite(layers::SHIP, &plain);
    let plume = scene.sprite(layers::FIRE, &plumes[0][0]);
    let frame = world
        .shows_boxes()
        .then(|| scene.sprite(layers::BOXES, &outline(size)));
    let screen = scene.size();
    let mut flight = Flight::at(Place {
        x: (screen.columns() - size.columns()) / 2,
        y: screen.rows() * 2 / 3,
    });
    let mut loaded = 0;
    // The key that began the game is still held, and asks for nothing.
    let mut held = Keys::FIRE;
    loop {
        let keys = scene.keys();
        flight.step(keys.direction(), size, scene.size());
        let place = flight.place();
        sprite.set_art(if world.is_armed() { &armed } else { &plain });
        sprite.move_to(place);
        world.set_ship(place);
        burn(&scene, &plume, &plumes, keys, place);
        if let Some(frame) = &frame {
            frame.move_to(place.plus(-1, -1));
        }
        if let Some(piece) = world.take_touched(&sprite) {
            let (there, its) = (piece.sprite.place(), piece.sprite.art().size());
            scene.spawn(move |scene| explosion(scene, there, its));
            scene.spawn(move |scene| explosion(scene, place, size));
            break;
        }
        if !world.is_armed() && keys.without(held).contains(Keys::FIRE) {
            world.refuse(scene.now() + REFUSAL);
        }
        held = keys;
        if keys.contains(Keys::FIRE) && world.is_armed() && scene.now() >= loaded {
            loaded = scene.now() + RELOAD;
            let (world, muzzle) = (world.clone(), place.plus(size.columns() / 2, -1));
            scene.spawn(move |scene| bolt(scene, world, muzzle));
        }
        scene.next_tick().await;
    }
    drop((sprite, plume, frame));
    scene.ring();
    world.end(scene.now());
    scene.sleep(4 * BEAT).await;
    scene.spawn(move |scene| game_over(scene, world));
}
