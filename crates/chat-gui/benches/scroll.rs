//! How long one picture takes while 100,000 messages are scrolled: state, view,
//! layout, and every pixel that changed, by the software rasteriser.
//!
//! `cargo bench -p chat-gui`. It does what the window does for each picture, without
//! a display: only what differs from the picture before is painted. What is left out
//! is handing the pixels to the display. Time on the processor stands beside time on
//! the wall, which other programs share.

use std::time::{Duration, Instant};

use chat_gui::settings::{Settings, Shade};
use chat_gui::state::{Control, Local, Message, State};
use chat_gui::view;
use chat_gui::words::Words;
use iced::advanced::clipboard;
use iced::advanced::graphics::{Viewport, damage};
use iced::advanced::renderer::Style;
use iced::theme::Base as _;
use iced::{Color, Event, Pixels, Rectangle, Renderer, Size, mouse, window};
use iced_test::runtime::UserInterface;
use iced_test::runtime::user_interface::Cache;
use iced_tiny_skia::Layer;
use jiff::ToSpan as _;
use tiny_skia::{Mask, PixmapMut};
use underground_chat::flags::Address;
use underground_chat::history::Entry;

const MESSAGES: usize = 100_000;
const PICTURES: usize = 600;
const WIDTH: u32 = 760;
const HEIGHT: u32 = 640;

fn main() {
    let mut screen = Screen::new();
    println!("{PICTURES} pictures of {WIDTH}x{HEIGHT} each, in ms:");
    println!(
        "{:32} {:>20}   {:>20}",
        "", "by the clock", "on the processor"
    );
    let columns = format!("{:>6} {:>6} {:>6}", "p50", "p99", "max");
    println!("{:32} {columns}   {columns}", "");
    screen.measure("a notch of the wheel up", |_| Message::Scrolled(-60));
    screen.measure("a page up", |_| Message::Scrolled(-430));
    screen.measure("anywhere by the bar", |number| {
        Message::Dragged((number * 7919 % PICTURES) as f32 / PICTURES as f32)
    });
    let mut width = 0;
    screen.measure("another width", |number| {
        width = 600 + (number % 160) as u32;
        Message::Resized(width as f32, 500.0)
    });
    screen.measure("a message is heard", |number| {
        let line = format!("Nick {}: message {number} of a busy chat", number % 17);
        Message::Events(0, vec![underground_chat::client::Event::Message(line)])
    });
    screen.measure("a letter is looked for", |number| {
        if number == 0 {
            return Message::Press(Control::Search);
        }
        let text = ["s", "st", "sta", "stai", "stair"][number % 5];
        Message::Typed(Control::SearchField, text.to_owned())
    });
    screen.measure("larger and smaller letters", |number| {
        let by = if number % 2 == 0 { 1 } else { -1 };
        Message::Key(chat_gui::state::Key::Letters { by })
    });
}

/// A window without a display.
struct Screen {
    state: State,
    renderer: Renderer,
    cache: Option<Cache>,
    pixels: Vec<u8>,
    mask: Mask,
    /// What the picture before was made of.
    before: Vec<Layer>,
}

impl Screen {
    fn new() -> Self {
        let begun = Instant::now();
        let start = jiff::civil::date(2026, 11, 1).at(9, 0, 0, 0);
        let settings = Settings {
            address: Address {
                host: "127.0.0.1".to_owned(),
                read_port: 5000,
                write_port: 5050,
            },
            history: "none".into(),
            shade: Shade::Light,
            letters: 15,
            words: Words::En,
        };
        let login = underground_chat::protocol::Login::register("nobody");
        let mut state = State::new(settings, login, Local::None, begun);
        let past = past();
        let taken = Instant::now();
        state.update(Message::Past(past, None), begun, start);
        println!(
            "{MESSAGES} messages taken in within {:.0?}",
            taken.elapsed()
        );
        let mut screen = Self {
            state,
            renderer: Renderer::new(chat_gui::FONT, Pixels(15.0)),
            cache: None,
            pixels: vec![0; (WIDTH * HEIGHT * 4) as usize],
            mask: Mask::new(WIDTH, HEIGHT).expect("the window has a size"),
            before: Vec::new(),
        };
        for _ in 0..2 {
            screen.picture();
        }
        screen
    }

    fn measure(&mut self, name: &str, mut act: impl FnMut(usize) -> Message) {
        let (mut wall, mut processor) = (Vec::new(), Vec::new());
        for number in 0..PICTURES {
            let (began, used) = (Instant::now(), processor_time());
            let clock = jiff::civil::date(2026, 11, 21).at(9, 0, 0, 0);
            self.state.update(act(number), began, clock);
            self.picture();
            wall.push(began.elapsed());
            processor.push(processor_time() - used);
        }
        println!("{name:32} {}   {}", spread(wall), spread(processor));
    }

    /// Lays the window out, draws it, and paints what is not as it was.
    fn picture(&mut self) {
        let size = Size::new(WIDTH as f32, HEIGHT as f32);
        let cursor = mouse::Cursor::Unavailable;
        let redraw = [Event::Window(
            window::Event::RedrawRequested(Instant::now()),
        )];
        let renderer = &mut self.renderer;
        loop {
            let cache = self.cache.take().unwrap_or_default();
            let mut messages = Vec::new();
            let mut interface =
                UserInterface::build(view::view(&self.state), size, cache, renderer);
            let _ = interface.update(
                &redraw,
                cursor,
                renderer,
                &mut clipboard::Null,
                &mut messages,
            );
            if messages.is_empty() {
                let style = Style {
                    text_color: Color::BLACK,
                };
                interface.draw(renderer, &view::theme(&self.state), &style, cursor);
                self.cache = Some(interface.into_cache());
                break;
            }
            self.cache = Some(interface.into_cache());
            for message in messages {
                let clock = jiff::civil::date(2026, 11, 21).at(9, 0, 0, 0);
                self.state.update(message, Instant::now(), clock);
            }
        }
        let whole = Rectangle::with_size(size);
        let changed = if self.before.is_empty() {
            vec![whole]
        } else {
            let bounds = |layer: &Layer| vec![layer.bounds];
            damage::diff(&self.before, renderer.layers(), bounds, Layer::damage)
        };
        if changed.is_empty() {
            return;
        }
        self.before = renderer.layers().to_vec();
        let mut pixels = PixmapMut::from_bytes(&mut self.pixels, WIDTH, HEIGHT)
            .expect("there are four bytes for each pixel");
        let viewport = Viewport::with_physical_size(Size::new(WIDTH, HEIGHT), 1.0);
        let changed = damage::group(changed, whole);
        let ground = view::theme(&self.state).base().background_color;
        renderer.draw(&mut pixels, &mut self.mask, &viewport, &changed, ground);
    }
}

/// What was said before: short and long, in two scripts, with links, day after day.
fn past() -> Vec<Entry> {
    let start = jiff::civil::date(2026, 11, 1).at(9, 0, 0, 0);
    let words = [
        "tunnel",
        "lamp",
        "map",
        "станция",
        "сегодня",
        "stairs",
        "https://example.org/map",
    ];
    let entry = |number: usize| {
        let text: Vec<&str> = (0..3 + number * 7 % 40)
            .map(|word| words[(number * 3 + word * 5) % words.len()])
            .collect();
        Entry {
            at: Some(start + i64::try_from(number / 4).unwrap_or(0).minutes()),
            text: format!("Nick {}: {}", number * 13 % 17, text.join(" ")),
        }
    };
    (0..MESSAGES).map(entry).collect()
}

fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    format!("{:6.1} {:6.1} {:6.1}", at(0.5), at(0.99), at(1.0))
}
