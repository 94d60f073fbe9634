//! One archive, or a range of one, on its way to one client.
//!
//! [`Download::send`] is what the original had in its `while` loop around
//! `process.stdout.read`: the next bytes go when the client has taken what came
//! before. [`Download::next`] gives them as chunks instead, for pauses between them
//! and for systems without `sendfile`. Nothing runs beside either but the checksum
//! of the next photo, so a client that leaves takes everything with it.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::task::AbortOnDropHandle;

use crate::album::AlbumId;
use crate::buffer::{Buffer, CAPACITY, Pool};
use crate::checksum::Checksums;
use crate::plan::{Part, Section};
use crate::planned::Planned;
use crate::source::{PhotoReader, PhotoSource, SourceError};

/// Length of a chunk where there is a pause after each: that of the original, so that watching it is the same.
const SLOW_CHUNK: usize = 100 * 1024;

/// Why a download was cut off: its client sees a broken download, never a wrong archive.
#[derive(Debug, thiserror::Error)]
#[error("photo {name:?}: {reason}")]
pub struct DownloadError {
    name: String,
    reason: SourceError,
}

/// What all downloads share.
#[derive(Debug)]
pub struct Shared<S> {
    /// Where the photos are.
    pub source: S,
    /// Their checksums.
    pub checksums: Checksums,
    /// Buffers to read into.
    pub pool: Pool,
    /// The pause after each chunk.
    pub delay: Duration,
}

/// What a client asked for.
#[derive(Debug)]
pub struct Request<Key> {
    /// The album's link.
    pub id: AlbumId,
    /// Its photos, or the chosen ones, and where they stand in the archive.
    pub planned: Arc<Planned<Key>>,
    /// Which bytes of it to send.
    pub range: Range<u64>,
}

/// A download under way.
#[derive(Debug)]
pub struct Download<S: PhotoSource> {
    shared: Arc<Shared<S>>,
    id: AlbumId,
    planned: Arc<Planned<S::Key>>,
    rest: Range<u64>,
    open: Option<(usize, S::Reader)>,
    /// Checksums that this download has seen. The shared ones do not last where a photo
    /// was just uploaded or the cache is full; no photo is to be read twice for that.
    seen: Arc<[OnceLock<u32>]>,
    ahead: Option<(usize, AbortOnDropHandle<()>)>,
    /// The first photo that is sent, and the first before it whose checksum may be unknown:
    /// the directory at the end needs those too.
    first: Option<usize>,
    skipped: usize,
    receipt: Arc<Receipt>,
    /// One of the places for downloads, given back at the end.
    _permit: Option<OwnedSemaphorePermit>,
}

impl<S: PhotoSource> Download<S> {
    /// Starts one. Nothing happens before [`next`](Self::next).
    #[must_use]
    pub fn new(
        shared: Arc<Shared<S>>,
        request: Request<S::Key>,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Self {
            receipt: Arc::new(Receipt::new(&request.id, &request.range)),
            shared,
            id: request.id,
            seen: (0..request.planned.album.len())
                .map(|_| OnceLock::new())
                .collect(),
            planned: request.planned,
            rest: request.range,
            open: None,
            ahead: None,
            first: None,
            skipped: 0,
            _permit: permit,
        }
    }

