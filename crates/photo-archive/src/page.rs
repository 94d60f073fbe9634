//! The pages: plain HTML that works without a script and loads nothing from elsewhere.
//!
//! Choosing photos is a form of checkboxes, so the browser itself makes the
//! address of the archive. `maud` escapes every name. The original's page was a
//! fixed file with one link.

use std::ops::Range;

use axum::response::Html;
use bytes::Bytes;
use maud::{DOCTYPE, Markup, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::album::{Album, AlbumId};

/// Photos on one page at most: more would be slow to look at.
const PER_PAGE: usize = 500;

/// Bytes of the address when all photos of a page are chosen: within the 64 KiB that the
/// `http` crate takes, path and host included. Long names in Cyrillic need six bytes a letter.
const LONGEST_QUERY: usize = 56 * 1024;

/// What need not be escaped in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The page of `/` where albums are not listed.
pub fn welcome() -> Html<String> {
    document(
        "Photo albums",
        html! {
            header { h1 { "Photo albums" } }
            p.note { "Every album has a link of its own. Open the one that was sent to you." }
        },
    )
}

/// The page in the place of what there is not, or not now: `sentence` says which. It leads to
/// the list where albums are `listed`.
pub fn refusal(sentence: &str, listed: bool) -> Html<String> {
    document(
        sentence,
        html! {
            header {
                (way_back(listed))
                h1 { (sentence) }
            }
        },
    )
}

/// The list of all albums.
pub fn index<Key>(albums: &[(AlbumId, Album<Key>)]) -> Html<String> {
    document(
        "Photo albums",
        html! {
            header { h1 { "Photo albums" } p { (plural(albums.len(), "album")) } }
            main.covers {
                @for (id, album) in albums {
                    a.cover href={ "/album/" (id) "/" } {
                        div.pictures {
                            @for (name, _) in album.photos().take(4) {
                                img loading="lazy" alt="" src=(link("thumbnail", id, name));
                            }
                        }
                        strong.link { (id) }
                        span { (plural(album.len(), "photo")) " · " (size(album.size())) }
                    }
                }
            }
            @if albums.is_empty() { p.note { "There is no album yet." } }
        },
    )
}

/// The page of one album; `number` counts its pages from 1. It leads to the list where albums are `listed`.
pub fn album<Key>(id: &AlbumId, album: &Album<Key>, number: usize, listed: bool) -> Html<String> {
    let pages = pages(album);
    let number = number.clamp(1, pages.len());
    let shown = &pages[number - 1];
    let summary = format!("{} · {}", plural(album.len(), "photo"), size(album.size()));
    document(
        &format!("Album {id}"),
        html! {
            header {
                (way_back(listed))
                h1.link { "Album " (id) }
                p { (summary) }
            }
            @if album.is_empty() { p.note { "There are no photos in this album yet." } }
            form action={ "/archive/" (id) "/" } {
                main.photos {
                    @for (name, photo) in album.photos().skip(shown.start).take(shown.len()) {
                        figure {
                            a href=(link("photo", id, name)) {
                                img loading="lazy" alt=(name) src=(link("thumbnail", id, name));
                            }
                            label {
                                input type="checkbox" name="only" value=(name);
                                span.name title=(name) { (name) }
                                span.size { (size(photo.size)) }
                            }
                        }
                    }
                }
                (pager(number, pages.len()))
                footer {
                    button type="submit" {
                        span.all { "Download all · " (size(album.size())) }
                        span.some { "Download chosen" }
                    }
                    button.clear type="reset" { "Clear" }
                    p.all { "or tick the photos you want" }
                }
            }
        },
    )
}

/// What stands in the place of a thumbnail that cannot be made.
pub fn no_picture() -> Bytes {
    Bytes::from_static(include_bytes!("page/no-picture.svg"))
}

/// Which photos are on which page: such that each page's can all be chosen at once.
fn pages<Key>(album: &Album<Key>) -> Vec<Range<usize>> {
    let mut pages = Vec::new();
    let (mut start, mut query) = (0, 0);
    for (index, (name, _)) in album.photos().enumerate() {
        let encoded: usize = form_urlencoded::byte_serialize(name.as_bytes())
            .map(str::len)
            .sum();
        let length = "only=&".len() + encoded;
        if index - start == PER_PAGE || (query + length > LONGEST_QUERY && index > start) {
            pages.push(start..index);
            (start, query) = (index, 0);
        }
        query += length;
    }
    pages.push(start..album.len());
    pages
}

fn way_back(listed: bool) -> Markup {
    html! { @if listed { a.back href="/" { "← All albums" } } }
}

fn pager(number: usize, pages: usize) -> Markup {
    html! {
        @if pages > 1 {
            nav {
                @if number > 1 { a rel="prev" href={ "?page=" (number - 1) } { "← Previous" } }
                span { "Page " (number) " of " (pages) }
                @if number < pages { a rel="next" href={ "?page=" (number + 1) } { "Next →" } }
            }
        }
    }
}

fn document(title: &str, body: Markup) -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/style.css";
            }
            body { (body) }
        }
    };
    Html(page.into_string())
}

