//! The best score, kept between games in the user's data directory.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use etcetera::BaseStrategy as _;

/// The file that holds the best score: one number.
#[derive(Debug)]
pub struct BestFile {
    /// None where the user has no home to keep anything in: then nothing is kept.
    path: Option<PathBuf>,
}

impl BestFile {
    /// The file of this user: `$XDG_DATA_HOME/garbage-shooter/best`, or what is usual on the system.
    #[must_use]
    pub fn of_user() -> Self {
        let base = etcetera::choose_base_strategy().ok();
        Self {
            path: base.map(|base| base.data_dir().join("garbage-shooter").join("best")),
        }
    }

    /// The best score so far; 0 where none is known, or the file holds something else.
    ///
    /// # Errors
    ///
    /// The file is there and cannot be read.
    pub fn read(&self) -> anyhow::Result<u32> {
        let Some(path) = &self.path else {
            return Ok(0);
        };
        match fs::read_to_string(path) {
            Ok(text) => Ok(text.trim().parse().unwrap_or(0)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error)
                .with_context(|| format!("cannot read the best score in {}", path.display())),
        }
    }

    /// Keeps a new best score, unless another game has written a better one meanwhile.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn write(&self, score: u32) -> anyhow::Result<()> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        if self.read()? >= score {
            return Ok(());
        }
        replace(path, &format!("{score}\n"))
            .with_context(|| format!("cannot keep the best score in {}", path.display()))
    }
}

/// Writes beside and renames: a crash leaves the old score or the new one.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let beside = path.with_extension(std::process::id().to_string());
    fs::write(&beside, text)?;
    fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_better_score_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new").join("best");
        let file = BestFile {
            path: Some(path.clone()),
        };
        assert_eq!(file.read().unwrap(), 0);
        for (score, kept) in [(5, 5), (3, 5), (8, 8)] {
            file.write(score).unwrap();
            assert_eq!(file.read().unwrap(), kept);
        }
        fs::write(&path, "no number").unwrap();
        assert_eq!(file.read().unwrap(), 0);
    }

    #[test]
    fn without_a_home_nothing_is_kept_and_nothing_fails() {
        let file = BestFile { path: None };
        file.write(9).unwrap();
        assert_eq!(file.read().unwrap(), 0);
    }
}
