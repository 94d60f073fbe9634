//! The real program over real sockets: what its users rely on, and what its enemies try.

// A test's helpers are tests too: a panic is how they fail.
#![allow(clippy::unwrap_used)]

mod client;
mod misbehaviour;
mod program;
mod resuming;

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::time::Instant;

use async_zip::base::read1::seek::ZipArchiveReader;
use client::{Server, program};
use futures_util::io::AsyncReadExt;
use tempfile::TempDir;

const MISSING: &str = "Archive does not exist or has been removed\n";

/// What a browser accepts in the place of a page.
const BROWSER: (&str, &str) = ("Accept", "text/html,application/xml;q=0.9,*/*;q=0.8");

/// Bytes that differ from place to place.
fn noise(seed: u8, length: usize) -> Vec<u8> {
    let mut state = u64::from(seed) + 1;
    let next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// An album `7kna` of a few photos of various lengths.
fn albums() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let album = directory.path().join("7kna");
    fs::create_dir(&album).unwrap();
    for (seed, (name, length)) in [
        ("1.jpg", 1000),
        ("2.jpg", 700_000),
        ("3.jpg", 0),
        ("Älpler & Söhne.jpg", 262_144),
        ("фото 4.jpg", 300_001),
    ]
    .into_iter()
    .enumerate()
    {
        fs::write(album.join(name), noise(seed as u8, length)).unwrap();
    }
    directory
}

/// The files of a directory, by name.
fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                fs::read(entry.path()).unwrap(),
            )
        })
        .collect()
}

/// What `async_zip` reads from an archive; it checks headers against each other, lengths and checksums.
fn unpacked(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut reader = ZipArchiveReader::open(futures_util::io::Cursor::new(archive))
            .await
            .unwrap();
        let mut contents = BTreeMap::new();
        for index in 0..reader.cdrs().len() {
            let name = reader.cdrs()[index].insecure_file_name.as_bytes().to_vec();
            let mut content = Vec::new();
            reader
                .file(index)
                .await
                .unwrap()
                .read_to_end(&mut content)
                .await
                .unwrap();
            contents.insert(String::from_utf8(name).unwrap(), content);
        }
        contents
    })
}

#[test]
fn an_album_downloads_as_one_archive_of_known_length() {
    let directory = albums();
    let server = Server::start(directory.path(), &[]);
    let archive = server.get("/archive/7kna/");
    assert_eq!(archive.status, 200);
    assert_eq!(archive.headers["content-type"], "application/zip");
    assert_eq!(
        archive.headers["content-disposition"],
        "attachment; filename=\"7kna.zip\""
    );
    assert_eq!(archive.headers["accept-ranges"], "bytes");
    assert_eq!(archive.length(), archive.body.len());
    let expected = files(&directory.path().join("7kna"));
    assert_eq!(unpacked(&archive.body), expected);

    let mut zip = zip::ZipArchive::new(Cursor::new(&archive.body)).unwrap();
    let names: Vec<String> = (0..zip.len())
        .map(|index| zip.by_index(index).unwrap().name().unwrap().into_owned())
        .collect();
    assert!(names.iter().eq(expected.keys()), "sorted: {names:?}");
}

#[test]
fn chosen_photos_download_without_the_others() {
    let directory = albums();
    let server = Server::start(directory.path(), &[]);
    let chosen = server.get("/archive/7kna/?only=1.jpg&only=%D1%84%D0%BE%D1%82%D0%BE+4.jpg");
    let names: Vec<String> = unpacked(&chosen.body).into_keys().collect();
    assert_eq!(names, ["1.jpg", "фото 4.jpg"]);
    let whole = server.get("/archive/7kna/");
    assert_ne!(chosen.headers["etag"], whole.headers["etag"]);
    let unknown = server.get("/archive/7kna/?only=9%0a.jpg");
    assert_eq!(unknown.status, 404);
    assert_eq!(
        unknown.text(),
        "There is no photo \"9\\\\x0a.jpg\" in this album\n"
    );
}

#[test]
fn an_empty_album_is_a_valid_empty_archive() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("none")).unwrap();
    let server = Server::start(directory.path(), &[]);
    let archive = server.get("/archive/none/");
    assert_eq!((archive.status, archive.body.len()), (200, 22));
    assert!(unpacked(&archive.body).is_empty());
    assert!(server.get("/album/none/").text().contains("no photos"));
}

#[test]
fn the_page_of_an_album_shows_its_photos_and_leads_to_them() {
    let directory = albums();
    let server = Server::start(directory.path(), &[]);
    let page = server.get("/album/7kna/");
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    let page = page.text();
    assert!(page.contains("5 photos · 1.3 MB"), "{page}");
    assert!(page.contains("value=\"Älpler &amp; Söhne.jpg\""), "{page}");
    assert!(
        !page.contains("<script") && !page.contains("http"),
        "{page}"
    );
    let link = "/photo/7kna/%C3%84lpler%20%26%20S%C3%B6hne.jpg";
    assert!(page.contains(link), "{page}");
    let photo = server.get(link);
    assert_eq!(photo.headers["content-type"], "image/jpeg");
    assert_eq!(photo.body, noise(3, 262_144));
    let part = server.ask("GET", link, &[("Range", "bytes=-10")]);
    assert_eq!((part.status, &part.body[..]), (206, &photo.body[262_134..]));
}

