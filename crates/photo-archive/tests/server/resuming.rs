//! Ranges: a download that was cut off goes on where it ended, or starts again if the album changed.

use std::fs;
use std::time::{Duration, SystemTime};

use crate::client::Server;
use crate::{albums, files, noise, unpacked};

#[test]
fn every_range_is_that_slice_of_the_archive() {
    let directory = albums();
    let server = Server::start(directory.path(), &[]);
    let whole = server.get("/archive/7kna/").body;
    let length = whole.len();
    for (first, last) in [
        (0, 0),
        (0, 29),
        (13, 19),
        (900, 1100),
        (262_143, 262_145),
        (length / 2, length - 1),
        (length - 30, length - 1),
        (length - 1, length + 1000),
    ] {
        let range = format!("bytes={first}-{last}");
        // A new server has no checksum to start with.
        let fresh = Server::start(directory.path(), &[]);
        let part = fresh.ask("GET", "/archive/7kna/", &[("Range", &range)]);
        let last = last.min(length - 1);
        assert_eq!(part.status, 206, "{range}");
        assert_eq!(
            part.headers["content-range"],
            format!("bytes {first}-{last}/{length}")
        );
        assert!(part.body == whole[first..=last], "{range}");
    }
    let suffix = server.ask("GET", "/archive/7kna/", &[("Range", "bytes=-22")]);
    assert_eq!(suffix.body, whole[length - 22..]);
    let beyond = server.ask("GET", "/archive/7kna/", &[("Range", "bytes=9999999-")]);
    assert_eq!(beyond.status, 416);
    assert_eq!(beyond.headers["content-range"], format!("bytes */{length}"));
}

#[test]
fn a_cut_download_resumes_byte_for_byte_even_at_a_restarted_server() {
    let directory = albums();
    let first = Server::start(directory.path(), &[]);
    let mut pending = first.open("GET", "/archive/7kna/", &[]);
    let etag = pending.headers["etag"].clone();
    let mut archive = pending.read(500_000);
    drop((pending, first));
    let second = Server::start(directory.path(), &[]);
    let range = format!("bytes={}-", archive.len());
    let headers = [("Range", &*range), ("If-Range", &*etag)];
    let rest = second.ask("GET", "/archive/7kna/", &headers);
    assert_eq!(rest.status, 206);
    archive.extend(rest.body);
    assert_eq!(unpacked(&archive), files(&directory.path().join("7kna")));
}

#[test]
fn after_a_change_the_client_gets_all_of_the_new_archive() {
    let directory = albums();
    let server = Server::start(directory.path(), &[]);
    let old = server.get("/archive/7kna/");
    let conditions = [("Range", "bytes=100-"), ("If-Range", &*old.headers["etag"])];
    assert_eq!(server.ask("GET", "/archive/7kna/", &conditions).status, 206);

    // The same length, another content: only the time of modification tells.
    let changed = directory.path().join("7kna/1.jpg");
    fs::write(&changed, noise(99, 1000)).unwrap();
    let later = SystemTime::now() + Duration::from_secs(5);
    fs::File::open(&changed)
        .and_then(|file| file.set_modified(later))
        .unwrap();

    let new = server.ask("GET", "/archive/7kna/", &conditions);
    assert_eq!(new.status, 200);
    assert_eq!(unpacked(&new.body), files(&directory.path().join("7kna")));
    let etag = &*new.headers["etag"];
    let same = server.ask("GET", "/archive/7kna/", &[("If-None-Match", etag)]);
    assert_eq!((same.status, same.body.len()), (304, 0));
    let old = server.ask(
        "GET",
        "/archive/7kna/",
        &[("If-Match", &old.headers["etag"])],
    );
    assert_eq!(old.status, 412);
}
