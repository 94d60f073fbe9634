//! The plasma gun's bolts.

use space_game::engine::{Art, Place, Scene, Sprite, Ticks};
use space_game::game::palette;

use crate::explosion::explosion;
use crate::layers;
use crate::world::World;

/// Ticks for a row: twenty rows a second.
const PACE: Ticks = Ticks(3);

/// One bolt, from `muzzle` up to whatever it hits.
pub async fn bolt(scene: Scene, world: World, muzzle: Place) {
    let sprite = scene.sprite(layers::BOLTS, &Art::new("┃\n╿").styled(palette::SHOT));
    let mut place = muzzle.plus(0, -1);
    while place.y > -1 {
        sprite.move_to(place);
        if strike(&scene, &world, &sprite) {
            return;
        }
        scene.sleep(PACE).await;
        // Something may have fallen into it since; after the next row it would be past.
        if strike(&scene, &world, &sprite) {
            return;
        }
        place = place.plus(0, -1);
    }
}

/// Blows up what the bolt touches, if it touches anything.
fn strike(scene: &Scene, world: &World, bolt: &Sprite) -> bool {
    let Some(piece) = world.take_touched(bolt) else {
        return false;
    };
    world.add_score(piece.points);
    let (place, size) = (piece.sprite.place(), piece.sprite.art().size());
    scene.spawn(move |scene| explosion(scene, place, size));
    true
}
