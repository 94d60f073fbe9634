//! Which bytes a client asks for: `Range`, `If-Range`, `If-Match` and `If-None-Match`
//! as RFC 9110 has them.
//!
//! Pure: header values in, a decision out. `aiohttp` does this for files only;
//! the original, which streamed a pipe, could not do it at all.

use std::ops::Range;

use axum::http::header::{IF_MATCH, IF_NONE_MATCH, IF_RANGE, RANGE};
use axum::http::{HeaderMap, Method};

/// What to answer a request for something of known length and tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 200: all of it.
    Whole,
    /// 206: these bytes, at least one.
    Partial(Range<u64>),
    /// 304: the client has it already.
    NotModified,
    /// 412: the client wants another version.
    PreconditionFailed,
    /// 416: none of the bytes asked for exist.
    Unsatisfiable,
}

/// Decides, in the order of RFC 9110 section 13.2.2.
///
/// Several ranges that are not one are answered with the whole, which the RFC
/// allows: no downloader asks for them. A date in `If-Range` never matches: the
/// newest date of an album does not tell that a photo was taken out of it.
#[must_use]
pub fn answer(method: &Method, headers: &HeaderMap, length: u64, etag: &str) -> Answer {
    if let Some(false) = matches_any(headers, IF_MATCH.as_str(), etag, Comparison::Strong) {
        return Answer::PreconditionFailed;
    }
    if let Some(true) = matches_any(headers, IF_NONE_MATCH.as_str(), etag, Comparison::Weak) {
        return Answer::NotModified;
    }
    let Some(range) = headers.get(RANGE).and_then(|value| value.to_str().ok()) else {
        return Answer::Whole;
    };
    let unchanged = headers
        .get(IF_RANGE)
        .is_none_or(|validator| validator.as_bytes() == etag.as_bytes());
    if method != Method::GET || !unchanged {
        return Answer::Whole;
    }
    requested(range, length)
}

enum Comparison {
    Strong,
    Weak,
}

/// Whether one of the tags in a header is `etag`, or `None` without that header.
fn matches_any(
    headers: &HeaderMap,
    name: &str,
    etag: &str,
    comparison: Comparison,
) -> Option<bool> {
    let mut values = headers.get_all(name).iter().peekable();
    values.peek()?;
    // Our tags hold no comma, so splitting at commas cannot cut a tag that would match.
    Some(values.any(|value| {
        value.as_bytes().split(|&byte| byte == b',').any(|tag| {
            let tag = tag.trim_ascii();
            let tag = match comparison {
                Comparison::Weak => tag.strip_prefix(b"W/").unwrap_or(tag),
                Comparison::Strong => tag,
            };
            tag == b"*" || tag == etag.as_bytes()
        })
    }))
}

/// What the value of a `Range` header asks of `length` bytes [RFC 9110, 14.1.2].
///
/// One that cannot be understood is ignored, as the RFC demands.
fn requested(value: &str, length: u64) -> Answer {
    let Some((unit, set)) = value.split_once('=') else {
        return Answer::Whole;
    };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Answer::Whole;
    }
    let mut understood = false;
    let mut found: Option<Range<u64>> = None;
    for spec in set.split(',') {
        if spec.trim().is_empty() {
            // Empty elements of a list are no elements.
            continue;
        }
        let Some(spec) = resolve(spec.trim(), length) else {
            return Answer::Whole;
        };
        understood = true;
        if spec.is_empty() {
            continue;
        }
        found = match found {
            None => Some(spec),
            // Ranges that touch or overlap are one range.
            Some(range) if spec.start <= range.end && range.start <= spec.end => {
                Some(range.start.min(spec.start)..range.end.max(spec.end))
            }
            Some(_) => return Answer::Whole,
        };
    }
    match found {
        Some(range) => Answer::Partial(range),
        None if understood => Answer::Unsatisfiable,
        None => Answer::Whole,
    }
}

/// One range of the set: `None` if it is malformed, empty if it lies outside.
fn resolve(spec: &str, length: u64) -> Option<Range<u64>> {
    let (first, last) = spec.split_once('-')?;
    if first.is_empty() {
        let suffix = number(last)?;
        return Some(length.saturating_sub(suffix)..length);
    }
    let first = number(first)?;
    let end = if last.is_empty() {
        length
    } else {
        let last = number(last)?;
        if last < first {
            return None;
        }
        last.saturating_add(1).min(length)
    };
    Some(first.min(end)..end)
}

