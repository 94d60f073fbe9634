//! An album: its link's hash, its photos in the order of the archive, and a tag for this version of it.
//!
//! Pure. The original knew an album only as a directory that `zip` would read;
//! nothing could tell whether two downloads were of the same thing.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use crate::names;
use crate::plan::{ArchivePlan, TooLong};
use crate::record::{Entry, Modified};

/// Some file systems count times of modification in steps of two seconds.
const SETTLED: Duration = Duration::from_secs(2);

/// The layout of the archives: a new one must not continue a download of an old one.
const LAYOUT: &str = "zip 1";

/// The secret part of an album's link: 1 to 128 letters, digits, `_` and `-`.
///
/// Nothing else is ever handed to the file system, so no link can leave the
/// directory of albums, name a hidden file or reach a shell.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AlbumId(Box<str>);

impl AlbumId {
    /// The hash as it stands in the link.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that cannot be the hash of an album.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("an album's hash is 1 to 128 letters, digits, '_' and '-'")]
pub struct NoAlbumId;

impl FromStr for AlbumId {
    type Err = NoAlbumId;

    fn from_str(text: &str) -> Result<Self, NoAlbumId> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if (1..=128).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text.into()))
        } else {
            Err(NoAlbumId)
        }
    }
}

impl fmt::Display for AlbumId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which file this is, whatever its name: a replaced file has another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The device of a file system, or the half of another source's identity.
    pub device: u64,
    /// The inode, or the other half.
    pub inode: u64,
}

/// One photo as its source lists it. Two equal ones have equal bytes, as far as a source can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo<Key> {
    /// What the source calls it.
    pub key: Key,
    /// Its length in bytes.
    pub size: u64,
    /// When it was modified.
    pub modified: Modified,
    /// Which file it is.
    pub identity: Identity,
}

impl<Key> Photo<Key> {
    /// What identifies this version of the photo's bytes.
    #[must_use]
    pub fn version(&self) -> Version {
        Version {
            identity: self.identity,
            size: self.size,
            seconds: self.modified.seconds,
            nanoseconds: self.modified.nanoseconds,
        }
    }

    /// A strong entity tag for something made of the photo alone; `kind` tells the
    /// photo itself from a picture of it, and one way to make that from the next.
    #[must_use]
    pub fn etag(&self, kind: &str) -> String {
        let mut hash = Sha256::new_with_prefix(kind);
        self.version().feed(&mut hash);
        quoted(hash)
    }

    /// Whether it is old enough at `now` that what is made of it may be remembered.
    ///
    /// The next change of a younger one, or of one dated in the future, might not
    /// show in its time of modification.
    #[must_use]
    pub fn has_settled(&self, now: SystemTime) -> bool {
        let modified = Duration::from_secs(self.modified.seconds.try_into().unwrap_or(0));
        let age = now.duration_since(UNIX_EPOCH + modified);
        age.is_ok_and(|age| age > SETTLED)
    }
}

/// A version of some file's bytes: device, inode, size and time of modification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    identity: Identity,
    size: u64,
    seconds: i64,
    nanoseconds: u32,
}

impl Version {
    fn feed(&self, hash: &mut Sha256) {
        hash.update(self.identity.device.to_le_bytes());
        hash.update(self.identity.inode.to_le_bytes());
        hash.update(self.size.to_le_bytes());
        hash.update(self.seconds.to_le_bytes());
        hash.update(self.nanoseconds.to_le_bytes());
    }
}

/// The photos of one album under the names they have in its archive, sorted by them.
#[derive(Clone, Debug)]
pub struct Album<Key> {
    photos: Vec<(Box<str>, Photo<Key>)>,
}

impl<Key> Album<Key> {
    /// Names and sorts `photos`; `name` tells what each would be called if nothing spoke against it.
    #[must_use]
    pub fn new(photos: Vec<Photo<Key>>, name: impl Fn(&Key) -> String) -> Self {
        let originals: Vec<String> = photos.iter().map(|photo| name(&photo.key)).collect();
        let originals: Vec<&str> = originals.iter().map(String::as_str).collect();
        let mut photos: Vec<_> = names::distinct(&originals)
            .into_iter()
            .zip(photos)
            .collect();
        photos.sort_by(|(a, _), (b, _)| a.cmp(b));
        Self { photos }
    }

