//! The token in a `.env` file, beside whatever else stands there.
//!
//! The file is written anew under another name, readable by its owner only, and
//! put in place whole: a crash leaves the old file or the new one. Its other
//! lines and comments are kept byte for byte.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use common::dotenv;
use common::reason::plain;

use crate::protocol::Token;

/// The names a token goes by: ours, and the one the original reads.
const NAMES: [&str; 2] = ["MINECHAT_TOKEN", "TOKEN"];

/// The token cannot be read or kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// There is one already.
    #[error("{} holds a token already; --replace puts the new one in its place, and the old account is lost", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be used.
    #[error("cannot use the credentials file {}: {}", path.display(), plain(reason))]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said. Part of the message, so not its source.
        reason: io::Error,
    },
}

/// The token in the file at `path`; `None` without a file, or without one in it.
///
/// # Errors
///
/// The file is there and cannot be read.
pub fn load(path: &Path) -> Result<Option<Token>, CredentialsError> {
    let text = read(path)?;
    let values: Vec<(&str, Token)> = dotenvy::from_read_iter(&*text)
        .filter_map(Result::ok)
        .filter_map(|(name, value)| {
            let name = NAMES.into_iter().find(|known| *known == name)?;
            Some((name, Token::new(&value)?))
        })
        .collect();
    Ok(NAMES.iter().find_map(|name| {
        let (_, token) = values.iter().find(|(found, _)| found == name)?;
        Some(token.clone())
    }))
}

/// Puts `token` into the file at `path`, which need not exist.
///
/// # Errors
///
/// [`CredentialsError::Exists`] where a token is there and `replace` is not set; or the file cannot be written.
pub fn save(path: &Path, token: &Token, replace: bool) -> Result<(), CredentialsError> {
    if !replace && load(path)?.is_some() {
        return Err(CredentialsError::Exists {
            path: path.to_owned(),
        });
    }
    let text = with_variable(&read(path)?, NAMES[0], token.expose());
    write_whole(path, &text).map_err(|reason| failed(path, reason))
}

/// Puts settings, each a variable's name and its value, into the file at `path`.
///
/// # Errors
///
/// The file cannot be read or written.
pub fn keep(path: &Path, settings: &[(&str, String)]) -> Result<(), CredentialsError> {
    let before = read(path)?;
    let text = settings.iter().fold(before.clone(), |text, (name, value)| {
        with_variable(&text, name, &dotenv::quoted(value))
    });
    if text == before {
        return Ok(());
    }
    write_whole(path, &text).map_err(|reason| failed(path, reason))
}

fn failed(path: &Path, reason: io::Error) -> CredentialsError {
    CredentialsError::Io {
        path: path.to_owned(),
        reason,
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CredentialsError> {
    match fs::read(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(reason) => Err(failed(path, reason)),
    }
}

/// `text` with one line for the variable `name`: where the first was, or at the end.
fn with_variable(text: &[u8], name: &str, value: &str) -> Vec<u8> {
    let line = format!("{name}={value}\n");
    let mut lines: Vec<&[u8]> = text.split_inclusive(|&byte| byte == b'\n').collect();
    let first = lines.iter().position(|line| sets(line, name));
    let mut index = 0;
    lines.retain(|line| {
        let kept = !sets(line, name) || Some(index) == first;
        index += 1;
        kept
    });
    match first {
        Some(first) => lines[first] = line.as_bytes(),
        None => {
            if lines.last().is_some_and(|last| !last.ends_with(b"\n")) {
                lines.push(b"\n");
            }
            lines.push(line.as_bytes());
        }
    }
    lines.concat()
}

/// Whether `line` sets the variable `name`; other names for the same are not ours to change.
fn sets(line: &[u8], name: &str) -> bool {
    let line = line.trim_ascii_start();
    let line = line.strip_prefix(b"export ").unwrap_or(line);
    line.trim_ascii_start()
        .strip_prefix(name.as_bytes())
        .is_some_and(|rest| rest.trim_ascii_start().starts_with(b"="))
}

fn write_whole(path: &Path, text: &[u8]) -> io::Result<()> {
    // A link is followed: the file it names is replaced, not the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // Made with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(text)?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    // The name is on the disk when its directory is.
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn token(text: &str) -> Token {
        Token::new(text).unwrap()
    }

    fn saved(before: &str) -> String {
        String::from_utf8(with_variable(before.as_bytes(), NAMES[0], "new")).unwrap()
    }

    #[test]
    fn other_lines_and_comments_are_kept() {
        assert_eq!(saved(""), "MINECHAT_TOKEN=new\n");
        assert_eq!(saved("A=1"), "A=1\nMINECHAT_TOKEN=new\n");
        assert_eq!(
            saved(
                "# MINECHAT_TOKEN=x\nexport MINECHAT_TOKEN = old\nMINECHAT_TOKENS=y\r\nMINECHAT_TOKEN='z'\nB='q'"
            ),
            "# MINECHAT_TOKEN=x\nMINECHAT_TOKEN=new\nMINECHAT_TOKENS=y\r\nB='q'"
        );
    }

    #[test]
    fn a_token_is_kept_for_its_owner_only_and_replaced_only_when_asked() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(".env");
        assert_eq!(load(&path).unwrap(), None);
        fs::write(&path, "HISTORY=\"my file\" # where\nMINECHAT_TOKEN=\n").unwrap();
        assert_eq!(load(&path).unwrap(), None);
        save(&path, &token("first"), false).unwrap();
        assert_eq!(load(&path).unwrap(), Some(token("first")));
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        let error = save(&path, &token("second"), false).unwrap_err();
        assert!(matches!(error, CredentialsError::Exists { .. }), "{error}");
        assert!(!error.to_string().contains("first"));
        save(&path, &token("second"), true).unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "HISTORY=\"my file\" # where\nMINECHAT_TOKEN=second\n"
        );
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_originals_name_is_read_and_counts_as_a_token() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(".env");
        fs::write(&path, "export TOKEN='old one'\n").unwrap();
        assert_eq!(load(&path).unwrap(), Some(token("old one")));
        save(&path, &token("new"), false).unwrap_err();
        save(&path, &token("new"), true).unwrap();
        assert_eq!(load(&path).unwrap(), Some(token("new")));
    }

    #[test]
    fn settings_are_read_back_as_they_were_kept_and_the_token_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(".env");
        save(&path, &token("t"), false).unwrap();
        let values = [("PLAIN", "127.0.0.1"), ("ODD", r#"a "b" \ $c d'#"#)];
        for _ in 0..2 {
            keep(&path, &values.map(|(name, value)| (name, value.to_owned()))).unwrap();
        }
        let read: Vec<(String, String)> = dotenvy::from_path_iter(&path)
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let expected = [("MINECHAT_TOKEN", "t")].into_iter().chain(values);
        let expected: Vec<_> = expected
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn a_link_stays_a_link() {
        let directory = tempfile::tempdir().unwrap();
        let (real, link) = (directory.path().join("real"), directory.path().join(".env"));
        fs::write(&real, "A=1\n").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        save(&link, &token("t"), false).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(
            fs::read_to_string(&real).unwrap(),
            "A=1\nMINECHAT_TOKEN=t\n"
        );
    }
}
