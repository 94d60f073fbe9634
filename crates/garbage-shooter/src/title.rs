//! The title screen: the Earth, what flies around it, and the two words.

use std::rc::Rc;

use ratatui::style::{Color, Style};
use space_game::engine::{Art, Place, Scene, Size, Stage, Ticks};
use space_game::game::palette;
use space_game::game::sky::{Motion, sky};

use crate::calendar::BEAT;
use crate::layers;
use crate::lettering::large;
use crate::words::{ember, stack};

/// Pieces of garbage in orbit.
const ORBITERS: u32 = 26;

/// The title screen on a stage of its own.
#[must_use]
pub fn title(size: Size, seed: u64, best: u32) -> Stage {
    let mut stage = Stage::new(size, seed);
    stage.spawn(|scene| sky(scene, None, Motion::Still));
    stage.spawn(earth);
    for _ in 0..ORBITERS {
        stage.spawn(orbiter);
    }
    stage.spawn(move |scene| names(scene, best));
    stage.spawn(invitation);
    stage
}

/// The globe of a screen: seen from near, so that only its upper part shows.
#[derive(Clone, Copy, Debug)]
struct Globe {
    /// In columns from the left.
    x: i32,
    /// In columns from the top: a row is two.
    y: i32,
    radius: i32,
}

impl Globe {
    fn of(screen: Size) -> Self {
        let radius = screen.columns() * 5 / 8;
        Self {
            x: screen.columns() / 2,
            y: screen.rows() * 2 * 7 / 10 + radius,
            radius,
        }
    }

    /// What is seen at a point: sea, land, cloud, the thin air around, or nothing.
    fn color(self, x: i32, y: i32) -> Option<Color> {
        let (dx, dy) = ((x - self.x) as f32, (y - self.y) as f32);
        let distance = libm::sqrtf(dx * dx + dy * dy) / self.radius as f32;
        if distance > 1.0 {
            // The air: a thin blue line, twice as thick as it is.
            let air = 1.0 - (distance - 1.0) * self.radius as f32 / 2.0;
            return (air > 0.0).then(|| shade([40.0, 110.0, 200.0], 0.25 + 0.5 * air));
        }
        let (u, v) = (dx / self.radius as f32, dy / self.radius as f32);
        let height = libm::sqrtf((1.0 - distance * distance).max(0.0));
        // Lit from the upper left; never quite dark.
        let light = (0.15 + 0.85 * (-0.45 * u - 0.62 * v + 0.64 * height)).clamp(0.10, 1.0);
        let waves = |a: f32, b: f32, c: f32| libm::sinf(u * a + c) * libm::cosf(v * b - c);
        let land =
            waves(7.0, 9.0, 0.8) + 0.6 * waves(17.0, 13.0, 2.1) + 0.35 * waves(41.0, 37.0, 4.0);
        let cloud = waves(11.0, 31.0, 5.2) + 0.7 * waves(29.0, 47.0, 1.3);
        Some(if cloud > 0.95 {
            shade([225.0, 235.0, 245.0], light)
        } else if land > 0.55 {
            shade([90.0, 130.0, 70.0], light)
        } else if land > 0.45 {
            shade([170.0, 150.0, 100.0], light)
        } else {
            shade([25.0, 80.0, 160.0], light)
        })
    }
}

fn shade(color: [f32; 3], light: f32) -> Color {
    let [r, g, b] = color.map(|part| (part * light) as u8);
    Color::Rgb(r, g, b)
}

/// The globe at the foot of the screen, two points to a cell.
async fn earth(scene: Scene) {
    loop {
        let screen = scene.size();
        let globe = Globe::of(screen);
        let top = screen.rows() * 7 / 10 - 2;
        let rows = screen.rows() - top;
        let text = ("▀".repeat(usize::from(screen.width)) + "\n").repeat(rows as usize);
        let night = Style::new();
        let art = Art::new(&text).recoloured(|place, _| {
            let upper = globe.color(place.x, (top + place.y) * 2);
            let lower = globe.color(place.x, (top + place.y) * 2 + 1);
            match (upper, lower) {
                (Some(upper), Some(lower)) => ('▀', night.fg(upper).bg(lower)),
                (Some(upper), None) => ('▀', night.fg(upper)),
                (None, Some(lower)) => ('▄', night.fg(lower)),
                (None, None) => (' ', night),
            }
        });
        let sprite = scene.sprite(layers::EARTH, &art);
        sprite.move_to(Place { x: 0, y: top });
        while scene.size() == screen {
            scene.sleep(BEAT).await;
        }
    }
}

