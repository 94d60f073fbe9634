//! How long one picture takes while 100,000 messages are scrolled: state, view,
//! layout and every pixel by the software rasteriser, without a display.
//!
//! `cargo bench -p chat-gui`. The window repaints only what has changed; this
//! repaints everything each time, so it says the worst.

use std::hint::black_box;
use std::time::{Duration, Instant};

use chat_gui::settings::{Settings, Shade};
use chat_gui::state::{Local, Message, State};
use chat_gui::view;
use chat_gui::words::Words;
use iced::advanced::clipboard;
use iced::advanced::renderer::{Headless, Style};
use iced::{Color, Event, Pixels, Renderer, Size, mouse, window};
use iced_test::runtime::UserInterface;
use iced_test::runtime::user_interface::Cache;
use jiff::ToSpan as _;
use underground_chat::flags::Address;
use underground_chat::history::Entry;

const MESSAGES: usize = 100_000;
const PICTURES: usize = 600;
const SIZE: Size<f32> = Size::new(760.0, 640.0);

fn main() {
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
    let past = (0..MESSAGES).map(|number| {
        let text: Vec<&str> = (0..3 + number * 7 % 40)
            .map(|word| words[(number * 3 + word * 5) % words.len()])
            .collect();
        Entry {
            at: Some(start + i64::try_from(number / 4).unwrap_or(0).minutes()),
            text: format!("Nick {}: {}", number * 13 % 17, text.join(" ")),
        }
    });
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
    let mut state = State::new(settings, login, Local::None, Instant::now());
    let past: Vec<Entry> = past.collect();
    let begun = Instant::now();
    state.update(Message::Past(Ok(past)), begun, start);
    println!(
        "{MESSAGES} messages taken in within {:.0?}",
        begun.elapsed()
    );
    let renderer = <Renderer as Headless>::new(chat_gui::FONT, Pixels(15.0), None);
    let Some(mut renderer) = iced_test::futures::futures::executor::block_on(renderer) else {
        eprintln!("there is no software rasteriser");
        return;
    };
    let mut cache = Cache::default();
    for _ in 0..2 {
        cache = picture(&mut state, &mut renderer, cache);
    }
    println!(
        "{PICTURES} pictures of {}x{} each, in ms:",
        SIZE.width, SIZE.height
    );
    println!("{:32} {:>6} {:>6} {:>6}", "", "p50", "p99", "max");
    measure("a notch of the wheel up", &mut state, &mut renderer, |_| {
        Message::Scrolled(-60)
    });
    measure("a page up", &mut state, &mut renderer, |_| {
        Message::Scrolled(-560)
    });
    measure("anywhere by the bar", &mut state, &mut renderer, |number| {
        Message::Dragged((number * 7919 % PICTURES) as f32 / PICTURES as f32)
    });
    measure("another width", &mut state, &mut renderer, |number| {
        Message::Resized(740.0 + (number % 20) as f32, 500.0)
    });
}

fn measure(name: &str, state: &mut State, renderer: &mut Renderer, act: impl Fn(usize) -> Message) {
    let mut cache = Cache::default();
    let mut times: Vec<Duration> = (0..PICTURES)
        .map(|number| {
            let begun = Instant::now();
            let clock = jiff::civil::date(2026, 11, 21).at(9, 0, 0, 0);
            state.update(act(number), begun, clock);
            cache = picture(state, renderer, std::mem::take(&mut cache));
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    println!("{name:32} {:6.1} {:6.1} {:6.1}", at(0.5), at(0.99), at(1.0));
}

/// Lays the window out, draws it, and paints every pixel.
fn picture(state: &mut State, renderer: &mut Renderer, cache: Cache) -> Cache {
    let mut messages = Vec::new();
    let mut interface = UserInterface::build(view::view(state), SIZE, cache, renderer);
    let redraw = [Event::Window(
        window::Event::RedrawRequested(Instant::now()),
    )];
    let cursor = mouse::Cursor::Unavailable;
    let _ = interface.update(
        &redraw,
        cursor,
        renderer,
        &mut clipboard::Null,
        &mut messages,
    );
    let style = Style {
        text_color: Color::BLACK,
    };
    interface.draw(renderer, &view::theme(state), &style, cursor);
    black_box(renderer.screenshot(Size::new(760, 640), 1.0, Color::WHITE));
    let cache = interface.into_cache();
    for message in messages {
        let clock = jiff::civil::date(2026, 11, 21).at(9, 0, 0, 0);
        state.update(message, Instant::now(), clock);
    }
    cache
}