    /// How many bytes are still to come.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.rest.end - self.rest.start
    }

    /// The rest of it as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, DownloadError>> + Send {
        unfold(self, async |mut download| {
            let chunk = download.next().await.transpose()?;
            Some((chunk, download))
        })
    }

    /// The next bytes: up to 256 KiB, or `None` after the last.
    ///
    /// # Errors
    ///
    /// A photo cannot be read or is no longer what the plan was made for. It is logged.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: bytes may be lost, so a download is dropped as a whole.
    pub async fn next(&mut self) -> Result<Option<Bytes>, DownloadError> {
        let target = if self.shared.delay.is_zero() {
            CAPACITY
        } else {
            if self.receipt.sent() > 0 {
                tokio::time::sleep(self.shared.delay).await;
            }
            SLOW_CHUNK
        };
        let buffer = self.gather(target, true).await?;
        self.receipt.add(buffer.len());
        Ok((!buffer.is_empty()).then(|| buffer.freeze()))
    }

    /// What comes next, up to `target` bytes of it; up to the next photo, without `photos`.
    async fn gather(&mut self, target: usize, photos: bool) -> Result<Buffer, DownloadError> {
        let mut buffer = self.shared.pool.take();
        while buffer.len() < target {
            let Some(part) = self.planned.plan.parts(self.rest.clone()).next() else {
                break;
            };
            let before = buffer.len();
            let room = target - before;
            buffer = match part.section {
                Section::Photo(_) if !photos => break,
                Section::Photo(index) => self.read(index, &part.range, room, buffer).await,
                Section::End => Ok(self.write(&part, 0, room, buffer)),
                Section::Local(index) | Section::Central(index) => {
                    let known = self.known(index);
                    if known.is_none() && before > 0 {
                        // Computing takes time: send what there is.
                        break;
                    }
                    match known {
                        Some(checksum) => Ok(self.write(&part, checksum, room, buffer)),
                        None => self
                            .checksum(index)
                            .await
                            .map(|checksum| self.write(&part, checksum, room, buffer)),
                    }
                }
            }
            .map_err(|reason| self.fail(part.section, reason))?;
            self.rest.start += (buffer.len() - before) as u64;
        }
        Ok(buffer)
    }

    async fn read(
        &mut self,
        index: usize,
        range: &Range<u64>,
        room: usize,
        buffer: Buffer,
    ) -> Result<Buffer, SourceError> {
        let reader = self.open(index).await?;
        let left = range.end - range.start;
        let limit = room.min(usize::try_from(left).unwrap_or(room));
        let before = buffer.len();
        let buffer = reader.read(range.start, limit, buffer).await?;
        if (buffer.len() - before) as u64 == left {
            reader.check().await?;
            self.open = None;
        }
        Ok(buffer)
    }

    /// The open photo at `index`; meanwhile the next checksum is computed.
    async fn open(&mut self, index: usize) -> Result<&mut S::Reader, SourceError> {
        if self.open.as_ref().is_none_or(|(open, _)| *open != index) {
            let photo = self.planned.album.photo(index).1;
            let reader = self.shared.source.open(&self.id, photo).await?;
            self.open = Some((index, reader));
            self.first.get_or_insert(index);
        }
        self.look_ahead(index);
        Ok(&mut self.open.as_mut().expect("it was opened above").1)
    }

    fn write(&self, part: &Part, checksum: u32, room: usize, mut buffer: Buffer) -> Buffer {
        let mut record = Vec::with_capacity(256);
        self.planned.plan.write(part.section, checksum, &mut record);
        // A record's length is a few hundred bytes: it fits every address space.
        let wanted = &record[part.range.start as usize..part.range.end as usize];
        buffer.append(&wanted[..wanted.len().min(room)]);
        buffer
    }

    fn known(&self, index: usize) -> Option<u32> {
        if let Some(&checksum) = self.seen[index].get() {
            return Some(checksum);
        }
        let version = self.planned.album.photo(index).1.version();
        let checksum = self.shared.checksums.known(&version)?;
        Some(*self.seen[index].get_or_init(|| checksum))
    }

    async fn checksum(&mut self, index: usize) -> Result<u32, SourceError> {
        if let Some((_, task)) = self.ahead.take_if(|(ahead, _)| *ahead == index) {
            // It shows in what was seen; an error shows again below.
            let _ = task.await;
        }
        if let Some(checksum) = self.known(index) {
            return Ok(checksum);
        }
        let shared = &self.shared;
        let photo = self.planned.album.photo(index).1;
        let computed = shared.checksums.of(&shared.source, &self.id, photo);
        let checksum = computed.await?;
        Ok(*self.seen[index].get_or_init(|| checksum))
    }

    /// Starts computing the checksum that will be needed next, unless one is being computed.
    fn look_ahead(&mut self, current: usize) {
        if self
            .ahead
            .as_ref()
            .is_some_and(|(_, task)| !task.is_finished())
        {
            return;
        }
        let next = current + 1;
        let wanted = if next < self.planned.album.len() && self.known(next).is_none() {
            next
        } else {
            let first = self.first.unwrap_or(0);
            while self.skipped < first && self.known(self.skipped).is_some() {
                self.skipped += 1;
            }
            if self.skipped == first {
                return;
            }
            self.skipped
        };
        if self
            .ahead
            .as_ref()
            .is_some_and(|(ahead, _)| *ahead == wanted)
        {
            // It failed: once more only when its turn has come.
            return;
        }
        let (shared, id) = (Arc::clone(&self.shared), self.id.clone());
        let (planned, seen) = (Arc::clone(&self.planned), Arc::clone(&self.seen));
        let task = async move {
            let photo = planned.album.photo(wanted).1;
            // An error shows again when the photo's turn has come.
            if let Ok(checksum) = shared.checksums.of(&shared.source, &id, photo).await {
                let _ = seen[wanted].set(checksum);
            }
        };
        let task = AbortOnDropHandle::new(tokio::spawn(task));
        self.ahead = Some((wanted, task));
    }

    fn fail(&self, section: Section, reason: SourceError) -> DownloadError {
        let name = match section {
            Section::Local(index) | Section::Photo(index) | Section::Central(index) => {
                self.planned.album.photo(index).0.to_owned()
            }
            Section::End => String::new(),
        };
        let error = DownloadError { name, reason };
        tracing::warn!(album = %self.id, "download cut off: {error}");
        error
    }
}

/// Counts what goes to the kernel (with pauses, to hyper), and logs how a download ended,
/// however it ends: when the last of those who send has let go of it.
#[derive(Debug)]
struct Receipt {
    id: AlbumId,
    started: Instant,
    length: u64,
    sent: AtomicU64,
}

impl Receipt {
    fn new(id: &AlbumId, range: &Range<u64>) -> Self {
        Self {
            id: id.clone(),
            started: Instant::now(),
            length: range.end - range.start,
            sent: AtomicU64::new(0),
        }
    }

    fn add(&self, count: usize) {
        self.sent.fetch_add(count as u64, Ordering::Relaxed);
    }

    fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        let seconds = self.started.elapsed().as_secs_f64();
        let (id, sent, length) = (&self.id, self.sent(), self.length);
        if sent == length {
            tracing::info!("album {id}: {length} bytes sent in {seconds:.1} s");
        } else {
            tracing::info!("album {id}: ended after {sent} of {length} bytes and {seconds:.1} s");
        }
    }
}

mod send;

#[cfg(test)]
mod tests;
