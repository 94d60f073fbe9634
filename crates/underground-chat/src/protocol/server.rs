//! The server's side of one connection to the write port.

use bytes::Bytes;

use super::text;
use super::{Account, GREETING, LineBuffer, LineTooLong, PROMPT, SENT, Token, UNKNOWN, WELCOME};

/// What one connection may do.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest message, in bytes of UTF-8: a longer one is cut at a character and posted.
    pub message: usize,
    /// The longest nickname somebody may ask for, in characters.
    pub nickname: usize,
}

impl Default for Limits {
    /// 4 KiB and 32 characters.
    fn default() -> Self {
        Self {
            message: 4 * 1024,
            nickname: 32,
        }
    }
}

/// What the session asks of the server. Nothing more is read until it is answered.
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    /// Whose token is this? Answer with [`ServerSession::logged_in`] or [`ServerSession::unknown`].
    LogIn(Token),
    /// Make an account with (about) this nickname, which may be empty. Answer with [`ServerSession::logged_in`].
    Register(String),
    /// Give this line, `NICK: TEXT` and its LF, to every reader. Answer with [`ServerSession::posted`].
    Post(Bytes),
}

#[derive(Debug)]
enum Step {
    /// The token, or an empty line.
    Token,
    /// The nickname of a new account.
    Nickname,
    /// A [`Request`] is out.
    Waiting,
    /// Messages.
    Chat,
}

/// One connection to the write port: greeting, token or registration, then messages.
///
/// Feed it with [`receive`](Self::receive), then turn by turn answer every
/// [`next_request`](Self::next_request) and send what
/// [`take_outgoing`](Self::take_outgoing) gives. It holds at most one line of
/// [`LONGEST_LINE`](super::LONGEST_LINE), one message, and the answers to what
/// one `receive` brought.
#[derive(Debug)]
pub struct ServerSession {
    limits: Limits,
    step: Step,
    lines: LineBuffer,
    outgoing: Vec<u8>,
    nickname: Box<str>,
    /// The lines of the message so far, joined by blanks.
    message: String,
}

impl ServerSession {
    /// A session that greets.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let mut session = Self {
            limits,
            step: Step::Token,
            lines: LineBuffer::default(),
            outgoing: Vec::new(),
            nickname: Box::default(),
            message: String::new(),
        };
        session.say(GREETING);
        session
    }

    /// Takes in what the client sent.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.lines.extend(bytes);
    }

    /// Works through the lines received until the server is needed; `None` when more has to come first.
    ///
    /// # Errors
    ///
    /// A line is too long: close the connection.
    ///
    /// # Panics
    ///
    /// The last request was not answered.
    pub fn next_request(&mut self) -> Result<Option<Request>, LineTooLong> {
        assert!(
            !matches!(self.step, Step::Waiting),
            "each request is answered before the next is asked for"
        );
        while let Some(line) = self.lines.next_line()? {
            let request = match self.step {
                Step::Token => match Token::new(&line) {
                    Some(token) => Request::LogIn(token),
                    None => {
                        self.say(PROMPT);
                        self.step = Step::Nickname;
                        continue;
                    }
                },
                Step::Nickname => Request::Register(text::nickname(&line, self.limits.nickname)),
                Step::Chat => match self.message_line(&line) {
                    Some(post) => post,
                    None => continue,
                },
                Step::Waiting => unreachable!("asserted above, and left by every answer"),
            };
            self.step = Step::Waiting;
            return Ok(Some(request));
        }
        Ok(None)
    }

    /// One more line of a message, or the empty line that ends it.
    fn message_line(&mut self, line: &str) -> Option<Request> {
        if !line.is_empty() {
            if !self.message.is_empty() {
                self.message.push(' ');
            }
            self.message.push_str(line);
            // Cut at once, so that a message without end does not grow.
            let kept = text::cut(&self.message, self.limits.message).len();
            self.message.truncate(kept);
            return None;
        }
        let message = std::mem::take(&mut self.message);
        if message.trim().is_empty() {
            // A ping: answered, and nobody else hears of it. Blanks alone are no message either.
            self.say(SENT);
            return None;
        }
        Some(Request::Post(
            format!("{}: {message}\n", self.nickname).into(),
        ))
    }

    /// The account is known, or has just been made: its owner may post.
    pub fn logged_in(&mut self, account: &Account) {
        self.say(&account.to_line());
        self.say(WELCOME);
        self.nickname = account.nickname.as_str().into();
        self.step = Step::Chat;
    }

    /// No account has that token: its owner may register at once.
    pub fn unknown(&mut self) {
        self.say(UNKNOWN);
        self.say(PROMPT);
        self.step = Step::Nickname;
    }

    /// The message is on its way to every reader.
    pub fn posted(&mut self) {
        self.say(SENT);
        self.step = Step::Chat;
    }

    /// What is to be sent now.
    pub fn take_outgoing(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.outgoing)
    }

    fn say(&mut self, line: &str) {
        self.outgoing.extend_from_slice(line.as_bytes());
        self.outgoing.push(b'\n');
    }
}

#[cfg(test)]
mod tests;
