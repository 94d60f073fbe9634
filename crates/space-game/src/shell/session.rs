//! One session in a terminal: the loop that waits, steps and paints.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use common::shutdown::Shutdown;
use crossterm::event::Event;
use ratatui::Terminal;
use signal_hook::consts::SIGTSTP;

use super::inbox::{self, Inbox, is_hung_up};
use super::keyboard::{Command, Keyboard};
use super::modes::Modes;
use super::overlay::{is_too_small, notice, too_small};
use super::pace::{Pace, draws};
use super::screen::{self, Screen};
use super::source::Tape;
use super::stats::Stats;
use super::{Depth, Game, Options, Setup};
use crate::engine::{Input, Size};
use crate::recording::{Header, Recording};

/// How often a session at rest looks for signals and a new size.
const AT_REST: Duration = Duration::from_millis(100);

/// Ticks between two looks, in a running game, at the terminal's size and whether it is there.
const LOOK_EVERY: u64 = 4;

/// What happened to a program that was hung up on.
const HUNG_UP: u8 = 129;

/// Plays in the terminal on stdin and stdout until somebody quits.
pub(super) fn run<G: Game>(
    options: &Options,
    recording: Option<Recording>,
    best: u32,
    new: impl FnOnce(Setup) -> G,
    save: impl FnMut(u32) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    let shutdown = Shutdown::on_signals().context("cannot catch signals")?;
    let suspend = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGTSTP, suspend.clone()).context("cannot catch signals")?;

    let screen = size()?;
    let setup = recording.as_ref().map_or_else(
        || Setup {
            size: screen,
            seed: options.seed(),
            best,
        },
        |recording| Setup {
            size: recording.header.size,
            seed: recording.header.seed,
            best: recording.header.best,
        },
    );
    let path = options.record.as_deref().filter(|_| recording.is_none());
    let tape = path.map(|path| {
        let header = Header {
            game: G::NAME.to_owned(),
            version: G::VERSION.to_owned(),
            seed: setup.seed,
            size: setup.size,
            best,
        };
        Tape::create(path, &header)
    });
    let tape = tape.transpose()?;
    let depth = options.color.unwrap_or_else(Depth::from_environment);

    let modes = Modes::take().context("cannot take the terminal over")?;
    let mut terminal = Terminal::new(Screen::new(depth, options.ascii)?)?;
    terminal.clear()?;
    let mut session = Session {
        options,
        game: new(setup),
        live: recording.is_none(),
        replay: recording.map(|recording| Box::new(recording.inputs()) as _),
        tape,
        save,
        saved: best,
        terminal,
        modes,
        inbox: Inbox::open()?,
        keyboard: Keyboard::default(),
        pace: Pace::new(Instant::now()),
        screen,
        resize: None,
        state: State::Running,
        dirty: true,
        tick: 0,
        stats: Stats::default(),
    };
    let end = session.play(&shutdown, &suspend);
    session.close(setup.seed, end, &shutdown)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    Paused,
    /// The recording is over; its last picture stays.
    Over,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Quit,
    Asked,
    HungUp,
}

struct Session<'a, G, S> {
    options: &'a Options,
    game: G,
    live: bool,
    replay: Option<Box<dyn Iterator<Item = Input>>>,
    tape: Option<Tape>,
    save: S,
    saved: u32,
    terminal: Terminal<Screen>,
    modes: Modes,
    inbox: Inbox,
    keyboard: Keyboard,
    pace: Pace,
    screen: Size,
    /// A new size that the game has not heard of yet.
    resize: Option<Size>,
    state: State,
    /// Whether the terminal shows another picture than it should.
    dirty: bool,
    tick: u64,
    stats: Stats,
}