/// Digits only: `parse` alone would take a plus sign. What does not fit lies past every end.
fn number(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    const ETAG: &str = "\"0123\"";

    fn asked(pairs: &[(&'static str, &'static str)]) -> Answer {
        let headers = pairs
            .iter()
            .map(|&(name, value)| {
                (
                    name.parse::<axum::http::HeaderName>().unwrap(),
                    HeaderValue::from_static(value),
                )
            })
            .collect();
        answer(&Method::GET, &headers, 10_000, ETAG)
    }

    #[test]
    fn the_examples_of_the_rfc_are_answered_as_it_says() {
        for (value, expected) in [
            ("bytes=0-499", Answer::Partial(0..500)),
            ("bytes=500-999", Answer::Partial(500..1000)),
            ("bytes=-500", Answer::Partial(9500..10_000)),
            ("bytes=9500-", Answer::Partial(9500..10_000)),
            ("bytes=0-0", Answer::Partial(0..1)),
            ("bytes=0-0,-1", Answer::Whole),
            ("bytes=500-600,601-999", Answer::Partial(500..1000)),
            ("bytes=500-700,601-999", Answer::Partial(500..1000)),
            ("bytes= ,500-999, ,", Answer::Partial(500..1000)),
        ] {
            assert_eq!(asked(&[("range", value)]), expected, "{value}");
        }
    }

    #[test]
    fn ends_past_the_last_byte_are_cut_and_starts_past_it_refused() {
        for (value, expected) in [
            ("bytes=9999-20000", Answer::Partial(9999..10_000)),
            ("bytes=-20000", Answer::Partial(0..10_000)),
            (
                "bytes=1-99999999999999999999999",
                Answer::Partial(1..10_000),
            ),
            ("bytes=10000-", Answer::Unsatisfiable),
            ("bytes=10000-10001", Answer::Unsatisfiable),
            ("bytes=99999999999999999999999-", Answer::Unsatisfiable),
            ("bytes=-0", Answer::Unsatisfiable),
            ("bytes=20000-, 5-6", Answer::Partial(5..7)),
        ] {
            assert_eq!(asked(&[("range", value)]), expected, "{value}");
        }
    }

    #[test]
    fn what_is_no_range_is_ignored() {
        for value in [
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=+1-2",
            "bytes=5-4",
            "lines=1-2",
            "bytes=1-2-3",
        ] {
            assert_eq!(asked(&[("range", value)]), Answer::Whole, "{value}");
        }
    }

    #[test]
    fn if_range_gives_the_rest_only_of_the_same_version() {
        let range = ("range", "bytes=5-");
        let rest = Answer::Partial(5..10_000);
        assert_eq!(asked(&[range, ("if-range", ETAG)]), rest);
        assert_eq!(asked(&[range, ("if-range", "\"other\"")]), Answer::Whole);
        assert_eq!(asked(&[range, ("if-range", "W/\"0123\"")]), Answer::Whole);
        let date = ("if-range", "Sat, 21 Nov 2026 09:41:00 GMT");
        assert_eq!(asked(&[range, date]), Answer::Whole);
    }

    #[test]
    fn conditions_come_before_ranges() {
        let range = ("range", "bytes=5-");
        for (condition, expected) in [
            (("if-match", "\"other\""), Answer::PreconditionFailed),
            (("if-match", "W/\"0123\""), Answer::PreconditionFailed),
            (("if-match", "\"a\", \"0123\""), Answer::Partial(5..10_000)),
            (("if-match", "*"), Answer::Partial(5..10_000)),
            (("if-none-match", "\"a\", W/\"0123\""), Answer::NotModified),
            (("if-none-match", "\"other\""), Answer::Partial(5..10_000)),
        ] {
            assert_eq!(asked(&[range, condition]), expected, "{condition:?}");
        }
    }

    #[test]
    fn head_is_about_the_whole() {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, HeaderValue::from_static("bytes=0-1"));
        assert_eq!(answer(&Method::HEAD, &headers, 10, ETAG), Answer::Whole);
    }

    #[test]
    fn nothing_of_an_empty_thing_can_be_had_in_part() {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, HeaderValue::from_static("bytes=0-"));
        assert_eq!(
            answer(&Method::GET, &headers, 0, ETAG),
            Answer::Unsatisfiable
        );
    }
}
