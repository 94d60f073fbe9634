//! Words on the screen: the year and its phrase, the score, and the banner at the end.

use std::iter;

use ratatui::style::{Color, Style};
use space_game::engine::{Art, Place, Scene, Sprite};
use space_game::game::palette;

use crate::calendar::{self, BEAT};
use crate::layers;
use crate::lettering::large;
use crate::world::World;

/// From white through gold to embers, row by row.
#[must_use]
pub fn ember() -> [Style; 5] {
    [
        Color::Rgb(255, 255, 215),
        Color::Rgb(255, 215, 95),
        Color::Rgb(255, 175, 0),
        Color::Rgb(255, 95, 0),
        Color::Rgb(175, 0, 0),
    ]
    .map(|color| Style::new().fg(color))
}

/// The year and its phrase in the lower border, the score at its right end. Who fires before
/// there is a gun reads that in the phrase's place. Each line is replaced as a whole, so no
/// phrase leaves remains of a longer one.
pub async fn status(scene: Scene, world: World) {
    let line = |text: &str, style: Style| Art::new(text).styled(style).solid(style);
    let left = scene.sprite(layers::WORDS, &Art::new(""));
    let right = scene.sprite(layers::WORDS, &Art::new(""));
    let mut shown = None;
    loop {
        let refused = world.is_refused(scene.now());
        let now = (world.year(), world.score(), scene.size(), refused);
        if shown != Some(now) {
            shown = Some(now);
            let (year, score, size, _) = now;
            let (phrase, fresh) = calendar::line(year);
            let score = format!(" {score} ");
            let room = size.columns()
                - 4
                - if world.is_armed() {
                    score.len() as i32
                } else {
                    0
                };
            let texts = if refused {
                [calendar::no_gun(year), format!("{year} · no gun")]
            } else {
                [phrase, year.to_string()]
            };
            let [long, short] = texts.map(|text| format!(" {text} "));
            let text = if long.chars().count() as i32 > room {
                short
            } else {
                long
            };
            let style = if fresh {
                palette::BRIGHT
            } else {
                palette::PLAIN
            };
            left.set_art(&line(&text, style));
            left.move_to(Place {
                x: 2,
                y: size.rows() - 1,
            });
            if world.is_armed() {
                right.set_art(&line(&score, palette::GOLD));
                right.move_to(Place {
                    x: size.columns() - 2 - score.len() as i32,
                    y: size.rows() - 1,
                });
            }
        }
        scene.next_tick().await;
    }
}

/// Says, in the upper border, that nobody plays: it comes and goes.
pub async fn demo(scene: Scene) {
    let art = Art::new(" demo · SPACE to fly ");
    let art = art.styled(palette::GOLD).solid(palette::NIGHT);
    loop {
        let sprite = scene.sprite(layers::WORDS, &art);
        sprite.move_to(Place {
            x: (scene.size().columns() - art.size().columns()) / 2,
            y: 0,
        });
        scene.sleep(10 * BEAT).await;
        drop(sprite);
        scene.sleep(5 * BEAT).await;
    }
}

/// The banner, and how it went. Everything else goes on behind it.
pub async fn game_over(scene: Scene, world: World) {
    let line = |text: &str, style: Style| Art::new(text).styled(style).solid(style);
    let banner = |word| large(word, ember()).solid(palette::NIGHT);
    let (wide, high) = (
        vec![banner("GAME OVER")],
        vec![banner("GAME"), banner("OVER")],
    );
    let year = world.lost().unwrap_or_default();
    loop {
        let shown = (scene.size(), world.score());
        let (size, score) = shown;
        let words = [
            line("  GAME OVER  ", palette::BRIGHT),
            // First, for who dies before there is a gun has nothing else to show for it.
            line(&format!("  reached {year}  "), palette::BRIGHT),
            line(&format!("  score {score}  "), palette::GOLD),
            line(&format!("  best {}  ", world.best()), palette::PLAIN),
            line("  SPACE or r to play again  ", palette::PLAIN),
        ];
        // The largest that fits: one line of letters, two, or none.
        let fits = |banner: &&Vec<Art>| {
            let rows: i32 = banner.iter().map(|art| art.size().rows() + 1).sum();
            banner
                .iter()
                .all(|art| art.size().columns() + 2 < size.columns())
                && rows + words.len() as i32 + 2 < size.rows()
        };
        let banner = [&wide, &high].into_iter().find(fits);
        let mut lines: Vec<&Art> = banner.into_iter().flatten().chain(&words).collect();
        // What would reach into the border is left out; the score never does.
        lines.retain(|art| art.size().columns() + 2 <= size.columns());
        let sprites = stack(&scene, &lines);
        // A bolt on its way may hit after the ship is gone: that counts.
        while (scene.size(), world.score()) == shown {
            scene.sleep(BEAT).await;
        }
        drop(sprites);
    }
}

/// Puts `lines` in the middle of the screen, one below the other, large ones apart.
pub fn stack(scene: &Scene, lines: &[&Art]) -> Vec<Sprite> {
    let size = scene.size();
    let height = |art: &Art| art.size().rows() + i32::from(art.size().rows() > 1);
    let total: i32 = lines.iter().map(|art| height(art)).sum();
    let top = (size.rows() - total) / 2;
    let rows = iter::once(top).chain(lines.iter().scan(top, |row, art| {
        *row += height(art);
        Some(*row)
    }));
    let place = |(art, y): (&&Art, i32)| {
        let sprite = scene.sprite(layers::WORDS, art);
        sprite.move_to(Place {
            x: (size.columns() - art.size().columns()) / 2,
            y: y.max(0),
        });
        sprite
    };
    lines.iter().zip(rows).map(place).collect()
}