impl<G: Game, S: FnMut(u32) -> anyhow::Result<()>> Session<'_, G, S> {
    fn play(&mut self, shutdown: &Shutdown, suspend: &AtomicBool) -> anyhow::Result<End> {
        // The first picture does not wait for the first deadline.
        if self.runs() {
            self.advance(1)?;
        }
        self.draw()?;
        loop {
            let rest = !self.runs();
            let deadline = if rest {
                Instant::now() + AT_REST
            } else {
                self.pace.deadline()
            };
            if let Some(command) = self.listen(deadline) {
                match command {
                    Command::Quit => return Ok(End::Quit),
                    Command::Pause => self.pause(self.state != State::Paused),
                    Command::Suspend => self.suspend(true)?,
                }
            }
            if shutdown.is_requested() {
                return Ok(End::Asked);
            }
            if suspend.swap(false, Ordering::Relaxed) {
                self.suspend(false)?;
            }
            if rest || self.tick.is_multiple_of(LOOK_EVERY) {
                if is_hung_up() {
                    return Ok(End::HungUp);
                }
                self.measure()?;
            }
            if !self.runs() {
                // At rest a picture is due when something was said, not by the clock.
                self.draw()?;
                self.pace = Pace::new(Instant::now());
                continue;
            }
            let due = if rest {
                0
            } else {
                self.pace.due(Instant::now())
            };
            if due > 0 {
                self.advance(due)?;
                self.stats
                    .late(Instant::now().saturating_duration_since(deadline));
            }
        }
    }

    fn runs(&self) -> bool {
        self.state == State::Running && !is_too_small(self.screen)
    }

    /// Takes in what comes until `deadline`, or until something means more than a key.
    fn listen(&mut self, deadline: Instant) -> Option<Command> {
        if self.runs() {
            // Keys count from the tick on, so they wait for it: being woken for each costs
            // more than taking it.
            thread::sleep(deadline.saturating_duration_since(Instant::now()));
        }
        // No more than can wait: keys that come faster than they are taken must not stop the clock.
        for _ in 0..inbox::BOUND {
            match self.inbox.next(deadline)? {
                Event::Key(key) => {
                    if let Some(command) = self.keyboard.take(&key, Instant::now()) {
                        return Some(command);
                    }
                }
                Event::FocusLost => {
                    self.keyboard.let_go();
                    if self.state == State::Running {
                        self.pause(true);
                    }
                    return None;
                }
                Event::Resize(..) => return None,
                _ => {}
            }
        }
        None
    }

    fn advance(&mut self, ticks: u64) -> anyhow::Result<()> {
        let mut draw = false;
        for _ in 0..ticks {
            let input = match &mut self.replay {
                Some(inputs) => inputs.next(),
                None => Some(Input {
                    keys: self.keyboard.keys(Instant::now()),
                    resize: self.resize.take(),
                }),
            };
            let Some(input) = input else {
                self.state = State::Over;
                self.dirty = true;
                draw = true;
                break;
            };
            if let Some(tape) = &mut self.tape {
                tape.note(input)?;
            }
            assert_ne!(
                self.options.panic_at,
                Some(self.tick),
                "the drill of --panic-at"
            );
            self.game.step(input);
            self.dirty |= self.game.take_changed();
            if self.game.take_bell() && !self.options.mute {
                self.terminal.backend_mut().ring();
                self.dirty = true;
            }
            if self.live && self.game.best() > self.saved {
                self.saved = self.game.best();
                (self.save)(self.saved)?;
            }
            draw |= draws(self.tick, self.options.fps);
            self.tick += 1;
        }
        if draw { self.draw() } else { Ok(()) }
    }

    /// Sends a picture if there is a new one: one write.
    fn draw(&mut self) -> anyhow::Result<()> {
        if !std::mem::take(&mut self.dirty) {
            return Ok(());
        }
        let (game, state) = (&self.game, self.state);
        let drawn = self.terminal.draw(|frame| {
            let screen = frame.area();
            let buffer = frame.buffer_mut();
            if is_too_small(Size::new(screen.width, screen.height)) {
                too_small(buffer);
                return;
            }
            game.paint(buffer, game.size().centred_in(screen));
            match state {
                State::Running => {}
                State::Paused => notice("paused: p goes on, q quits", buffer),
                State::Over => notice("the recording ends here: q quits", buffer),
            }
        });
        drawn.map(|_| ()).context("cannot write to the terminal")
    }

    fn pause(&mut self, pause: bool) {
        if self.state != State::Over {
            self.state = if pause { State::Paused } else { State::Running };
            self.keyboard.let_go();
            self.dirty = true;
        }
    }

    fn suspend(&mut self, whole_group: bool) -> anyhow::Result<()> {
        self.modes
            .suspend(whole_group)
            .context("cannot suspend and come back")?;
        self.keyboard.let_go();
        self.terminal.clear()?;
        self.pace = Pace::new(Instant::now());
        self.dirty = true;
        Ok(())
    }

    /// Sees whether the screen has another size.
    fn measure(&mut self) -> anyhow::Result<()> {
        let now = size()?;
        if now != self.screen {
            self.screen = now;
            self.dirty = true;
            if !is_too_small(now) {
                self.resize = Some(now);
            }
        }
        Ok(())
    }

    /// Gives the terminal back and says how it went.
    fn close(
        mut self,
        seed: u64,
        end: anyhow::Result<End>,
        shutdown: &Shutdown,
    ) -> anyhow::Result<ExitCode> {
        self.stats.written = self.terminal.backend().written;
        drop(self.modes);
        if let Some(tape) = self.tape {
            tape.end()?;
        }
        let end = match end {
            // A terminal that goes away while it is written to has hung up, too.
            Err(_) if is_hung_up() => End::HungUp,
            end => end?,
        };
        if self.options.stats {
            // Not `eprintln`: that panics where the terminal is gone.
            let _ = writeln!(io::stderr(), "{}", self.stats);
        }
        Ok(match end {
            End::HungUp => ExitCode::from(HUNG_UP),
            End::Asked => shutdown.exit_code(),
            End::Quit => {
                let verdict = self.game.verdict();
                let _ = writeln!(io::stdout(), "{}: {verdict}, seed {seed}", G::NAME);
                ExitCode::SUCCESS
            }
        })
    }
}

fn size() -> anyhow::Result<Size> {
    let size: io::Result<_> = screen::size();
    let size = size.context("cannot learn the size of the terminal")?;
    Ok(Size::new(size.width, size.height))
}