#[test]
fn head_answers_as_get_does_but_without_a_body() {
    let directory = albums();
    let server = Server::start(directory.path(), &["--index"]);
    for path in [
        "/",
        "/healthz",
        "/style.css",
        "/album/7kna/",
        "/archive/7kna/",
        "/photo/7kna/1.jpg",
        "/thumbnail/7kna/1.jpg",
        "/nowhere",
    ] {
        let mut get = server.ask("GET", path, &[BROWSER]);
        let mut head = server.ask("HEAD", path, &[BROWSER]);
        assert!(head.body.is_empty(), "{path}");
        assert_eq!(get.status, head.status, "{path}");
        get.headers.remove("date");
        head.headers.remove("date");
        assert_eq!(get.headers, head.headers, "{path}");
    }
    assert_eq!(server.get("/healthz").text(), "ok\n");
    assert_eq!(server.ask("POST", "/archive/7kna/", &[]).status, 405);
}

#[test]
fn albums_are_listed_only_when_told_to() {
    let directory = albums();
    let listing = Server::start(directory.path(), &["--index"]);
    assert!(listing.get("/").text().contains("/album/7kna/"));
    let silent = Server::start(directory.path(), &[]);
    let page = silent.get("/");
    assert_eq!(page.status, 200);
    assert!(!page.text().contains("7kna"));
}

#[test]
fn an_album_leads_back_to_the_list_where_there_is_one() {
    let directory = albums();
    let leads_back = |arguments| {
        let server = Server::start(directory.path(), arguments);
        ["/album/7kna/", "/album/absent/"]
            .map(|path| server.ask("GET", path, &[BROWSER]))
            .map(|page| page.text().contains("href=\"/\""))
    };
    assert_eq!(leads_back(&["--index"]), [true, true]);
    assert_eq!(leads_back(&[]), [false, false]);
}

#[test]
fn a_refusal_is_a_page_for_browsers_and_a_line_for_others() {
    let directory = albums();
    let server = Server::start(directory.path(), &[]);
    for (path, line) in [
        ("/foo", "There is nothing here\n"),
        ("/archive/foo/", MISSING),
        ("/archive/foo/bar", MISSING),
        ("/album/foo/", MISSING),
        ("/photo/7kna/foo.jpg", MISSING),
    ] {
        let answer = server.ask("GET", path, &[("Accept", "*/*")]);
        assert_eq!((answer.status, answer.text()), (404, line), "{path}");
        assert_eq!(answer.headers["vary"], "accept", "{path}");
        let page = server.ask("GET", path, &[BROWSER]);
        assert_eq!(page.status, 404, "{path}");
        assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
        assert_eq!(page.headers["vary"], "accept", "{path}");
        assert!(page.headers.contains_key("content-security-policy"));
        let heading = format!("<h1>{}</h1>", line.trim_end());
        assert!(page.text().contains(&heading), "{}", page.text());
    }
    let unknown = server.ask("GET", "/archive/7kna/?only=%3Cb%3E", &[BROWSER]);
    assert_eq!(unknown.status, 404);
    assert!(unknown.text().contains("&lt;b&gt;"), "{}", unknown.text());
}

#[test]
fn links_that_lost_their_slash_still_work() {
    let directory = albums();
    let server = Server::start(directory.path(), &[]);
    let answer = server.get("/archive/7kna?only=1.jpg");
    assert_eq!(answer.status, 308);
    assert_eq!(answer.headers["location"], "/archive/7kna/?only=1.jpg");
}

#[test]
fn a_delay_paces_the_download() {
    let directory = albums();
    let server = Server::start(directory.path(), &["--delay", "0.1"]);
    let started = Instant::now();
    let archive = server.get("/archive/7kna/?only=2.jpg");
    // Seven chunks of 100 KiB have six pauses between them.
    assert!(
        started.elapsed().as_secs_f64() > 0.6,
        "{:?}",
        started.elapsed()
    );
    assert_eq!(unpacked(&archive.body)["2.jpg"], noise(1, 700_000));
}

#[test]
fn the_bundled_albums_are_real_photos_with_dates_and_thumbnails() {
    let server = Server::announced(program(), 3);
    assert!(server.banner.contains("open http://"), "{}", server.banner);
    assert!(server.banner.lines().all(|line| line.len() <= 80));
    let curl = server.banner.lines().last().unwrap();
    let (_, archive) = curl.split_once(&server.address.to_string()).unwrap();
    assert_eq!(server.get(archive).status, 200, "{curl} works as it stands");
    let index = server.get("/");
    let hashes: Vec<&str> = index
        .text()
        .split("href=\"/album/")
        .skip(1)
        .map(|rest| rest.split('/').next().unwrap())
        .collect();
    assert!(hashes.len() >= 2, "{hashes:?}");
    let mut photos = 0;
    for hash in hashes {
        let archive = server.get(&format!("/archive/{hash}/"));
        for (name, photo) in unpacked(&archive.body) {
            photos += 1;
            assert!(photo.starts_with(b"\xff\xd8\xff"), "{name} is a JPEG file");
            let exif = photo.windows(4).position(|bytes| bytes == b"Exif");
            let date = photo
                .windows(10)
                .any(|bytes| bytes.starts_with(b"202") && bytes[4] == b':' && bytes[7] == b':');
            assert!(exif.is_some() && date, "{name} has a date");
        }
        let page = server.get(&format!("/album/{hash}/"));
        for link in page.text().split("src=\"").skip(1) {
            let thumbnail = server.get(link.split('"').next().unwrap());
            assert_eq!(thumbnail.headers["content-type"], "image/jpeg");
        }
    }
    assert!(photos >= 24, "a few dozen, not {photos}");
}