    /// How many photos it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.photos.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.photos.is_empty()
    }

    /// The photos with their names, sorted.
    pub fn photos(&self) -> impl ExactSizeIterator<Item = (&str, &Photo<Key>)> {
        self.photos.iter().map(|(name, photo)| (&**name, photo))
    }

    /// The photo at `index`, with its name.
    ///
    /// # Panics
    ///
    /// If there are not so many.
    #[must_use]
    pub fn photo(&self, index: usize) -> (&str, &Photo<Key>) {
        let (name, photo) = &self.photos[index];
        (name, photo)
    }

    /// The photo called `name`.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Photo<Key>> {
        let index = self
            .photos
            .binary_search_by(|(n, _)| (**n).cmp(name))
            .ok()?;
        Some(&self.photos[index].1)
    }

    /// Keeps only the photos called one of `names`, under the names they have in the whole album.
    ///
    /// # Errors
    ///
    /// The first of `names` that is not there.
    pub fn select(self, names: &[String]) -> Result<Self, &str> {
        if let Some(unknown) = names.iter().find(|name| self.find(name).is_none()) {
            return Err(unknown);
        }
        let mut wanted: Vec<&str> = names.iter().map(String::as_str).collect();
        wanted.sort_unstable();
        let mut photos = self.photos;
        photos.retain(|(name, _)| wanted.binary_search(&&**name).is_ok());
        Ok(Self { photos })
    }

    /// The length of all photos together, in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        let sizes = self.photos.iter().map(|(_, photo)| photo.size);
        sizes.fold(0, u64::saturating_add)
    }

    /// The plan of its archive.
    ///
    /// # Errors
    ///
    /// The archive would be too long.
    pub fn plan(&self) -> Result<ArchivePlan, TooLong> {
        let entry = |(name, photo): &(Box<str>, Photo<Key>)| Entry {
            name: name.clone(),
            size: photo.size,
            modified: photo.modified,
        };
        ArchivePlan::new(self.photos.iter().map(entry).collect())
    }

    /// A strong entity tag of its archive: equal only if every byte of it is.
    #[must_use]
    pub fn etag(&self) -> String {
        let mut hash = Sha256::new_with_prefix(LAYOUT);
        for (name, photo) in &self.photos {
            hash.update((name.len() as u64).to_le_bytes());
            hash.update(name.as_bytes());
            photo.version().feed(&mut hash);
            // The headers hold the server's wall clock, which moves with its time zone.
            hash.update(photo.modified.wall.to_string());
        }
        quoted(hash)
    }
}

fn quoted(hash: Sha256) -> String {
    // 128 bits: no two versions will ever meet by chance.
    let digest = hash.finalize();
    let hex: String = digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("\"{hex}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn photo(name: &str, size: u64, nanoseconds: u32) -> Photo<String> {
        Photo {
            key: name.to_owned(),
            size,
            modified: Modified {
                seconds: 1_795_254_060,
                nanoseconds,
                wall: date(2026, 11, 21).at(9, 41, 0, 0),
            },
            identity: Identity {
                device: 1,
                inode: 2,
            },
        }
    }

    fn album(photos: Vec<Photo<String>>) -> Album<String> {
        Album::new(photos, String::clone)
    }

    #[test]
    fn only_plain_words_are_hashes() {
        for good in ["7kna", "a", "A_b-9", &"x".repeat(128)] {
            assert_eq!(good.parse::<AlbumId>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            ".",
            "..",
            "a/b",
            "a\\b",
            "a b",
            "a;b",
            "é",
            "$(id)",
            &"x".repeat(129),
        ] {
            assert_eq!(bad.parse::<AlbumId>(), Err(NoAlbumId), "{bad}");
        }
    }

    #[test]
    fn photos_are_sorted_by_the_names_they_are_given() {
        let album = album(vec![photo("b", 1, 0), photo("a", 1, 0), photo("A", 1, 0)]);
        let names: Vec<&str> = album.photos().map(|(name, _)| name).collect();
        assert_eq!(names, ["A", "a (2)", "b"]);
    }

    #[test]
    fn the_tag_changes_with_a_name_a_size_a_nanosecond_or_an_identity() {
        let tag = |photo: Photo<String>| album(vec![photo]).etag();
        let original = tag(photo("a", 1, 0));
        assert_eq!(original, tag(photo("a", 1, 0)));
        assert_ne!(original, tag(photo("b", 1, 0)));
        assert_ne!(original, tag(photo("a", 2, 0)));
        assert_ne!(original, tag(photo("a", 1, 1)));
        let mut replaced = photo("a", 1, 0);
        replaced.identity.inode = 3;
        assert_ne!(original, tag(replaced));
        assert_ne!(original, album(vec![]).etag());
    }

    #[test]
    fn a_selection_keeps_the_names_of_the_whole_album() {
        let whole = album(vec![photo("a", 1, 0), photo("A", 2, 0), photo("b", 3, 0)]);
        let wanted = ["a (2)".to_owned(), "b".to_owned(), "b".to_owned()];
        let chosen = whole.clone().select(&wanted).unwrap();
        let names: Vec<&str> = chosen.photos().map(|(name, _)| name).collect();
        assert_eq!(names, ["a (2)", "b"]);
        assert_eq!(whole.select(&["c".to_owned()]).unwrap_err(), "c");
    }
}
