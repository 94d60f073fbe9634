//! What the telnet program says to its server, taken out of what its user says (RFC 854, RFC 855).
//!
//! Every option that it offers or asks for is declined, as the RFC wants it. It is
//! no mere politeness: who presses Ctrl-C has `telnet` ask for a timing mark (RFC
//! 860), and it shows nothing more until that is answered.

/// "Interpret as command": the byte that opens every command.
const IAC: u8 = 255;
/// Subnegotiation begins, and ends with IAC SE.
const SB: u8 = 250;
const SE: u8 = 240;
/// These four are followed by an option.
const WILL: u8 = 251;
const WONT: u8 = 252;
const DO: u8 = 253;
const DONT: u8 = 254;

/// Where in a command the last byte was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Telnet {
    #[default]
    Text,
    Command,
    /// Behind this one of the four.
    Option(u8),
    Subnegotiation,
    SubnegotiationCommand,
}

/// What a byte was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Text(u8),
    /// Part of a command.
    Taken,
    /// The end of a command that is to be answered with this.
    Answer([u8; 3]),
}

impl Telnet {
    /// Takes a byte.
    pub(super) fn step(&mut self, byte: u8) -> Step {
        let (next, step) = match (*self, byte) {
            (Self::Text, IAC) => (Self::Command, Step::Taken),
            // Doubled, it is the byte itself.
            (Self::Text, _) | (Self::Command, IAC) => (Self::Text, Step::Text(byte)),
            (Self::Command, SB) => (Self::Subnegotiation, Step::Taken),
            (Self::Command, WILL..=DONT) => (Self::Option(byte), Step::Taken),
            (Self::Option(DO), option) => (Self::Text, Step::Answer([IAC, WONT, option])),
            (Self::Option(WILL), option) => (Self::Text, Step::Answer([IAC, DONT, option])),
            // To decline what was declined would never end.
            (Self::Command | Self::Option(_), _) | (Self::SubnegotiationCommand, SE) => {
                (Self::Text, Step::Taken)
            }
            (Self::Subnegotiation, IAC) => (Self::SubnegotiationCommand, Step::Taken),
            (Self::Subnegotiation | Self::SubnegotiationCommand, _) => {
                (Self::Subnegotiation, Step::Taken)
            }
        };
        *self = next;
        step
    }
}
