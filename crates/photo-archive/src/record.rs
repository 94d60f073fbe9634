//! The records of a ZIP file, byte for byte, for entries that are stored as they are.
//!
//! Numbers in brackets are sections of APPNOTE.TXT 6.3.10, the format's own
//! description. A size or offset that does not fit 32 bits is written as all
//! ones and repeated in a ZIP64 field; where it fits there is no such field,
//! because old tools refuse what they do not need to know.
//!
//! Python's `zipfile` and the `zip` program write the same records, but after
//! the data or by seeking back; here the length of each is known beforehand.

use jiff::civil::DateTime;

/// The largest value of a 32-bit field; it means "see the ZIP64 field" [4.4.8].
const MAX_32: u64 = u32::MAX as u64;
/// The largest value of a 16-bit field, with the same meaning [4.4.21].
const MAX_16: u64 = u16::MAX as u64;

const LOCAL_LENGTH: u64 = 30;
const CENTRAL_LENGTH: u64 = 46;
const END_LENGTH: u64 = 22;
/// The ZIP64 end record and the locator that points to it [4.3.14, 4.3.15].
const END_64_LENGTH: u64 = 56 + 20;
/// Header id, length, flags and one 32-bit time.
const TIMESTAMP_LENGTH: u64 = 9;

/// Names are UTF-8 [4.4.4, bit 11]; no other flag: sizes and checksum stand in the header itself.
const FLAGS: u16 = 1 << 11;
const STORED: u16 = 0;
/// The version of the format that plain stored entries need: 1.0 [4.4.3.2].
const VERSION_PLAIN: u16 = 10;
/// The version that ZIP64 fields need: 4.5.
const VERSION_64: u16 = 45;
/// Made on Unix, so that the upper half of the attributes is a file mode [4.4.2].
const MADE_ON_UNIX: u16 = 3 << 8;
/// A regular file that all may read and the owner may write.
const FILE_MODE: u32 = 0o100_644 << 16;

/// When a file was modified, as the two clocks that a ZIP file knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Modified {
    /// Seconds since 1970, UTC.
    pub seconds: i64,
    /// The rest, in nanoseconds: no field holds it, but a changed file shows by it.
    pub nanoseconds: u32,
    /// The wall clock of the server: DOS times know no zone.
    pub wall: DateTime,
}

impl Modified {
    /// Time and date as DOS wrote them: two-second steps, from 1980 to 2107 [4.4.6].
    fn dos(&self) -> (u16, u16) {
        let wall = self.wall;
        let year = u16::try_from(wall.year()).unwrap_or(0);
        if year < 1980 {
            return (0, 1 << 5 | 1);
        }
        if year > 2107 {
            return (23 << 11 | 59 << 5 | 29, 127 << 9 | 12 << 5 | 31);
        }
        let field = |value: i8| u16::from(value.unsigned_abs());
        (
            field(wall.hour()) << 11 | field(wall.minute()) << 5 | (field(wall.second()) / 2),
            (year - 1980) << 9 | field(wall.month()) << 5 | field(wall.day()),
        )
    }

    /// The extended timestamp field of Info-ZIP holds 32-bit seconds; later times go without.
    fn extended(&self) -> Option<i32> {
        i32::try_from(self.seconds).ok()
    }

    fn extended_length(&self) -> u64 {
        self.extended().map_or(0, |_| TIMESTAMP_LENGTH)
    }
}

/// What the records say of one file, all but its checksum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name in the archive, at most 65,535 bytes.
    pub name: Box<str>,
    /// Its length in bytes.
    pub size: u64,
    /// When it was modified.
    pub modified: Modified,
}

impl Entry {
    fn is_large(&self) -> bool {
        self.size >= MAX_32
    }

    /// The length of what [`local`](Self::local) writes.
    pub fn local_length(&self) -> u64 {
        let large = if self.is_large() { 4 + 16 } else { 0 };
        LOCAL_LENGTH + self.name.len() as u64 + large + self.modified.extended_length()
    }

