//! The game: a title screen, a game that is played, and one that plays itself.
//!
//! Each is a stage of its own, so beginning again is dropping one and making another.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use space_game::engine::{Input, Keys, Size, Stage};
use space_game::game::border::border;
use space_game::game::sky::{Motion, sky};
use space_game::recording::Recording;
use space_game::shell::{Game, Setup, TICKS_PER_SECOND};

use crate::calendar::calendar;
use crate::garbage::rain;
use crate::ship::ship;
use crate::title::title;
use crate::words::{demo, status};
use crate::world::World;

/// How long the title waits for a player before it shows a game.
const PATIENCE: u64 = 12 * TICKS_PER_SECOND as u64;

/// How long a lost game is looked at before the gun's key begins the next: whoever was
/// shooting when the ship was lost has let it go by then, and seen the score.
const MOURNING: u64 = 2 * TICKS_PER_SECOND as u64;

/// Recorded games for attract mode, the smaller screen first. `examples/pilot.rs` plays them.
const DEMOS: [&str; 2] = [
    include_str!("../assets/demo-80x24.txt"),
    include_str!("../assets/demo-120x40.txt"),
];

/// One game being played, from 1957 on.
#[derive(Debug)]
pub struct Play {
    stage: Stage,
    world: World,
}

impl Play {
    /// A ship under an empty sky.
    #[must_use]
    pub fn new(setup: Setup, boxes: bool) -> Self {
        let mut stage = Stage::new(setup.size, setup.seed);
        let world = World::new(setup.best, boxes);
        stage.spawn(|scene| sky(scene, None, Motion::Passing));
        stage.spawn(border);
        let spawn = |world: &World| world.clone();
        let (a, b, c, d) = (spawn(&world), spawn(&world), spawn(&world), spawn(&world));
        stage.spawn(move |scene| calendar(scene, a));
        stage.spawn(move |scene| status(scene, b));
        stage.spawn(move |scene| ship(scene, c));
        stage.spawn(move |scene| rain(scene, d));
        Self { stage, world }
    }

    /// What is known of it.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Whether the score has been on the screen for a while.
    fn is_mourned(&self) -> bool {
        let lost = self.world.lost_at();
        lost.is_some_and(|tick| self.stage.scene().now() >= tick + MOURNING)
    }
}

/// A recorded game, played to whoever looks on.
struct Demo {
    play: Play,
    inputs: Box<dyn Iterator<Item = Input>>,
}

enum Mode {
    Title(Stage),
    Demo(Demo),
    Play(Play),
}

/// All of it, as the shell plays it.
pub struct GarbageShooter {
    mode: Mode,
    size: Size,
    /// Of the game being played, or of the first, until it begins.
    seed: u64,
    /// For the next game. The first has the seed it was told, whenever it begins.
    next_seed: u64,
    best: u32,
    boxes: bool,
    /// The keys of the tick before: only a key newly pressed starts anything.
    held: Keys,
    /// Whether the mode changed, and the picture with it.
    changed: bool,
}

impl std::fmt::Debug for GarbageShooter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GarbageShooter")
            .field("mode", &self.mode_name())
            .finish_non_exhaustive()
    }
}

impl GarbageShooter {
    /// The title screen. `boxes` draws boxes around what can collide.
    #[must_use]
    pub fn new(setup: Setup, boxes: bool) -> Self {
        Self {
            mode: Mode::Title(title(setup.size, setup.seed, setup.best)),
            size: setup.size,
            seed: setup.seed,
            next_seed: setup.seed,
            best: setup.best,
            boxes,
            held: Keys::NONE,
            changed: true,
        }
    }

    /// The game being played, if one is.
    #[must_use]
    pub fn play(&self) -> Option<&Play> {
        match &self.mode {
            Mode::Play(play) => Some(play),
            Mode::Title(_) | Mode::Demo(_) => None,
        }
    }

