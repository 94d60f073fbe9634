//! The shell around the pure [`State`]: does what it asks for, and feeds it what happens.

mod connection;
mod record;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use common::shutdown::Shutdown;
use iced::{Event, Subscription, Task, event, keyboard, window};
use jiff::Zoned;
use jiff::civil::DateTime;
use underground_chat::client::Connection;
use underground_chat::flags::{DOTENV, Data, Record};
use underground_chat::history::History;
use underground_chat::protocol::{Login, MessageId};
use underground_chat::server::Inside;
use underground_chat::{credentials, protocol};

use crate::display::Opened;
use crate::state::{Control, Effect, Local, Message, State, Unwritten};

/// What may be left to do at the end takes no longer.
const GOODBYE: Duration = Duration::from_secs(3);

/// What the shell hears.
#[derive(Clone, Debug)]
pub enum Heard {
    /// Something for the state.
    Window(Message),
    /// The connection of that generation is there; it was told to get in like this.
    Opened(u64, Connection, Option<Login>),
    /// A server was started, or there is one, or it cannot be.
    Server(Result<Option<Shared<Inside>>, String>),
    /// Everything is in order: the program may end.
    Ended,
}

/// Something that only one can have, handed on in a message.
type Shared<T> = Arc<Mutex<Option<T>>>;

fn take<T>(shared: &Shared<T>) -> Option<T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// The program.
#[derive(Debug)]
pub struct App {
    state: State,
    connection: Option<Connection>,
    /// The history is there and a server that was asked for, too: time to connect.
    connects: bool,
    /// Texts that wait for a connection to be handed to.
    pending: Vec<String>,
    history: Arc<Mutex<History>>,
    record: Record,
    data: Data,
    server: Option<Inside>,
    /// When the program began, until its first picture.
    begun: Option<Instant>,
    opened: Opened,
}

impl App {
    /// The program, and what it does first.
    pub fn start(
        state: State,
        record: Record,
        data: Data,
        shutdown: Shutdown,
        opened: Opened,
    ) -> (Self, Task<Heard>) {
        let begun = state.now;
        let history = record::of(&record, &state.settings.address);
        let mut app = Self {
            state,
            connection: None,
            connects: false,
            pending: Vec::new(),
            history,
            record,
            data,
            server: None,
            begun: Some(begun),
            opened,
        };
        let past = app.read_past();
        let server = if app.state.local == Local::Starting {
            app.start_server()
        } else {
            Task::none()
        };
        let stop = Task::perform(async move { shutdown.requested().await }, |()| {
            Heard::Window(Message::Close)
        });
        let focus = app.perform(Effect::Focus(app.state.focus));
        (app, Task::batch([past, server, stop, focus]))
    }