    /// The length of what [`central`](Self::central) writes.
    pub fn central_length(&self, offset: u64) -> u64 {
        let large = match (self.is_large(), offset >= MAX_32) {
            (false, false) => 0,
            (false, true) => 4 + 8,
            (true, false) => 4 + 16,
            (true, true) => 4 + 24,
        };
        CENTRAL_LENGTH + self.name.len() as u64 + large + self.modified.extended_length()
    }

    /// Writes the header that stands before the file's bytes [4.3.7].
    pub fn local(&self, checksum: u32, out: &mut Vec<u8>) {
        let (time, date) = self.modified.dos();
        let size = clamp_32(self.size);
        let mut extra = Vec::with_capacity(32);
        if self.is_large() {
            zip64(&[self.size, self.size], &mut extra);
        }
        self.timestamp(&mut extra);
        out.extend_from_slice(b"PK\x03\x04");
        put_16(out, &[self.version(0), FLAGS, STORED, time, date]);
        put_32(out, &[checksum, size, size]);
        put_16(out, &[length_16(self.name.len()), length_16(extra.len())]);
        out.extend_from_slice(self.name.as_bytes());
        out.extend_from_slice(&extra);
    }

    /// Writes the header that stands in the directory at the archive's end [4.3.12].
    pub fn central(&self, checksum: u32, offset: u64, out: &mut Vec<u8>) {
        let (time, date) = self.modified.dos();
        let size = clamp_32(self.size);
        let version = self.version(offset);
        let mut large = Vec::new();
        if self.is_large() {
            large.extend([self.size, self.size]);
        }
        if offset >= MAX_32 {
            large.push(offset);
        }
        let mut extra = Vec::with_capacity(40);
        if !large.is_empty() {
            zip64(&large, &mut extra);
        }
        self.timestamp(&mut extra);
        out.extend_from_slice(b"PK\x01\x02");
        put_16(out, &[MADE_ON_UNIX | VERSION_64, version, FLAGS, STORED]);
        put_16(out, &[time, date]);
        put_32(out, &[checksum, size, size]);
        put_16(out, &[length_16(self.name.len()), length_16(extra.len())]);
        // No comment, first disk, no internal attributes.
        put_16(out, &[0, 0, 0]);
        put_32(out, &[FILE_MODE, clamp_32(offset)]);
        out.extend_from_slice(self.name.as_bytes());
        out.extend_from_slice(&extra);
    }

    fn version(&self, offset: u64) -> u16 {
        if self.is_large() || offset >= MAX_32 {
            VERSION_64
        } else {
            VERSION_PLAIN
        }
    }

    fn timestamp(&self, out: &mut Vec<u8>) {
        if let Some(seconds) = self.modified.extended() {
            put_16(out, &[0x5455, 5]);
            // One flag: only the time of modification follows.
            out.push(1);
            out.extend_from_slice(&seconds.to_le_bytes());
        }
    }
}

/// What stands at the very end: how many entries, and where their directory lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// How many entries the directory has.
    pub entries: u64,
    /// Where the directory starts.
    pub offset: u64,
    /// Its length in bytes.
    pub length: u64,
}

impl End {
    fn is_large(&self) -> bool {
        self.entries >= MAX_16 || self.offset >= MAX_32 || self.length >= MAX_32
    }

    /// The length of what [`write`](Self::write) writes.
    pub fn written_length(&self) -> u64 {
        END_LENGTH + if self.is_large() { END_64_LENGTH } else { 0 }
    }

