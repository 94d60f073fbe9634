//! The plan against independent readers: any range is the slice it claims to be,
//! and `async_zip` and `zip` read from the whole what was put in.

use std::io::{self, Read, Seek, SeekFrom};

use async_zip::base::read1::seek::ZipArchiveReader;
use futures_util::io::{AllowStdIo, AsyncReadExt, BufReader};
use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::names;
use crate::record::Modified;

const GIB: u64 = 1 << 30;

/// An archive of photos whose bytes are computed, so that gigabytes of them cost nothing.
struct Sparse {
    plan: ArchivePlan,
    position: u64,
}

/// The byte of photo `index` at `offset`.
fn byte(index: usize, offset: u64) -> u8 {
    (offset as u8).wrapping_mul(31) ^ (index as u8) ^ (offset >> 8) as u8
}

/// Only small photos are ever read back, so only they need a true checksum.
fn checksum(index: usize, size: u64) -> u32 {
    if size > 1 << 20 {
        return 7;
    }
    let bytes: Vec<u8> = (0..size).map(|offset| byte(index, offset)).collect();
    crc32fast::hash(&bytes)
}

impl Sparse {
    fn new(files: &[(String, u64)]) -> Self {
        let originals: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        let entries =
            names::distinct(&originals)
                .into_iter()
                .zip(files)
                .map(|(name, &(_, size))| Entry {
                    name,
                    size,
                    modified: Modified {
                        seconds: 1_795_254_060,
                        nanoseconds: 0,
                        wall: date(2026, 11, 21).at(9, 41, 0, 0),
                    },
                });
        Self {
            plan: ArchivePlan::new(entries.collect()).unwrap(),
            position: 0,
        }
    }

    fn slice(&self, range: Range<u64>) -> Vec<u8> {
        let mut out = Vec::new();
        for Part { section, range } in self.plan.parts(range) {
            let (Section::Local(index) | Section::Photo(index) | Section::Central(index)) = section
            else {
                append(&mut out, range, |whole| self.plan.write(section, 0, whole));
                continue;
            };
            if let Section::Photo(_) = section {
                out.extend(range.map(|offset| byte(index, offset)));
            } else {
                let checksum = checksum(index, self.plan.entries[index].entry.size);
                append(&mut out, range, |whole| {
                    self.plan.write(section, checksum, whole);
                });
            }
        }
        out
    }
}

fn append(out: &mut Vec<u8>, range: Range<u64>, write: impl FnOnce(&mut Vec<u8>)) {
    let mut whole = Vec::new();
    write(&mut whole);
    out.extend_from_slice(&whole[range.start as usize..range.end as usize]);
}

impl Read for Sparse {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.slice(self.position..self.position + buffer.len() as u64);
        buffer[..bytes.len()].copy_from_slice(&bytes);
        self.position += bytes.len() as u64;
        Ok(bytes.len())
    }
}