    /// The pure part, for those who look.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// How the window looks.
    #[must_use]
    pub fn view(&self) -> iced::Element<'_, Heard> {
        crate::view::view(&self.state).map(Heard::Window)
    }

    /// Takes in what was heard.
    pub fn update(&mut self, heard: Heard) -> Task<Heard> {
        let task = match heard {
            Heard::Window(message) => self.tell(message),
            Heard::Opened(generation, connection, login) => {
                self.opened(generation, connection, login.as_ref())
            }
            Heard::Server(result) => {
                let result = result.map(|server| {
                    self.server = server.as_ref().and_then(take);
                    self.server.is_some()
                });
                self.tell(Message::ServerStarted(result))
            }
            Heard::Ended => iced::exit(),
        };
        self.connects = self.connects || (self.state.ready && self.state.local != Local::Starting);
        task
    }

    fn tell(&mut self, message: Message) -> Task<Heard> {
        // The list learns its size when it is laid out for the first time.
        if let (Message::Resized(..), Some(begun)) = (&message, self.begun) {
            tracing::debug!(after = ?begun.elapsed(), "first picture");
            self.begun = None;
            self.opened.set();
        }
        let effects = self
            .state
            .update(message, Instant::now(), Zoned::now().datetime());
        let tasks: Vec<_> = effects
            .into_iter()
            .map(|effect| self.perform(effect))
            .collect();
        Task::batch(tasks)
    }

    fn opened(
        &mut self,
        generation: u64,
        connection: Connection,
        login: Option<&Login>,
    ) -> Task<Heard> {
        if generation != self.state.generation {
            return Task::none();
        }
        // An account may have been named while the connection was on its way here.
        match &self.state.login {
            now if now.as_ref() == login => {}
            Some(Login::Token(token)) => connection.log_in(token.clone()),
            Some(Login::Register(name)) => {
                let _named = connection.register(name);
            }
            None => {}
        }
        self.connection = Some(connection);
        let pending = std::mem::take(&mut self.pending);
        Task::batch(
            pending
                .into_iter()
                .map(|text| self.post(text))
                .collect::<Vec<_>>(),
        )
    }

    fn post(&mut self, text: String) -> Task<Heard> {
        match &self.connection {
            Some(connection) => {
                let result = connection.send(&text);
                self.tell(Message::Posted(text, result))
            }
            None => {
                self.pending.push(text);
                Task::none()
            }
        }
    }

    fn perform(&mut self, effect: Effect) -> Task<Heard> {
        match effect {
            Effect::Post(text) => return self.post(text),
            Effect::TakeBack(id) => {
                let text = self.take_back(id);
                return self.tell(Message::TookBack(id, text));
            }
            Effect::Register(name) => {
                if let Some(connection) = &self.connection {
                    // The state has looked at the name: there is something in it.
                    let _named = connection.register(&name);
                }
            }
            Effect::LogIn(token) => {
                if let Some(connection) = &self.connection {
                    connection.log_in(token);
                }
            }
            Effect::Retry => {
                if let Some(connection) = &self.connection {
                    connection.retry_now();
                }
            }
            Effect::Move { waiting, elsewhere } => return self.move_on(waiting, elsewhere),
            Effect::KeepToken(token) => return keep_token(token),
            Effect::KeepSettings(variables) => return keep_settings(variables),
            Effect::Record(lines) => return self.write(lines),
            Effect::ReleaseHistory => return self.release(),
            Effect::MoveHistory => {
                self.record.history.clone_from(&self.state.settings.history);
                self.renew_history();
            }
            Effect::Copy(text) => return iced::clipboard::write(text),
            Effect::Open(address) => return open(address),
            Effect::StartServer => return self.start_server(),
            Effect::Focus(control) => return focus(control),
            Effect::Close => return self.close(),
        }
        Task::none()
    }

    /// Leaves this connection for another.
    fn move_on(&mut self, waiting: Vec<(MessageId, String)>, elsewhere: bool) -> Task<Heard> {
        let (mut back, mut unsure) = (Vec::new(), Vec::new());
        for (id, text) in waiting {
            match self.take_back(id) {
                Some(_) => back.push(text),
                None => unsure.push(text),
            }
        }
        self.connection = None;
        back.append(&mut self.pending);
        if elsewhere {
            self.renew_history();
        } else {
            self.pending = std::mem::take(&mut back);
        }
        self.tell(Message::Returned { back, unsure })
    }

    fn take_back(&self, id: MessageId) -> Option<String> {
        self.connection
            .as_ref()
            .and_then(|connection| connection.take_back(id))
    }

    fn read_past(&self) -> Task<Heard> {
        let (history, path) = (Arc::clone(&self.history), self.record.history.clone());
        blocking(move || {
            let (past, trouble) = record::past(&history, &path);
            Heard::Window(Message::Past(past, trouble))
        })
    }

    fn write(&self, lines: Vec<(DateTime, String)>) -> Task<Heard> {
        let write = self.writer(lines);
        blocking(move || Heard::Window(Message::Recorded(write())))
    }

    fn writer(
        &self,
        lines: Vec<(DateTime, String)>,
    ) -> impl FnOnce() -> Result<(), Unwritten> + use<> {
        let history = Arc::clone(&self.history);
        move || record::write(&history, lines)
    }

    fn release(&self) -> Task<Heard> {
        let history = Arc::clone(&self.history);
        silent(move || record::lock(&history).release())
    }

    /// Another file, or another server's messages: what is under way goes where it was meant to.
    fn renew_history(&mut self) {
        self.history = record::of(&self.record, &self.state.settings.address);
    }

    fn start_server(&self) -> Task<Heard> {
        let address = self.state.settings.address.clone();
        let data = self.data.data.clone();
        Task::future(async move {
            let started =
                Inside::start(&address.host, address.read_port, address.write_port, &data).await;
            Heard::Server(match started {
                Ok(server) => Ok(server.map(|server| Arc::new(Mutex::new(Some(server))))),
                Err(error) => Err(error.to_string()),
            })
        })
    }

    /// Writes what is to be written and says goodbye to the server's clients; then ends.
    fn close(&mut self) -> Task<Heard> {
        let unwritten = self.state.take_unwritten();
        let write = self.writer(unwritten);
        let server = self.server.take();
        let goodbye = async move {
            if let Err(unwritten) = run(write).await {
                tracing::error!(error = unwritten.error, "the end of the history is missing");
            }
            if let Some(server) = server {
                server.stop().await;
            }
        };
        Task::perform(tokio_timeout(goodbye), |()| Heard::Ended)
    }

    /// What is listened to.
    pub fn subscription(&self) -> Subscription<Heard> {
        let mut all = vec![event::listen_with(window_event)];
        if self.connects {
            let dial = connection::Dial {
                generation: self.state.generation,
                server: self.state.settings.address.tcp(),
                login: self.state.login.clone(),
            };
            all.push(connection::subscription(dial));
        }
        if self.state.awaits_time() {
            let every = iced::time::every(Duration::from_secs(1));
            all.push(every.map(|_now| Heard::Window(Message::Tick)));
        }
        Subscription::batch(all)
    }
}

