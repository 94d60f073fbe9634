//! A file that is whole or not there.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// A file under another name (`….part`) until it is finished; dropped before, it is removed.
#[derive(Debug)]
pub(super) struct PartFile {
    file: File,
    part: PathBuf,
    whole: PathBuf,
    finished: bool,
}

impl PartFile {
    /// Starts a file in `directory` for a download: its number, and the last part of its path.
    pub(super) fn create(directory: &Path, number: usize, path: &str) -> anyhow::Result<Self> {
        let name = format!("{:03}-{}", number + 1, safe_name(path));
        let whole = directory.join(&name);
        // Two programs, or two threads of one, must not write into the same part.
        let part = directory.join(format!("{name}.{}.part", std::process::id()));
        let file =
            File::create(&part).with_context(|| format!("cannot write {}", part.display()))?;
        Ok(Self {
            file,
            part,
            whole,
            finished: false,
        })
    }

    /// A few kilobytes at a time go into the page cache: that does not wait worth mentioning.
    pub(super) fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let written = self.file.write_all(bytes);
        written.with_context(|| format!("cannot write {}", self.part.display()))
    }

    /// Gives it its final name, in one step.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        std::fs::rename(&self.part, &self.whole)
            .with_context(|| format!("cannot write {}", self.whole.display()))?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if !self.finished {
            // It may be gone already; then that is what we want.
            let _ = std::fs::remove_file(&self.part);
        }
    }
}

/// A name from elsewhere, made harmless: no directories, nothing hidden, nothing long.
fn safe_name(path: &str) -> String {
    let last = path.rsplit('/').next().unwrap_or_default();
    let keep = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    let name: String = last
        .chars()
        .filter(|&letter| keep(letter))
        .take(64)
        .collect();
    let name = name.trim_start_matches('.');
    if name.is_empty() {
        "picture".to_owned()
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_elsewhere_stays_in_its_directory() {
        assert_eq!(safe_name("/a/b/cat.png"), "cat.png");
        assert_eq!(safe_name("/../.."), "picture");
        assert_eq!(safe_name("/.hidden%2fx"), "hidden2fx");
        assert_eq!(safe_name("/"), "picture");
    }

    #[test]
    fn a_file_is_whole_or_not_there() {
        let directory = tempfile::tempdir().unwrap();
        let names = || std::fs::read_dir(&directory).unwrap().count();
        let mut part = PartFile::create(directory.path(), 0, "/cat.png").unwrap();
        part.write(b"half").unwrap();
        assert!(!directory.path().join("001-cat.png").exists());
        drop(part);
        assert_eq!(names(), 0);
        let mut part = PartFile::create(directory.path(), 0, "/cat.png").unwrap();
        part.write(b"whole").unwrap();
        part.finish().unwrap();
        assert_eq!(
            std::fs::read(directory.path().join("001-cat.png")).unwrap(),
            b"whole"
        );
        assert_eq!(names(), 1);
    }
}
