//! The whole window as a pure state: a message in, effects out.
//!
//! No socket, no file, no clock: time is an argument, and what has to be done
//! outside is an [`Effect`]. The original's window did everything in one function
//! and ended when any of it failed.

mod chat;
mod controls;
mod dialog;
mod keys;

use std::time::Instant;

use iced::widget::text_editor;
use jiff::civil::DateTime;
use underground_chat::client::Event;
use underground_chat::client::Status;
use underground_chat::history::Entry;
use underground_chat::protocol::{Login, MessageId, PostError, Token};

use crate::conversation::{Conversation, Selection};
use crate::foreign::Needle;
use crate::outbox::Outbox;
use crate::palette;
use crate::row::Target;
use crate::settings::Settings;
pub use controls::Control;
pub use dialog::{Dialog, Reason};
pub use keys::Key;

/// Lines of the history not yet written. Overflow policy: the oldest go, and a notice says so.
const UNWRITTEN: usize = 10_000;

/// What happened.
#[derive(Clone, Debug)]
pub enum Message {
    /// The history was read, and what is the matter with it.
    Past(Vec<Entry>, Option<String>),
    /// Something came from the connection of that generation.
    Events(u64, Vec<Event>),
    /// The library took a message, or did not.
    Posted(String, Result<MessageId, PostError>),
    /// A message to be changed came back; or it was too late.
    TookBack(MessageId, Option<String>),
    /// What was not sent to the server before: these texts come back, and nobody knows of those.
    Returned {
        /// They were not sent.
        back: Vec<String>,
        /// They were sent, and not confirmed.
        unsure: Vec<String>,
    },
    /// Lines were written to the history, or some were not.
    Recorded(Result<(), Unwritten>),
    /// The token was kept in `.env`, or could not be.
    Kept(Result<(), String>),
    /// A server was started (`false`: there was one), or could not be.
    ServerStarted(Result<bool, String>),
    /// Text was brought to the clipboard or an address to a browser, or something failed.
    Notice(String),
    /// Time has passed.
    Tick,
    /// The window has the keyboard, or not.
    Attention(bool),
    /// The list of messages has another size.
    Resized(f32, f32),
    /// The list is to move by pixels.
    Scrolled(i64),
    /// The list is to move to a part of the whole.
    Dragged(f32),
    /// A message was clicked, with Shift or without.
    Clicked(usize, bool),
    /// Part of a message was selected.
    Marked(Selection),
    /// A link or "more" of a message was clicked.
    Followed(usize, Target),
    /// A field was clicked.
    Focused(Control),
    /// The message being written was changed.
    Edited(text_editor::Action),
    /// A key that no field took.
    Key(Key),
    /// A button was pressed.
    Press(Control),
    /// A field holds another text.
    Typed(Control, String),
    /// The user wants the window closed.
    Leave,
    /// The window is to be closed.
    Close,
}

/// Lines that could not be written to the history.
#[derive(Clone, Debug)]
pub struct Unwritten {
    /// Why.
    pub error: String,
    /// They are tried again with what is heard next.
    pub lines: Vec<(DateTime, String)>,
}

/// What has to be done outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send a text.
    Post(String),
    /// Take a message back to change it.
    TakeBack(MessageId),
    /// Make an account.
    Register(String),
    /// Use a token.
    LogIn(Token),
    /// Try again at once.
    Retry,
    /// The connection is to be made anew.
    Move {
        /// What was not confirmed on this one.
        waiting: Vec<(MessageId, String)>,
        /// To another server: what was written for this one is not for that one's ears.
        elsewhere: bool,
    },
    /// Keep a token.
    KeepToken(Token),
    /// Keep these settings, as variables.
    KeepSettings(Vec<(&'static str, String)>),
    /// Write to the history; after that [`Message::Recorded`].
    Record(Vec<(DateTime, String)>),
    /// Another program may write the history: nothing is heard here.
    ReleaseHistory,
    /// Another file is the history.
    MoveHistory,
    /// To the clipboard.
    Copy(String),
    /// To a browser.
    Open(String),
    /// Start a server inside.
    StartServer,
    /// Give a field the keyboard.
    Focus(Control),
    /// End.
    Close,
}

/// What is looked for in the conversation.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// As it was typed.
    pub text: String,
    /// How many messages hold it.
    pub count: usize,
    /// The one in sight.
    pub at: Option<usize>,
}