/// A piece of garbage in orbit: along an arc above the globe, at a height and pace of its own.
async fn orbiter(scene: Scene) {
    let looks: Rc<[Art]> = [
        ("▪", Color::Rgb(175, 175, 175)),
        ("·", Color::Rgb(215, 175, 95)),
        ("¤", Color::Rgb(215, 95, 95)),
        ("◇", Color::Rgb(95, 135, 215)),
        ("▫", Color::Rgb(135, 135, 135)),
    ]
    .map(|(symbol, color)| Art::new(symbol).styled(Style::new().fg(color)))
    .into();
    let sprite = scene.sprite(layers::GARBAGE, &looks[scene.below(5) as usize]);
    let height = 2 + scene.below(9) as i32;
    let pace = Ticks(6 + 6 * scene.below(4));
    let mut x = scene.below(400) as i32;
    loop {
        let screen = scene.size();
        let globe = Globe::of(screen);
        let across = x.rem_euclid(screen.columns().max(1));
        let (dx, radius) = ((across - globe.x) as f32, (globe.radius + height) as f32);
        let y = globe.y as f32 - libm::sqrtf((radius * radius - dx * dx).max(0.0));
        sprite.move_to(Place {
            x: across,
            y: y as i32 / 2,
        });
        scene.sleep(pace).await;
        x += 1;
    }
}

/// The name of the game, and the best score.
async fn names(scene: Scene, best: u32) {
    let ice = [
        Color::Rgb(255, 255, 255),
        Color::Rgb(215, 255, 255),
        Color::Rgb(135, 215, 255),
        Color::Rgb(95, 175, 215),
        Color::Rgb(95, 135, 175),
    ]
    .map(|color| Style::new().fg(color));
    let letters = [large("GARBAGE", ember()), large("SHOOTER", ice)];
    // Solid, and with room at both ends: nothing shows through the words or touches them.
    let line = |text: &str, style: Style| {
        let art = Art::new(&format!(" {text} ")).styled(style);
        art.solid(palette::NIGHT)
    };
    let small = line("GARBAGE SHOOTER", palette::GOLD);
    let story = line(
        "What went up comes down. Be somewhere else.",
        palette::PLAIN,
    );
    let score = line(&format!("best {best}"), palette::GOLD);
    loop {
        let size = scene.size();
        let large = size.columns() > 51 && size.rows() >= 20;
        let mut lines: Vec<&Art> = if large {
            letters.iter().collect()
        } else {
            vec![&small]
        };
        if size.columns() > story.size().columns() {
            lines.push(&story);
        }
        if best > 0 {
            lines.push(&score);
        }
        let sprites = stack(&scene, &lines);
        // Above the globe, not in the middle of the screen.
        let rise = (size.rows() * 2 / 9).min(sprites[0].place().y - 1).max(0);
        for sprite in &sprites {
            sprite.move_to(sprite.place().plus(0, -rise));
        }
        while scene.size() == size {
            scene.sleep(BEAT).await;
        }
        drop(sprites);
    }
}

/// What to press, on the globe where it is dark: it comes and goes.
async fn invitation(scene: Scene) {
    let words = Art::new(" SPACE or ENTER to fly ").styled(palette::BRIGHT);
    let short = Art::new(" SPACE: fly ").styled(palette::BRIGHT);
    // The longest that fits.
    let keys = [
        " arrows fly · space fires from 2020 · p pauses · r again · q quits ",
        " arrows fly · p pauses · r again · q quits ",
    ];
    let keys = keys.map(|keys| Art::new(keys).styled(palette::PLAIN).solid(palette::NIGHT));
    let [words, short] = [words, short].map(|art| art.solid(palette::NIGHT));
    let nothing = Art::new("");
    let sprites = [
        scene.sprite(layers::WORDS, &nothing),
        scene.sprite(layers::WORDS, &nothing),
    ];
    let mut lit = true;
    loop {
        let size = scene.size();
        let fits = |art: &Art| art.size().columns() + 2 < size.columns();
        let call = if fits(&words) { &words } else { &short };
        let place = |art: &Art, up| Place {
            x: (size.columns() - art.size().columns()) / 2,
            y: size.rows() - up,
        };
        sprites[0].set_art(if lit { call } else { &nothing });
        sprites[0].move_to(place(call, 4));
        let keys = keys.iter().find(|keys| fits(keys)).unwrap_or(&nothing);
        sprites[1].set_art(keys);
        sprites[1].move_to(place(keys, 2));
        lit = !lit;
        scene.sleep(if lit { 4 * BEAT } else { 8 * BEAT }).await;
    }
}
