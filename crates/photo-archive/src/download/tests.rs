//! Downloads from photos in memory, which count what is read of them.

use std::collections::BTreeMap;
use std::sync::Mutex;

use jiff::civil::date;

use super::*;
use crate::album::{Album, Identity, Photo};
use crate::planned::Plans;
use crate::record::Modified;

/// Photos of these contents, and how many bytes of each were read.
#[derive(Debug)]
struct Memory {
    photos: Vec<Vec<u8>>,
    read: Arc<Mutex<BTreeMap<usize, u64>>>,
}

/// The bytes of one of them.
#[derive(Debug)]
struct Reader {
    index: usize,
    photo: Vec<u8>,
    read: Arc<Mutex<BTreeMap<usize, u64>>>,
}

impl PhotoSource for Memory {
    type Key = usize;
    type Reader = Reader;

    fn name(key: &usize) -> String {
        format!("{key}.jpg")
    }

    async fn albums(&self) -> Result<Vec<AlbumId>, SourceError> {
        Ok(vec![])
    }

    async fn photos(&self, _: &AlbumId) -> Result<Vec<Photo<usize>>, SourceError> {
        let photo = |(key, bytes): (usize, &Vec<u8>)| Photo {
            key,
            size: bytes.len() as u64,
            // Far in the future: nothing may be remembered of it.
            modified: Modified {
                seconds: 1 << 40,
                nanoseconds: 0,
                wall: date(2026, 11, 21).at(9, 41, 0, 0),
            },
            identity: Identity {
                device: 1,
                inode: key as u64,
            },
        };
        Ok(self.photos.iter().enumerate().map(photo).collect())
    }

    async fn photo(&self, _: &AlbumId, _: &str) -> Result<Photo<usize>, SourceError> {
        Err(SourceError::Missing)
    }

    async fn open(&self, _: &AlbumId, photo: &Photo<usize>) -> Result<Reader, SourceError> {
        self.read.lock().unwrap().entry(photo.key).or_default();
        Ok(Reader {
            index: photo.key,
            photo: self.photos[photo.key].clone(),
            read: Arc::clone(&self.read),
        })
    }
}

impl PhotoReader for Reader {
    async fn read(
        &mut self,
        offset: u64,
        limit: usize,
        mut buffer: Buffer,
    ) -> Result<Buffer, SourceError> {
        let rest = &self.photo[offset as usize..];
        // An odd number, so that pieces end where nothing else does.
        let count = buffer.append(&rest[..rest.len().min(limit).min(70_001)]);
        *self.read.lock().unwrap().get_mut(&self.index).unwrap() += count as u64;
        Ok(buffer)
    }

    async fn check(&mut self) -> Result<(), SourceError> {
        Ok(())
    }
}

struct Fixture {
    shared: Arc<Shared<Memory>>,
    planned: Arc<Planned<usize>>,
    read: Arc<Mutex<BTreeMap<usize, u64>>>,
}

async fn fixture(lengths: &[usize]) -> Fixture {
    let photo = |(index, &length): (usize, &usize)| {
        let byte = |position: usize| (position ^ (position >> 8) ^ index) as u8;
        (0..length).map(byte).collect()
    };
    let read = Arc::default();
    let source = Memory {
        photos: lengths.iter().enumerate().map(photo).collect(),
        read: Arc::clone(&read),
    };
    let photos = source.photos(&id()).await.unwrap();
    let planned = Plans::default().of(Album::new(photos, Memory::name));
    let pool = Pool::default();
    Fixture {
        shared: Arc::new(Shared {
            source,
            checksums: Checksums::new(pool.clone()),
            pool,
            delay: Duration::ZERO,
        }),
        planned: planned.unwrap(),
        read,
    }
}

fn id() -> AlbumId {
    "a".parse().unwrap()
}

impl Fixture {
    fn download(&self, range: Range<u64>) -> Download<Memory> {
        let planned = Arc::clone(&self.planned);
        let id = id();
        let request = Request { id, planned, range };
        Download::new(Arc::clone(&self.shared), request, None)
    }

    async fn bytes(&self, range: Range<u64>) -> Vec<u8> {
        let mut download = self.download(range);
        let mut bytes = Vec::new();
        while let Some(chunk) = download.next().await.unwrap() {
            bytes.extend_from_slice(&chunk);
        }
        bytes
    }
}

#[tokio::test]
async fn a_photo_that_may_not_be_remembered_is_still_read_no_more_than_twice() {
    let lengths = [300_000, 1_000_000, 0, 5, 700_000];
    let fixture = fixture(&lengths).await;
    let length = fixture.planned.plan.length();
    assert_eq!(fixture.bytes(0..length).await.len() as u64, length);
    for (index, &read) in fixture.read.lock().unwrap().iter() {
        assert_eq!(read, 2 * lengths[*index] as u64, "photo {index}");
    }
    fixture.read.lock().unwrap().clear();
    // Of what comes before the range only the checksum is needed, for the directory.
    fixture.bytes(1_500_000..length).await;
    let read = fixture.read.lock().unwrap();
    assert_eq!((read[&0], read[&1]), (300_000, 1_000_000));
}

#[tokio::test]
async fn any_range_is_that_slice_of_the_whole() {
    let fixture = fixture(&[1000, 0, 300_000, 70_001, 1]).await;
    let length = fixture.planned.plan.length();
    let whole = fixture.bytes(0..length).await;
    let edges: Vec<u64> = fixture
        .planned
        .plan
        .parts(0..length)
        .scan(0, |position, part| {
            *position += part.range.end - part.range.start;
            Some(*position)
        })
        .collect();
    assert_eq!(edges.last(), Some(&length));
    let near = |edge: &u64| [edge.saturating_sub(3), *edge, (*edge + 3).min(length)];
    let mut places: Vec<u64> = edges.iter().flat_map(near).chain([0, 7]).collect();
    places.sort_unstable();
    places.dedup();
    for (index, &start) in places.iter().enumerate() {
        for &end in &places[index + 1..] {
            let part = fixture.bytes(start..end).await;
            assert!(
                part == whole[start as usize..end as usize],
                "{start}..{end}"
            );
        }
    }
}

#[tokio::test]
async fn a_slow_client_has_one_photo_read_ahead_and_no_more() {
    let fixture = fixture(&[600_000; 20]).await;
    let mut download = fixture.download(0..fixture.planned.plan.length());
    download.next().await.unwrap();
    // Whatever was started runs as far as it can.
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    let read = fixture.read.lock().unwrap();
    let opened: Vec<usize> = read.keys().copied().collect();
    assert_eq!(opened, [0, 1]);
}