async fn tokio_timeout(work: impl Future<Output = ()>) {
    if tokio::time::timeout(GOODBYE, work).await.is_err() {
        tracing::warn!("the end took too long");
    }
}

/// Runs something that may wait for a disk where it holds nobody up.
async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

fn blocking(work: impl FnOnce() -> Heard + Send + 'static) -> Task<Heard> {
    Task::future(run(work))
}

fn silent(work: impl FnOnce() + Send + 'static) -> Task<Heard> {
    Task::future(run(work)).discard()
}

fn keep_settings(variables: Vec<(&'static str, String)>) -> Task<Heard> {
    if variables.is_empty() {
        return Task::none();
    }
    let keep = move || credentials::keep(DOTENV.as_ref(), &variables);
    Task::perform(run(keep), |kept| match kept {
        Ok(()) => None,
        Err(error) => Some(Heard::Window(Message::Notice(error.to_string()))),
    })
    .then(|heard| heard.map_or_else(Task::none, Task::done))
}

fn keep_token(token: protocol::Token) -> Task<Heard> {
    blocking(move || {
        let kept = credentials::save(DOTENV.as_ref(), &token, true);
        Heard::Window(Message::Kept(kept.map_err(|error| error.to_string())))
    })
}

fn open(address: String) -> Task<Heard> {
    blocking(move || {
        let said = match open::that_detached(&address) {
            Ok(()) => address,
            Err(error) => format!("{address}: {error}"),
        };
        Heard::Window(Message::Notice(said))
    })
}

/// Gives the keyboard to a field; to none, where a button or the list has it.
fn focus(control: Control) -> Task<Heard> {
    let id = control.id();
    let focused = iced::widget::operation::focus(id.clone());
    match control {
        Control::Input | Control::List => focused,
        control if control.is_field() => {
            focused.chain(iced::widget::operation::move_cursor_to_end(id))
        }
        _ => focused,
    }
}

fn window_event(event: Event, status: event::Status, _window: window::Id) -> Option<Heard> {
    let message = match event {
        Event::Keyboard(keyboard::Event::KeyPressed {
            key,
            physical_key,
            modifiers,
            text,
            ..
        }) => {
            let taken = status == event::Status::Captured;
            let key = crate::keyboard::key(&key, physical_key, modifiers, text.as_ref(), taken);
            Message::Key(key?)
        }
        Event::Window(window::Event::Focused) => Message::Attention(true),
        Event::Window(window::Event::Unfocused) => Message::Attention(false),
        Event::Window(window::Event::CloseRequested) => Message::Leave,
        _ => return None,
    };
    Some(Heard::Window(message))
}