impl Seek for Sparse {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(back) => self.plan.length().checked_add_signed(back),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

/// Reads `archive` with both libraries and compares names, sizes and the contents of what is small.
fn check_with_readers(files: &[(String, u64)]) {
    let originals: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let expected = names::distinct(&originals);

    let mut zip = zip::ZipArchive::new(Sparse::new(files)).unwrap();
    assert_eq!(zip.len(), files.len());
    let sample = (files.len() / 50).max(1);
    for index in (0..files.len()).step_by(sample) {
        let mut file = zip.by_index(index).unwrap();
        assert_eq!(file.name().unwrap(), &*expected[index]);
        assert_eq!(file.size(), files[index].1);
        assert_eq!(file.compression(), zip::CompressionMethod::Stored);
        if files[index].1 < 1 << 20 {
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            let wanted: Vec<u8> = (0..files[index].1).map(|o| byte(index, o)).collect();
            assert_eq!(content, wanted);
        }
    }

    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    if Sparse::new(files).plan.length() < 4 * GIB {
        runtime.block_on(check_strictly(files, &expected, sample));
    }
    runtime.block_on(check_large(files, &expected));
}

/// A small buffer, for `async_zip` throws it away at each entry.
fn source(files: &[(String, u64)]) -> BufReader<AllowStdIo<Sparse>> {
    BufReader::with_capacity(512, AllowStdIo::new(Sparse::new(files)))
}

/// `async_zip`'s newest reader: it compares both headers of an entry with each other.
async fn check_strictly(files: &[(String, u64)], expected: &[Box<str>], sample: usize) {
    let mut reader = ZipArchiveReader::open(source(files)).await.unwrap();
    assert_eq!(reader.cdrs().len(), files.len());
    for index in (0..files.len()).step_by(sample) {
        let record = &reader.cdrs()[index];
        assert!(record.insecure_file_name == *expected[index].as_bytes());
        assert_eq!(record.uncompressed_size().unwrap(), files[index].1);
        assert!(!record.cdrh.gpf.data_descriptor());
        let mut file = reader.file(index).await.unwrap();
        // Reading to the end also checks length and checksum.
        let mut content = Vec::new();
        if files[index].1 < 1 << 20 {
            file.read_to_end(&mut content).await.unwrap();
            assert_eq!(content.len() as u64, files[index].1);
        }
    }
}

/// Its older reader: the newest takes a ZIP64 field for damaged that, as the format
/// has it, holds only the offset, so it cannot open what lies behind 4 GiB.
#[allow(deprecated)]
async fn check_large(files: &[(String, u64)], expected: &[Box<str>]) {
    let reader = async_zip::base::read::seek::ZipFileReader::new(source(files));
    let reader = reader.await.unwrap();
    assert_eq!(reader.file().entries().len(), files.len());
    for (index, entry) in reader.file().entries().iter().enumerate() {
        assert_eq!(entry.filename().as_str().unwrap(), &*expected[index]);
        assert_eq!(entry.uncompressed_size(), files[index].1);
    }
}

fn named(files: &[(&str, u64)]) -> Vec<(String, u64)> {
    let owned = files.iter().map(|&(name, size)| (name.to_owned(), size));
    owned.collect()
}

#[test]
fn an_empty_album_is_a_valid_empty_archive() {
    let empty = Sparse::new(&[]);
    assert_eq!(empty.slice(0..100).len(), 22);
    check_with_readers(&[]);
}

#[test]
fn an_empty_photo_has_no_part_of_its_own() {
    let files = named(&[("a", 0), ("b", 3), ("c", 0)]);
    let archive = Sparse::new(&files);
    let photos = archive.plan.parts(0..u64::MAX);
    let photos: Vec<Section> = photos
        .map(|part| part.section)
        .filter(|section| matches!(section, Section::Photo(_)))
        .collect();
    assert_eq!(photos, [Section::Photo(1)]);
    check_with_readers(&files);
}

#[test]
fn photos_around_four_gibibytes_are_read_by_both_libraries() {
    let limit = 4 * GIB - 1;
    check_with_readers(&named(&[
        ("just-below.jpg", limit - 1),
        ("behind.jpg", 500),
    ]));
    check_with_readers(&named(&[("at.jpg", limit), ("behind.jpg", 500)]));
    check_with_readers(&named(&[
        ("above.jpg", 4 * GIB + 17),
        ("behind.jpg", 500),
        ("twice.jpg", 9 * GIB),
        ("last.jpg", 1),
    ]));
}

#[test]
fn zip64_appears_exactly_where_a_number_needs_it() {
    let has_zip64_end = |files: &[(&str, u64)]| {
        let archive = Sparse::new(&named(files));
        let length = archive.plan.length();
        let tail = archive.slice(length - 98..length);
        tail.starts_with(b"PK\x06\x06")
    };
    // 30 bytes of header, one of name, nine of time: the directory starts right behind them.
    let largest = u64::from(u32::MAX) - 1 - 40;
    assert!(!has_zip64_end(&[("a", largest)]));
    assert!(has_zip64_end(&[("a", largest + 1)]));
}

#[test]
fn an_archive_beyond_all_numbers_is_refused() {
    let entry = |name: &str| Entry {
        name: name.into(),
        size: 7 << 60,
        modified: Modified {
            seconds: 0,
            nanoseconds: 0,
            wall: date(2026, 1, 1).at(0, 0, 0, 0),
        },
    };
    assert!(ArchivePlan::new(vec![entry("a")]).is_ok());
    let three = vec![entry("a"), entry("b"), entry("c")];
    assert_eq!(ArchivePlan::new(three).unwrap_err(), TooLong);
}

#[test]
fn seventy_thousand_photos_are_read_by_both_libraries() {
    let files: Vec<(String, u64)> = (0..70_000)
        .map(|n| (format!("{n:05}.jpg"), n % 3))
        .collect();
    check_with_readers(&files);
    let below: Vec<(String, u64)> = files[..65_534].to_vec();
    let plan = Sparse::new(&below).plan;
    assert_eq!(plan.end_record().written_length(), 22);
    let at = Sparse::new(&files[..65_535]).plan;
    assert_eq!(at.end_record().written_length(), 22 + 76);
}

fn albums() -> impl Strategy<Value = Vec<(String, u64)>> {
    let name = prop_oneof![
        "[a-cA-C]{1,2}\\.jpg",
        "[\\x00-\\x1f\\\\;$`'\" é世🙂.-]{1,12}",
        "\\PC{1,30}",
    ];
    prop::collection::btree_map(name, 0..3000_u64, 0..12)
        .prop_map(|files| files.into_iter().collect())
}

proptest! {
    #[test]
    fn any_range_is_that_slice_of_the_whole(files in albums(), a in any::<u64>(), b in any::<u64>()) {
        let archive = Sparse::new(&files);
        let length = archive.plan.length();
        let whole = archive.slice(0..length);
        prop_assert_eq!(whole.len() as u64, length);
        let (a, b) = (a % (length + 1), b % (length + 1));
        let range = a.min(b)..a.max(b);
        let slice = &whole[range.start as usize..range.end as usize];
        prop_assert_eq!(archive.slice(range), slice);
    }

    #[test]
    fn any_range_beyond_four_gibibytes_is_made_of_the_same_bytes(
        start in 4 * GIB - 300..4 * GIB + 300, first in 0..200_u64, second in 0..200_u64
    ) {
        let archive = Sparse::new(&named(&[("large.jpg", 4 * GIB), ("a.jpg", 100), ("b.jpg", 7)]));
        let joined = [
            archive.slice(start..start + first),
            archive.slice(start + first..start + first + second),
        ];
        prop_assert_eq!(joined.concat(), archive.slice(start..start + first + second));
    }

    #[test]
    fn whatever_the_names_both_libraries_read_equal_contents(files in albums()) {
        check_with_readers(&files);
    }
}
