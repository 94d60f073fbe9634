//! Explosions: a burst in frames, and debris that flies on and cools.

use ratatui::style::{Color, Style};
use space_game::engine::{Art, Place, Scene, Size};
use space_game::game::palette;

use crate::calendar::BEAT;
use crate::layers;

/// Frames of a burst.
const FRAMES: i32 = 4;

/// Blows up something of `size` at `place`.
pub async fn explosion(scene: Scene, place: Place, size: Size) {
    let centre = place.plus(size.columns() / 2, size.rows() / 2);
    let radius = (size.columns() / 2).max(size.rows()).clamp(2, 6);
    for _ in 0..radius {
        scene.spawn(move |scene| debris(scene, centre));
    }
    let first = burst(radius, 0);
    let sprite = scene.sprite(layers::EXPLOSIONS, &first);
    sprite.move_to(centre.plus(-first.size().columns() / 2, -first.size().rows() / 2));
    for frame in 1..=FRAMES {
        scene.sleep(BEAT).await;
        sprite.set_art(&burst(radius, frame));
    }
}

/// Frame `frame` of a burst: a ring that grows as its middle burns out. `radius` is in columns.
fn burst(radius: i32, frame: i32) -> Art {
    let (width, height) = (2 * radius + 1, radius | 1);
    // Distances are in half columns squared, of which a row has four.
    let reach = 2 * radius * (frame + 2) / (FRAMES + 1);
    let hollow = 2 * radius * (2 * frame - 2) / (FRAMES + 1);
    let mut text = String::new();
    for y in 0..height {
        for x in 0..width {
            let (dx, dy) = (2 * (x - radius), 4 * (y - height / 2));
            let distance = dx * dx + dy * dy;
            // A grain that looks like chance and is the same every time.
            let grain = (x * 7 + y * 13 + frame * 5) % 4;
            let inside = distance <= reach * reach && distance >= hollow.max(0).pow(2);
            text.push(match (inside, distance * 2 > reach * reach) {
                (false, _) => ' ',
                (true, true) => ['·', '*', '░', '·'][grain as usize],
                (true, false) => ['▒', '▓', '*', '█'][((grain + frame) % 4) as usize],
            });
        }
        text.push('\n');
    }
    let heat = frame.min(3) as usize;
    let middle = height / 2;
    Art::new(&text).recoloured(|at, (symbol, _)| {
        let edge = usize::from((at.y - middle).abs() * 2 > middle);
        (symbol, palette::FIRE[heat + edge])
    })
}

/// A splinter: it flies straight and cools from white to smoke.
async fn debris(scene: Scene, from: Place) {
    let looks = [
        Art::new("*").styled(palette::FIRE[1]),
        Art::new("▪").styled(palette::FIRE[2]),
        Art::new("·").styled(palette::FIRE[3]),
        Art::new("·").styled(palette::SMOKE[0]),
    ];
    let (dx, dy) = (scene.below(7) as i32 - 3, scene.below(5) as i32 - 2);
    let sprite = scene.sprite(layers::SPLINTERS, &looks[0]);
    for step in 1..9 {
        // Twice slower than a row: half cells, rounded.
        sprite.move_to(from.plus(dx * step / 2, dy * step / 3));
        sprite.set_art(&looks[(step as usize - 1) / 2]);
        scene.sleep(BEAT).await;
    }
}

/// The box of something of `size`, drawn one cell outside it.
#[must_use]
pub fn outline(size: Size) -> Art {
    let (edge, inner) = ("─".repeat(size.width.into()), " ".repeat(size.width.into()));
    let sides = format!("│{inner}│\n").repeat(size.height.into());
    let text = format!("┌{edge}┐\n{sides}└{edge}┘");
    Art::new(&text).styled(Style::new().fg(Color::Rgb(135, 95, 215)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_burst_has_a_flame_at_first_and_a_hole_at_last() {
        for radius in 2..=6 {
            let (size, middle) = (
                burst(radius, 0).size(),
                Place {
                    x: radius,
                    y: radius / 2,
                },
            );
            let dot = Art::new("x");
            assert_eq!(size, Size::new(2 * radius as u16 + 1, radius as u16 | 1));
            assert!(burst(radius, 0).touches(Place::default(), &dot, middle));
            assert!(!burst(radius, FRAMES).touches(Place::default(), &dot, middle));
        }
    }

    #[test]
    fn an_outline_leaves_its_inside_open() {
        let art = outline(Size::new(3, 2));
        assert_eq!(art.size(), Size::new(5, 4));
        let body = Art::new("###\n###");
        assert!(!art.touches(Place::default(), &body, Place { x: 1, y: 1 }));
    }
}