/// A server of our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Local {
    /// There is none.
    None,
    /// It is being started.
    Starting,
    /// It runs.
    Running,
}

/// The window.
#[derive(Debug)]
pub struct State {
    /// What can be set.
    pub settings: Settings,
    /// What was said.
    pub conversation: Conversation,
    /// What we said and have not read back.
    pub outbox: Outbox,
    /// What is being written.
    pub input: text_editor::Content,
    /// How the port that is read from does.
    pub reading: Status,
    /// How the port that is written to does.
    pub writing: Status,
    /// The name the server gave us.
    pub nickname: Option<String>,
    /// Names that were ours, to know our own messages by.
    own_names: Vec<String>,
    /// How the connection of [`State::generation`] gets in.
    pub login: Option<Login>,
    /// Counts connections: another number is another connection.
    pub generation: u64,
    /// The history is there; before that nothing is heard, so that nothing is shown twice.
    pub ready: bool,
    /// A dialog, if one is open.
    pub dialog: Option<Dialog>,
    /// The search, if it is open.
    pub search: Option<Search>,
    /// What has the keyboard.
    pub focus: Control,
    /// Something to be said once.
    pub notice: Option<String>,
    /// A server inside.
    pub local: Local,
    /// Whether the window has the keyboard.
    pub attended: bool,
    /// Messages that came while it had not.
    pub unseen: usize,
    /// When this state was last told the time.
    pub now: Instant,
    unwritten: Vec<(DateTime, String)>,
    recording: bool,
    /// What was said last about the history not being written, so as to say it once.
    unwritable: Option<String>,
    /// The message whose links are opened in turn, and how many were.
    followed: Option<(usize, usize)>,
    /// When the user was told that messages still wait.
    warned: Option<Instant>,
}

impl State {
    /// A window that has just been opened.
    #[must_use]
    pub fn new(settings: Settings, login: Option<Login>, local: Local, now: Instant) -> Self {
        let link = palette::of(settings.shade).link;
        let conversation = Conversation::new(f32::from(settings.letters), link, settings.words);
        let dialog = login
            .is_none()
            .then(|| Dialog::account(Reason::NoAccount, settings.words));
        let focus = dialog.as_ref().map_or(Control::Input, Dialog::first);
        Self {
            settings,
            conversation,
            outbox: Outbox::default(),
            input: text_editor::Content::new(),
            reading: Status::Connecting,
            writing: Status::Connecting,
            nickname: None,
            own_names: Vec::new(),
            login,
            generation: 0,
            ready: false,
            dialog,
            search: None,
            focus,
            notice: None,
            local,
            attended: true,
            unseen: 0,
            now,
            unwritten: Vec::new(),
            recording: false,
            unwritable: None,
            followed: None,
            warned: None,
        }
    }

