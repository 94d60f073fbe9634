//! An account as it stands on the wire, and the token that opens it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The secret that opens an account. Never shown whole: `Debug` gives four characters of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Token(String);

impl Token {
    /// The token in `text`, without the blanks around it; `None` where nothing is left.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        // An LF inside would end the line early, and the rest be posted for all to read.
        let text = super::text::flatten(text);
        (!text.is_empty()).then_some(Self(text))
    }

    /// A new one: a random (version 4) UUID.
    ///
    /// The original server gave version 1, which is the time and the machine's address: it can be guessed.
    #[must_use]
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().to_string())
    }

    /// The secret itself: for the wire and the credentials file, for no log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = if self.0.chars().count() >= 16 {
            self.0.chars().take(4).collect()
        } else {
            String::new()
        };
        write!(f, "Token({shown}…)")
    }
}

/// Who somebody is in the chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The name the others see. The server chose part of it.
    pub nickname: String,
    /// What opens it next time.
    pub token: Token,
}

/// The order of the fields is the wire's.
#[derive(Serialize, Deserialize)]
struct Wire {
    nickname: String,
    account_hash: String,
}

impl Account {
    /// The account's line without its LF, spaced as Python's `json.dumps` spaces it.
    #[must_use]
    pub fn to_line(&self) -> String {
        let quoted = |text: &str| serde_json::to_string(text).expect("a string is always JSON");
        format!(
            r#"{{"nickname": {}, "account_hash": {}}}"#,
            quoted(&self.nickname),
            quoted(self.token.expose())
        )
    }

    /// Reads the server's answer to a token: `Some(None)` is `null`, no such account.
    ///
    /// It is compared as JSON: a nickname may well hold the word `null`.
    pub(super) fn from_line(line: &str) -> Option<Option<Self>> {
        let Some(wire) = serde_json::from_str::<Option<Wire>>(line).ok()? else {
            return Some(None);
        };
        Some(Some(Self {
            nickname: wire.nickname,
            token: Token::new(&wire.account_hash)?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tolik() -> Account {
        Account {
            nickname: "Distracted \"Tolik\" Ж".to_owned(),
            token: Token::new(" 9a08f44c-c541-11eb-8c47-0242ac110002 \r\n").unwrap(),
        }
    }

    #[test]
    fn the_line_is_spaced_and_ordered_as_python_does_it() {
        assert_eq!(
            tolik().to_line(),
            r#"{"nickname": "Distracted \"Tolik\" Ж", "account_hash": "9a08f44c-c541-11eb-8c47-0242ac110002"}"#
        );
        assert_eq!(Account::from_line(&tolik().to_line()), Some(Some(tolik())));
    }

    #[test]
    fn null_is_a_json_value_not_a_word() {
        assert_eq!(Account::from_line(" null "), Some(None));
        let named = r#"{"account_hash": "x", "nickname": "null", "more": 1}"#;
        assert_eq!(Account::from_line(named).unwrap().unwrap().nickname, "null");
        for wrong in [
            "",
            "Welcome",
            "[]",
            "{}",
            r#"{"nickname":"a","account_hash":" "}"#,
        ] {
            assert_eq!(Account::from_line(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_token_is_never_shown_whole() {
        let secret = Token::random();
        let shown = format!(
            "{secret:?} {:?}",
            Account {
                nickname: String::new(),
                token: secret.clone()
            }
        );
        assert!(!shown.contains(secret.expose()));
        assert!(!shown.contains(&secret.expose()[9..]));
        assert_eq!(format!("{:?}", Token::new("short").unwrap()), "Token(…)");
    }

    #[test]
    fn a_random_token_is_a_uuid_of_version_4() {
        let token = Token::random();
        let uuid = uuid::Uuid::parse_str(token.expose()).unwrap();
        assert_eq!(uuid.get_version_num(), 4);
    }
}
