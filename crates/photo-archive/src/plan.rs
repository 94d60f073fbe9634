//! The order of writing: where each byte of an archive comes from, before any is read.
//!
//! Stored entries are as long as their files, so names and sizes alone fix every
//! offset. That gives the archive its length before it exists, and any range of
//! it without the bytes before. [`ArchivePlan::parts`] answers which pieces a
//! range is made of; the shell fetches the photos' bytes and asks the plan for the rest.
//!
//! The original ran `zip -r -` and passed on what came: no length, no resuming.

use std::ops::Range;

use crate::record::{End, Entry};

/// The longest archive; beyond it lies room for the directory of any album that fits into memory.
const LONGEST: u64 = 1 << 63;

/// An album whose archive would be longer than 2⁶³ bytes.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the archive would be too long")]
pub struct TooLong;

/// Where everything in an archive stands.
///
/// ```
/// use jiff::civil::date;
/// use photo_archive::plan::{ArchivePlan, Section};
/// use photo_archive::record::{Entry, Modified};
///
/// let wall = date(2026, 11, 21).at(9, 41, 0, 0);
/// let modified = Modified { seconds: 1_795_254_060, nanoseconds: 0, wall };
/// let plan = ArchivePlan::new(vec![Entry { name: "a.jpg".into(), size: 1000, modified }])?;
/// let first = plan.parts(0..plan.length()).next();
/// assert_eq!(first.map(|part| part.section), Some(Section::Local(0)));
/// # Ok::<(), photo_archive::plan::TooLong>(())
/// ```
#[derive(Debug, Default)]
pub struct ArchivePlan {
    entries: Vec<Placed>,
    directory: u64,
    end: u64,
    length: u64,
}

/// An entry, and where its two headers stand.
#[derive(Debug)]
struct Placed {
    entry: Entry,
    local: u64,
    central: u64,
}

/// A piece of the archive that is made in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// The header before a photo; needs that photo's checksum.
    Local(usize),
    /// The bytes of a photo.
    Photo(usize),
    /// A photo's header in the directory; needs its checksum.
    Central(usize),
    /// The end record.
    End,
}

/// Some bytes of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which section.
    pub section: Section,
    /// Which of its bytes, counted from its start.
    pub range: Range<u64>,
}

impl ArchivePlan {
    /// Places `entries` one behind the other in the order given.
    ///
    /// # Errors
    ///
    /// The archive would be longer than 2⁶³ bytes, which no client could ask for a range of.
    pub fn new(entries: Vec<Entry>) -> Result<Self, TooLong> {
        let mut plan = Self::default();
        for entry in entries {
            let local = plan.directory;
            plan.directory = local
                .checked_add(entry.local_length())
                .and_then(|data| data.checked_add(entry.size))
                .filter(|&end| end <= LONGEST)
                .ok_or(TooLong)?;
            plan.entries.push(Placed {
                entry,
                local,
                central: 0,
            });
        }
        plan.end = plan.directory;
        for placed in &mut plan.entries {
            placed.central = plan.end;
            plan.end += placed.entry.central_length(placed.local);
        }
        plan.length = plan.end + plan.end_record().written_length();
        Ok(plan)
    }

    /// The length of the whole archive in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The parts that make up `range` of the archive, in order. What of it lies past the end is left out.
    pub fn parts(&self, range: Range<u64>) -> Parts<'_> {
        Parts {
            plan: self,
            next: range.start,
            end: range.end.min(self.length),
        }
    }

    /// Writes a section that is no photo: a header, with the photo's `checksum` in it, or the end record.
    pub fn write(&self, section: Section, checksum: u32, out: &mut Vec<u8>) {
        match section {
            Section::Local(index) => self.entries[index].entry.local(checksum, out),
            Section::Central(index) => {
                let placed = &self.entries[index];
                placed.entry.central(checksum, placed.local, out);
            }
            Section::End => self.end_record().write(out),
            Section::Photo(_) => {}
        }
    }

    fn end_record(&self) -> End {
        End {
            entries: self.entries.len() as u64,
            offset: self.directory,
            length: self.end - self.directory,
        }
    }

    /// The section that holds the byte at `offset`, and where that section lies.
    fn section_at(&self, offset: u64) -> (Section, Range<u64>) {
        if offset >= self.end {
            return (Section::End, self.end..self.length);
        }
        let after = |key: fn(&Placed) -> u64| self.entries.partition_point(|e| key(e) <= offset);
        if offset >= self.directory {
            let next = after(|placed| placed.central);
            let end = self.entries.get(next).map_or(self.end, |p| p.central);
            return (
                Section::Central(next - 1),
                self.entries[next - 1].central..end,
            );
        }
        let next = after(|placed| placed.local);
        let placed = &self.entries[next - 1];
        let data = placed.local + placed.entry.local_length();
        if offset < data {
            (Section::Local(next - 1), placed.local..data)
        } else {
            (Section::Photo(next - 1), data..data + placed.entry.size)
        }
    }
}

/// Iterator over the parts of a range; made by [`ArchivePlan::parts`].
#[derive(Debug)]
pub struct Parts<'a> {
    plan: &'a ArchivePlan,
    next: u64,
    end: u64,
}

impl Iterator for Parts<'_> {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        if self.next >= self.end {
            return None;
        }
        let (section, whole) = self.plan.section_at(self.next);
        let end = whole.end.min(self.end);
        let range = self.next - whole.start..end - whole.start;
        self.next = end;
        Some(Part { section, range })
    }
}

#[cfg(test)]
mod tests;
