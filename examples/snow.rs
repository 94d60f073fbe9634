//! Ten thousand coroutines of snow on the engine of `space-game`.
//!
//! ```text
//! cargo run --release --example snow           snow until you press q
//! cargo run --release --example snow | cat     ten seconds of it at once, as text
//! ```
//!
//! Each flake is one coroutine: it waits in the cloud, falls, lies, melts, and begins
//! again. Left and right are wind. `-- --flakes 1000000` is no trouble either: who
//! sleeps in the cloud costs nothing until its tick has come. With `-- --stats` it says
//! on leaving how late the pictures were. Look at: `flake`, a plain loop.

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;
use std::rc::Rc;

use clap::Parser;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use space_game::engine::{Art, Input, Keys, Layer, Place, Scene, Size, Stage, Ticks};
use space_game::shell::{self, Game, Options, Setup, picture};

/// Ten thousand coroutines of snow.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many flakes, a coroutine each
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    flakes: u32,
    #[command(flatten)]
    options: Options,
}

/// How long a flake takes for a row, if it is near.
const ROW: Ticks = Ticks(8);

/// One flake of `flakes`, for ever.
async fn flake(scene: Scene, looks: Rc<[Art; 3]>, flakes: u32) {
    loop {
        // So long that on 80x24 a hundred or two are in sight, however many there are.
        let width = u32::from(scene.size().width).max(1);
        scene.sleep(scene.below(40 * flakes / width) * ROW).await;

        let distance = scene.below(3);
        let sprite = scene.sprite(Layer(2 - distance as u8), &looks[distance as usize]);
        let mut place = Place::default().plus(scene.below(width) as i32, 0);
        while place.y < scene.size().rows() {
            sprite.move_to(place);
            scene.sleep((distance + 1) * ROW).await;
            let (wind, _) = scene.keys().direction();
            place = place.plus(scene.below(3) as i32 - 1 + wind, 1);
        }
        sprite.move_to(place.plus(0, -1));
        scene.sleep(scene.below(40) * ROW).await;
    } // Here the sprite is dropped: the flake has melted.
}

struct Snow {
    stage: Stage,
    seed: u64,
}

impl Snow {
    fn new(setup: Setup, flakes: u32) -> Self {
        let mut stage = Stage::new(setup.size, setup.seed);
        let looks = [("*", Color::White), ("+", Color::Gray), (".", Color::Blue)];
        let looks = Rc::new(looks.map(|(art, color)| Art::new(art).styled(color)));
        for _ in 0..flakes {
            let looks = Rc::clone(&looks);
            stage.spawn(move |scene| flake(scene, looks, flakes));
        }
        Self {
            stage,
            seed: setup.seed,
        }
    }
}

impl Game for Snow {
    const NAME: &'static str = "snow";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn step(&mut self, input: Input) {
        self.stage.step(input);
    }
    fn size(&self) -> Size {
        self.stage.scene().size()
    }
    fn paint(&self, buffer: &mut Buffer, area: Rect) {
        self.stage.paint(buffer, area);
    }
    fn take_changed(&mut self) -> bool {
        self.stage.take_changed()
    }
    fn verdict(&self) -> String {
        let seen = self.stage.sprites();
        format!("{} coroutines, {seen} seen", self.stage.coroutines())
    }
    fn seed(&self) -> u64 {
        self.seed
    }
}

fn main() -> ExitCode {
    let Arguments { flakes, options } = Arguments::parse();
    if io::stdout().is_terminal() || options.replay.is_some() {
        let new = |setup| Snow::new(setup, flakes);
        return common::exit::code("snow", shell::play(&options, 0, new, |_| Ok(())));
    }
    let (size, seed) = (Size::new(80, 24), options.seed.unwrap_or(1));
    let best = 0;
    let mut snow = Snow::new(Setup { size, seed, best }, flakes);
    (0..10 * shell::TICKS_PER_SECOND).for_each(|_| snow.step(Keys::NONE.into()));
    println!("{}{}", picture(&snow), snow.verdict());
    ExitCode::SUCCESS
}
