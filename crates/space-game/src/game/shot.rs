//! A shot: it flares, and flies up until it leaves the screen.

use super::{layers, palette};
use crate::engine::{Art, Place, Scene, Ticks};

/// Ticks for a row.
const PACE: Ticks = Ticks(3);

/// One shot from just above `muzzle`, as the original's `fire`: `*`, `O`, then the bolt.
pub async fn shot(scene: Scene, muzzle: Place) {
    let sprite = scene.sprite(layers::FIRE, &Art::new("*").styled(palette::FIRE[0]));
    sprite.move_to(muzzle);
    scene.ring();
    scene.sleep(PACE).await;
    sprite.set_art(&Art::new("O").styled(palette::FIRE[1]));
    scene.sleep(PACE).await;
    sprite.set_art(&Art::new("|").styled(palette::SHOT));
    let mut place = muzzle;
    // Under the border at the top it is out of sight.
    while place.y > 0 {
        sprite.move_to(place);
        scene.sleep(PACE).await;
        place = place.plus(0, -1);
    }
}
