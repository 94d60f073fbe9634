//! Garbage: what there is, and how it falls.

use ratatui::style::{Color, Style};
use space_game::engine::{Art, Place, Scene, Size, Ticks};

use crate::calendar::{BEAT, garbage_every};
use crate::explosion::outline;
use crate::layers;
use crate::world::{Garbage, World};

/// A kind of garbage as it stands in the source.
struct Kind {
    drawing: &'static str,
    /// A text of the same shape that names the colours, see [`color`]. Colours run down, and
    /// far across: falling a row then changes edges only, in few strokes.
    tint: &'static str,
    /// Ticks for a row. Multiples of three, so that what falls together shares frames.
    pace: u32,
    points: u32,
    /// How often it comes beside the others.
    weight: usize,
}

const KINDS: [Kind; 9] = [
    // A bolt: hard to see, hard to hit.
    Kind {
        drawing: "¤",
        tint: "r",
        pace: 6,
        points: 5,
        weight: 4,
    },
    // A spanner that slipped from a glove.
    Kind {
        drawing: "╾═◇",
        tint: "wwr",
        pace: 9,
        points: 4,
        weight: 3,
    },
    // A bottle.
    Kind {
        drawing: "
 ▄
▐█▌
▐▒▌
▐█▌",
        tint: "
 w
ggg
www
ggg",
        pace: 9,
        points: 3,
        weight: 3,
    },
    // A tank.
    Kind {
        drawing: "
╭▄▄╮
│▓▓│
╰▀▀╯",
        tint: "
wooww
wooww
wooww",
        pace: 12,
        points: 3,
        weight: 3,
    },
    // A dish that listens no more.
    Kind {
        drawing: "
╲ ╷ ╱
 ╲│╱
  ●",
        tint: "
w r w
 www
  y",
        pace: 12,
        points: 3,
        weight: 2,
    },
    // A sunsail torn off.
    Kind {
        drawing: "
▦▦▦▦▦▦
▦▦▦▦▦╱
▦▦▦╱
▀▀",
        tint: "
bbbbbb
bbbbbw
bbbw
ww",
        pace: 15,
        points: 2,
        weight: 2,
    },
    // A satellite.
    Kind {
        drawing: "
▦▦▦╮ ▲ ╭▦▦▦
▦▦▦╪═█═╪▦▦▦
▦▦▦╯ ╿ ╰▦▦▦",
        tint: "
bbbw y wBBB
bbbwoyowBBB
bbbw r wBBB",
        pace: 15,
        points: 2,
        weight: 3,
    },
    // A burnt-out stage.
    Kind {
        drawing: "
 ▟█▙
 █▒█
 █▒█
 ███
 █░█
▟███▙
 ╲▾╱",
        tint: "
 www
 wrw
 wrw
 www
 wdw
ddddd
 ddd",
        pace: 18,
        points: 2,
        weight: 2,
    },
    // A piece of a station.
    Kind {
        drawing: "
▦▦▦▦    ▦▦▦▦
▦▦▦▦╶╮╭╴▦▦▦▦
 ▄▄▄▄██▄▄▄▄
▐█▒██████▒█▌
 ▀▀▀▀██▀▀▀▀
▦▦▦▦╶╯╰╴▦▦▦▦",
        tint: "
bbbb    BBBB
bbbbwwwwBBBB
 wwwwoowwww
wwywwoowwyww
 wwwwoowwww
bbbbwwwwBBBB",
        pace: 24,
        points: 1,
        weight: 1,
    },
];

fn color(name: char) -> Style {
    Style::new().fg(match name {
        'w' => Color::Rgb(175, 175, 175),
        'd' => Color::Rgb(95, 95, 95),
        'r' => Color::Rgb(215, 95, 95),
        'o' => Color::Rgb(215, 135, 95),
        'y' => Color::Rgb(215, 175, 95),
        'g' => Color::Rgb(95, 175, 95),
        'b' => Color::Rgb(95, 135, 215),
        _ => Color::Rgb(95, 95, 175),
    })
}