fn link(what: &str, id: &AlbumId, name: &str) -> String {
    format!("/{what}/{id}/{}", utf8_percent_encode(name, SEGMENT))
}

fn plural(count: usize, noun: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{s}")
}

/// A length in bytes as people read it, in steps of 1,000 as file managers have them.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    // What would be shown as 1000 is 1.0 of the next unit.
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = usize::from(value < 9.95);
    format!("{value:.digits$} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::album::{Identity, Photo};
    use crate::record::Modified;

    fn photos(names: &[&str]) -> Album<String> {
        let photo = |name: &&str| Photo {
            key: (*name).to_owned(),
            size: 1,
            modified: Modified {
                seconds: 0,
                nanoseconds: 0,
                wall: jiff::civil::date(2026, 1, 1).at(0, 0, 0, 0),
            },
            identity: Identity {
                device: 0,
                inode: 0,
            },
        };
        Album::new(names.iter().map(photo).collect(), String::clone)
    }

    #[test]
    fn sizes_read_as_people_say_them() {
        for (bytes, expected) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (9_949, "9.9 kB"),
            (9_950, "10 kB"),
            (999_600, "1.0 MB"),
            (20_000_000_000, "20 GB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }

    #[test]
    fn a_name_cannot_become_markup_or_another_address() {
        let hostile = "\"><script>alert(1)</script>?#&%2f.jpg";
        let Html(page) = album(&"x".parse().unwrap(), &photos(&[hostile]), 1, true);
        assert!(!page.contains("<script>"), "{page}");
        assert!(
            page.contains("/photo/x/%22%3E%3Cscript%3Ealert%281%29%3C_script%3E%3F%23%26%252f.jpg"),
            "{page}"
        );
        assert!(page.contains("&lt;script&gt;"), "{page}");
    }

    #[test]
    fn a_large_album_is_shown_in_pages() {
        let names: Vec<String> = (0..PER_PAGE + 1).map(|n| format!("{n:04}.jpg")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let id = "x".parse().unwrap();
        let Html(first) = album(&id, &photos(&names), 1, true);
        assert!(first.contains("0000.jpg") && !first.contains("0500.jpg"));
        assert!(first.contains("Page 1 of 2") && first.contains("501 photos"));
        let Html(beyond) = album(&id, &photos(&names), 99, true);
        assert!(beyond.contains("0500.jpg") && !beyond.contains("0000.jpg"));
    }

    #[test]
    fn all_photos_of_a_page_fit_into_one_address() {
        let names: Vec<String> = (0..300).map(|n| "я".repeat(120) + &n.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let album = photos(&names);
        let pages = pages(&album);
        assert!(pages.len() > 1);
        let mut next = 0;
        for page in pages {
            assert_eq!(page.start, next);
            next = page.end;
            let names = album.photos().skip(page.start).take(page.len());
            let query: String = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(names.map(|(name, _)| ("only", name)))
                .finish();
            assert!(query.len() <= LONGEST_QUERY, "{}", query.len());
        }
        assert_eq!(next, 300);
    }
}