    /// Whether a recorded game plays.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        matches!(self.mode, Mode::Demo(_))
    }

    fn mode_name(&self) -> &'static str {
        match self.mode {
            Mode::Title(_) => "title",
            Mode::Demo(_) => "demo",
            Mode::Play(_) => "play",
        }
    }

    fn enter(&mut self, mode: Mode) {
        self.mode = mode;
        self.changed = true;
    }

    fn begin(&mut self) {
        self.seed = self.next_seed;
        self.next_seed = self.seed.wrapping_add(1);
        let setup = Setup {
            size: self.size,
            seed: self.seed,
            best: self.best,
        };
        self.enter(Mode::Play(Play::new(setup, self.boxes)));
    }

    fn show_title(&mut self) {
        self.enter(Mode::Title(title(self.size, self.next_seed, self.best)));
    }

    fn show_demo(&mut self) {
        let fits = |recording: &Recording| {
            let size = recording.header.size;
            size.width <= self.size.width && size.height <= self.size.height
        };
        let recordings = DEMOS.map(|text| Recording::parse(text).expect("a test plays them all"));
        let Some(recording) = recordings.into_iter().rev().find(fits) else {
            // A screen too small for any of them looks at the title for longer.
            return self.show_title();
        };
        let header = &recording.header;
        let mut play = Play::new(
            Setup {
                size: header.size,
                seed: header.seed,
                best: self.best,
            },
            self.boxes,
        );
        play.stage.spawn(demo);
        // Its first tick is the one that starts the game, as here.
        let inputs = Box::new(recording.inputs());
        self.enter(Mode::Demo(Demo { play, inputs }));
    }
}

impl Game for GarbageShooter {
    const NAME: &'static str = "garbage-shooter";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn step(&mut self, input: Input) {
        let pressed = input.keys.without(self.held);
        self.held = input.keys;
        self.size = input.resize.unwrap_or(self.size);
        let starts = pressed.contains(Keys::FIRE) || pressed.contains(Keys::START);
        match &mut self.mode {
            Mode::Title(_) | Mode::Demo(_) if starts => self.begin(),
            Mode::Title(stage) if stage.scene().now() >= PATIENCE => self.show_demo(),
            Mode::Demo(_) if !pressed.is_empty() => self.show_title(),
            Mode::Play(_) if pressed.contains(Keys::RESTART) => self.begin(),
            Mode::Play(play) if starts && play.is_mourned() => self.begin(),
            Mode::Title(_) | Mode::Demo(_) | Mode::Play(_) => {}
        }
        match &mut self.mode {
            Mode::Title(stage) => stage.step(input),
            Mode::Play(play) => {
                play.stage.step(input);
                self.best = play.world.best();
            }
            Mode::Demo(demo) => match demo.inputs.next() {
                Some(recorded) => demo.play.stage.step(recorded),
                None => self.show_title(),
            },
        }
    }

    fn size(&self) -> Size {
        self.size
    }

    fn paint(&self, buffer: &mut Buffer, area: Rect) {
        match &self.mode {
            Mode::Title(stage) => stage.paint(buffer, area),
            Mode::Play(play) => play.stage.paint(buffer, area),
            Mode::Demo(demo) => {
                let size = demo.play.stage.scene().size();
                demo.play.stage.paint(buffer, size.centred_in(area));
            }
        }
    }

    fn take_changed(&mut self) -> bool {
        let stage = match &self.mode {
            Mode::Title(stage) => stage,
            Mode::Demo(demo) => &demo.play.stage,
            Mode::Play(play) => &play.stage,
        };
        stage.take_changed() | std::mem::take(&mut self.changed)
    }

    fn take_bell(&mut self) -> bool {
        match &self.mode {
            Mode::Play(play) => play.stage.take_bell(),
            // Nobody plays: nobody is to be startled.
            Mode::Title(_) | Mode::Demo(_) => false,
        }
    }

    fn verdict(&self) -> String {
        let Some(play) = self.play() else {
            return "score 0".to_owned();
        };
        let world = &play.world;
        let year = world.lost().unwrap_or(world.year());
        format!("{year}, score {}", world.score())
    }

    fn seed(&self) -> u64 {
        self.seed
    }

    fn best(&self) -> u32 {
        self.best
    }

    fn is_over(&self) -> bool {
        self.play().is_some_and(|play| play.world.is_over())
    }
}