/// A kind ready to fall.
#[derive(Clone, Debug)]
struct Model {
    art: Art,
    pace: u32,
    points: u32,
}

/// Every kind as often as its weight says.
fn models() -> Vec<Model> {
    let mut models = Vec::new();
    for kind in &KINDS {
        let model = Model {
            art: Art::new(kind.drawing).tinted(kind.tint, color),
            pace: kind.pace,
            points: kind.points,
        };
        models.extend(std::iter::repeat_n(model, kind.weight));
    }
    models
}

/// Lets garbage fall, ever thicker as the years pass.
pub async fn rain(scene: Scene, world: World) {
    let models = models();
    loop {
        let Some(pause) = garbage_every(world.year()) else {
            scene.sleep(BEAT).await;
            continue;
        };
        scene.sleep(pause).await;
        let mut model = &models[scene.below(models.len() as u32) as usize];
        if !fits(&model.art, scene.size()) {
            // On a small screen a bolt instead: a station would leave no way around it.
            model = &models[0];
        }
        let (model, world) = (model.clone(), world.clone());
        scene.spawn(move |scene| fall(scene, world, model));
    }
}

/// Whether there is room to pass by something like `art`.
fn fits(art: &Art, screen: Size) -> bool {
    art.size().columns() * 3 <= screen.columns() && art.size().rows() * 2 <= screen.rows()
}

/// One piece, from above the screen to below it.
async fn fall(scene: Scene, world: World, model: Model) {
    let (size, screen) = (model.art.size(), scene.size());
    let free = screen.columns() - 2 - size.columns();
    let mut place = Place {
        x: 1 + scene.below(free.max(0) as u32 + 1) as i32,
        y: 1 - size.rows(),
    };
    let piece = world.add(Garbage {
        sprite: scene.sprite(layers::GARBAGE, &model.art),
        outline: world
            .shows_boxes()
            .then(|| scene.sprite(layers::BOXES, &outline(size))),
        points: model.points,
        pace: model.pace,
    });
    // Held weakly: what is shot is gone at once, not when its coroutine next looks.
    while let Some(piece) = piece.upgrade()
        && place.y < scene.size().rows()
    {
        piece.move_to(place);
        drop(piece);
        scene.sleep(Ticks(model.pace)).await;
        place = place.plus(0, 1);
    }
    world.remove(&piece);
}

impl Garbage {
    fn move_to(&self, place: Place) {
        self.sprite.move_to(place);
        if let Some(outline) = &self.outline {
            outline.move_to(place.plus(-1, -1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use space_game::shell::stand_in;

    #[test]
    fn there_are_at_least_six_kinds_of_different_sizes_and_speeds() {
        let distinct = |numbers: Vec<u32>| {
            let mut numbers = numbers;
            numbers.sort_unstable();
            numbers.dedup();
            numbers.len()
        };
        let sizes = models().into_iter().map(|model| {
            let size = model.art.size();
            u32::from(size.width) * 100 + u32::from(size.height)
        });
        assert!(distinct(sizes.collect()) >= 6);
        assert!(distinct(models().iter().map(|model| model.pace).collect()) >= 5);
    }

    #[test]
    fn every_cell_has_its_tint_and_its_stand_in() {
        for kind in &KINDS {
            for (row, tint) in kind.drawing.lines().zip(kind.tint.lines()) {
                for (index, symbol) in row.chars().enumerate() {
                    assert!(
                        symbol == ' ' || tint.chars().nth(index).is_some_and(|name| name != ' '),
                        "{row} / {tint}"
                    );
                    assert_ne!(stand_in(symbol), '?', "{symbol}");
                }
            }
        }
    }

    #[test]
    fn on_the_smallest_screen_something_fits() {
        let smallest = space_game::shell::SMALLEST;
        assert!(fits(&models()[0].art, smallest));
        assert!(models().iter().any(|model| !fits(&model.art, smallest)));
    }
}