    /// Writes the end record [4.3.16], after its ZIP64 twin where one is needed.
    pub fn write(&self, out: &mut Vec<u8>) {
        if self.is_large() {
            out.extend_from_slice(b"PK\x06\x06");
            // The length of the record after this field.
            put_64(out, &[44]);
            put_16(out, &[MADE_ON_UNIX | VERSION_64, VERSION_64]);
            put_32(out, &[0, 0]);
            put_64(out, &[self.entries, self.entries, self.length, self.offset]);
            out.extend_from_slice(b"PK\x06\x07");
            put_32(out, &[0]);
            put_64(out, &[self.offset + self.length]);
            put_32(out, &[1]);
        }
        let entries = u16::try_from(self.entries).unwrap_or(u16::MAX);
        out.extend_from_slice(b"PK\x05\x06");
        put_16(out, &[0, 0, entries, entries]);
        put_32(out, &[clamp_32(self.length), clamp_32(self.offset)]);
        put_16(out, &[0]);
    }
}

fn clamp_32(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn length_16(length: usize) -> u16 {
    u16::try_from(length).expect("file names and extra fields are far below 64 KiB")
}

/// The field that holds what does not fit 32 bits [4.5.3].
fn zip64(values: &[u64], out: &mut Vec<u8>) {
    put_16(out, &[1, length_16(values.len() * 8)]);
    put_64(out, values);
}

fn put_16(out: &mut Vec<u8>, values: &[u16]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn put_32(out: &mut Vec<u8>, values: &[u32]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn put_64(out: &mut Vec<u8>, values: &[u64]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn modified(wall: DateTime, seconds: i64) -> Modified {
        Modified {
            seconds,
            nanoseconds: 0,
            wall,
        }
    }

    #[test]
    fn dos_times_count_from_1980_in_steps_of_two_seconds() {
        let (time, date) = modified(date(2026, 11, 21).at(9, 41, 59, 0), 0).dos();
        assert_eq!(time, 9 << 11 | 41 << 5 | 29);
        assert_eq!(date, 46 << 9 | 11 << 5 | 21);
    }

    #[test]
    fn times_that_dos_does_not_know_become_the_nearest_it_does() {
        let before = modified(date(1969, 12, 31).at(23, 59, 59, 0), -1).dos();
        assert_eq!(before, (0, 1 << 5 | 1));
        let after = modified(date(2222, 2, 2).at(0, 0, 0, 0), 1 << 33).dos();
        assert_eq!(after.1 >> 9, 127);
    }

    #[test]
    fn a_plain_entry_needs_nothing_but_version_one() {
        let entry = Entry {
            name: "a.jpg".into(),
            size: MAX_32 - 1,
            modified: modified(date(2026, 1, 2).at(3, 4, 6, 0), 1_767_323_046),
        };
        let mut header = Vec::new();
        entry.local(0xAABB_CCDD, &mut header);
        assert_eq!(header.len(), 30 + 5 + 9);
        assert_eq!(header[4..6], [10, 0]);
        assert_eq!(header[14..18], [0xDD, 0xCC, 0xBB, 0xAA]);
        assert_eq!(header[18..22], [0xFE, 0xFF, 0xFF, 0xFF]);
    }

    proptest! {
        #[test]
        fn every_record_is_as_long_as_was_said(
            name in "[a-zé世/]{1,40}",
            size in prop_oneof![0..100u64, MAX_32 - 2..MAX_32 + 2, Just(u64::MAX / 4)],
            offset in prop_oneof![0..100u64, MAX_32 - 2..MAX_32 + 2],
            seconds in prop_oneof![-3..3i64, i64::from(i32::MAX) - 2..i64::from(i32::MAX) + 2],
            entries in prop_oneof![0..3u64, 65_533..65_537u64],
        ) {
            let wall = date(2026, 1, 1).at(0, 0, 0, 0);
            let entry = Entry { name: name.into(), size, modified: modified(wall, seconds) };
            let (mut local, mut central, mut end) = (Vec::new(), Vec::new(), Vec::new());
            entry.local(1, &mut local);
            prop_assert_eq!(local.len() as u64, entry.local_length());
            entry.central(1, offset, &mut central);
            prop_assert_eq!(central.len() as u64, entry.central_length(offset));
            let record = End { entries, offset, length: size };
            record.write(&mut end);
            prop_assert_eq!(end.len() as u64, record.written_length());
        }
    }
}