    /// Takes in what happened at `now`, which is `clock` on the wall.
    pub fn update(&mut self, message: Message, now: Instant, clock: DateTime) -> Vec<Effect> {
        self.now = now;
        let mut effects = Vec::new();
        if !self.takes(&message) {
            return effects;
        }
        match message {
            Message::Past(past, trouble) => self.past(past, trouble),
            Message::Events(generation, events) if generation == self.generation => {
                self.events(events, clock, &mut effects);
            }
            Message::Events(..) => {}
            Message::Posted(text, Ok(id)) => self.outbox.push(id, text),
            Message::Posted(text, Err(error)) => self.refused(text, error, &mut effects),
            Message::TookBack(id, text) => self.took_back(id, text, &mut effects),
            Message::Returned { back, unsure } => self.returned(&back, &unsure, &mut effects),
            Message::Recorded(result) => self.recorded(result, &mut effects),
            Message::Kept(result) => match result {
                Ok(()) => self.say(self.settings.words.token_saved().to_owned()),
                Err(error) => self.say(error),
            },
            Message::ServerStarted(result) => self.server_started(result, &mut effects),
            Message::Notice(notice) => self.say(notice),
            Message::Tick => self.tick(clock, &mut effects),
            Message::Attention(attended) => {
                self.attended = attended;
                self.unseen = 0;
            }
            Message::Resized(width, height) => self.conversation.resize(width, height),
            Message::Scrolled(pixels) => self.conversation.scroll(pixels),
            Message::Dragged(part) => self.conversation.to_part(part),
            Message::Clicked(row, extend) => {
                self.followed = None;
                self.conversation.click(row, extend);
                self.focus_on(Control::List, &mut effects);
            }
            Message::Marked(selection) => {
                self.conversation.select(Some(selection));
                if self.focus != Control::List {
                    self.focus_on(Control::List, &mut effects);
                }
            }
            Message::Followed(row, Target::More) => self.conversation.open(row),
            Message::Followed(_, Target::Link(address)) => effects.push(Effect::Open(address)),
            Message::Focused(control) => self.focus = control,
            Message::Edited(action) => {
                self.focus = Control::Input;
                self.notice = None;
                self.input.perform(action);
            }
            Message::Key(key) => self.key(key, clock, &mut effects),
            Message::Press(control) => self.press(control, clock, &mut effects),
            Message::Typed(control, text) => self.typed(control, text),
            Message::Leave => self.leave(&mut effects),
            Message::Close => effects.push(Effect::Close),
        }
        effects
    }

    /// Whether what was touched is there: a dialog may have come between seeing and pressing.
    fn takes(&self, message: &Message) -> bool {
        match message {
            Message::Press(control) | Message::Typed(control, _) | Message::Focused(control) => {
                self.controls().contains(control)
            }
            Message::Clicked(..) | Message::Marked(_) | Message::Edited(_) => self.dialog.is_none(),
            _ => true,
        }
    }

    /// Whether time alone changes what is shown.
    #[must_use]
    pub fn awaits_time(&self) -> bool {
        let down = |status: &Status| matches!(status, Status::Down { .. });
        down(&self.reading) || down(&self.writing) || self.outbox.awaits_echo()
    }

    /// Whether a server could be started here and would help.
    #[must_use]
    pub fn offers_server(&self) -> bool {
        self.local == Local::None
            && self.settings.address.is_local()
            && matches!(self.reading, Status::Down { .. })
    }

    /// What stands above the window.
    #[must_use]
    pub fn title(&self) -> String {
        let title = self.settings.words.title();
        match self.unseen {
            0 => title.to_owned(),
            unseen => format!("({unseen}) {title}"),
        }
    }

    fn say(&mut self, notice: String) {
        self.notice = Some(crate::foreign::clean(&notice));
    }

    fn typed(&mut self, control: Control, text: String) {
        self.focus = control;
        if control == Control::SearchField {
            self.look_for(text);
        } else if let Some(dialog) = &mut self.dialog {
            dialog.typed(control, text);
        }
    }

    fn look_for(&mut self, text: String) {
        let needle = Needle::new(&text);
        let Some(search) = &mut self.search else {
            return;
        };
        search.text = text;
        search.count = self.conversation.count_found(&needle);
        search.at = self.conversation.next_found(&needle, None, false);
        let at = search.at;
        self.conversation.look_for(needle);
        if let Some(row) = at {
            self.conversation.to_row(row);
        }
    }

    /// Goes on to what was found next.
    fn look_on(&mut self, down: bool) {
        let Some(search) = &mut self.search else {
            return;
        };
        let needle = Needle::new(&search.text);
        search.at = self.conversation.next_found(&needle, search.at, down);
        if let Some(row) = search.at {
            self.conversation.to_row(row);
            self.conversation.click(row, false);
        }
    }
}

#[cfg(test)]
mod tests;
