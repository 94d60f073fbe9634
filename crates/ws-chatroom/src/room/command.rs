//! Which texts are commands, and at which stage they became one.

use super::Stage;

/// A text that is no chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command<'a> {
    /// `page`, the whole text.
    Page,
    /// `invite` and whatever stands behind it.
    Invite(&'a str),
    /// `leave`, the whole text.
    Leave,
}

impl<'a> Command<'a> {
    /// The command that `text` is at this stage, or `None` for chat.
    pub(super) fn of(text: &'a str, stage: Stage) -> Option<Self> {
        match text {
            "page" if stage >= Stage::Pagers => Some(Self::Page),
            "leave" if stage >= Stage::Private => Some(Self::Leave),
            _ if stage >= Stage::Private => text
                .strip_prefix("invite")
                // `invited` is a word like any other.
                .filter(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
                .map(|rest| Self::Invite(rest.trim())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_and_leave_are_commands_only_as_the_whole_text() {
        assert_eq!(Command::of("page", Stage::Private), Some(Command::Page));
        assert_eq!(Command::of("leave", Stage::Private), Some(Command::Leave));
        for chat in ["page me", "Page", "leave now", "leave ", " leave", ""] {
            assert_eq!(Command::of(chat, Stage::Private), None, "{chat}");
        }
    }

    #[test]
    fn invite_is_a_command_with_whatever_stands_behind_it() {
        for (text, guest) in [
            ("invite", ""),
            ("invite 2", "2"),
            ("invite  2 ", "2"),
            ("invite 2 3", "2 3"),
        ] {
            assert_eq!(
                Command::of(text, Stage::Private),
                Some(Command::Invite(guest))
            );
        }
        assert_eq!(Command::of("invited", Stage::Private), None);
    }

    #[test]
    fn a_command_is_chat_before_its_stage() {
        assert_eq!(Command::of("page", Stage::Timestamps), None);
        assert_eq!(Command::of("leave", Stage::Pagers), None);
        assert_eq!(Command::of("invite 1", Stage::Pagers), None);
    }
}
