//! The border of the screen, drawn anew whenever the screen changes its size.

use super::{layers, palette};
use crate::engine::{Art, Place, Scene, Size, Ticks};

/// Stands around everything for as long as the stage does.
pub async fn border(scene: Scene) {
    loop {
        let size = scene.size();
        let sides = sides(size).map(|(text, place)| {
            let art = Art::new(&text).styled(palette::FAINT);
            let sprite = scene.sprite(layers::BORDER, &art);
            sprite.move_to(place);
            sprite
        });
        while scene.size() == size {
            scene.sleep(Ticks(1)).await;
        }
        drop(sides);
    }
}

/// Top, bottom, left and right, and where each begins.
fn sides(size: Size) -> [(String, Place); 4] {
    let edge = "─".repeat(usize::from(size.width.saturating_sub(2)));
    let side = "│\n".repeat(usize::from(size.height.saturating_sub(2)));
    let (right, bottom) = (size.columns() - 1, size.rows() - 1);
    [
        (format!("╭{edge}╮"), Place { x: 0, y: 0 }),
        (format!("╰{edge}╯"), Place { x: 0, y: bottom }),
        (side.clone(), Place { x: 0, y: 1 }),
        (side, Place { x: right, y: 1 }),
    ]
}
