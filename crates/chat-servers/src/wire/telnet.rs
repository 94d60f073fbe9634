//! What the telnet program says to its server, taken out of what its user says (RFC 854, RFC 855).

/// "Interpret as command": the byte that opens every command.
const IAC: u8 = 255;
/// Subnegotiation begins, and ends with IAC SE.
const SB: u8 = 250;
const SE: u8 = 240;
/// WILL, WON'T, DO and DON'T are followed by an option.
const WITH_OPTION: std::ops::RangeInclusive<u8> = 251..=254;

/// Where in a command the last byte was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Telnet {
    #[default]
    Text,
    Command,
    Option,
    Subnegotiation,
    SubnegotiationCommand,
}

impl Telnet {
    /// Takes a byte; answers it when it is text.
    pub(super) fn step(&mut self, byte: u8) -> Option<u8> {
        let (next, text) = match (*self, byte) {
            (Self::Text, IAC) => (Self::Command, None),
            // Doubled, it is the byte itself.
            (Self::Text, _) | (Self::Command, IAC) => (Self::Text, Some(byte)),
            (Self::Command, SB) => (Self::Subnegotiation, None),
            (Self::Command, _) if WITH_OPTION.contains(&byte) => (Self::Option, None),
            (Self::Command | Self::Option, _) | (Self::SubnegotiationCommand, SE) => {
                (Self::Text, None)
            }
            (Self::Subnegotiation, IAC) => (Self::SubnegotiationCommand, None),
            (Self::Subnegotiation | Self::SubnegotiationCommand, _) => (Self::Subnegotiation, None),
        };
        *self = next;
        text
    }
}
