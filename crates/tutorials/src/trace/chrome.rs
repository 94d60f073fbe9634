//! A trace in Chrome's trace event format, which <https://ui.perfetto.dev> opens.
//!
//! The format (JSON array format, "complete" events `X`, flow events `s` and `f`) is
//! described in Google's document "Trace Event Format". Times are microseconds. As in
//! the other pictures each run is widened, here by one microsecond.

use std::fmt::Write as _;

use super::Recording;
use super::chart::{Chart, Doing, Place};

/// Writes a recording.
#[must_use]
pub fn write(recording: &Recording) -> String {
    let chart = Chart::new(recording);
    let mut lines = Vec::new();
    for (lane, name) in recording.lanes.iter().enumerate() {
        lines.push(format!(
            "{{\"ph\":\"M\",\"pid\":1,\"tid\":{lane},\"name\":\"thread_name\",\"args\":{{\"name\":{}}}}}",
            quote(name)
        ));
    }
    for span in &chart.spans {
        let (name, category) = match span.doing {
            Doing::Running => ("run".to_owned(), "run"),
            Doing::Waiting(None) => ("wait".to_owned(), "wait"),
            Doing::Waiting(Some(why)) => (format!("wait: {why}"), "wait"),
        };
        let from = microseconds(span.from);
        lines.push(format!(
            "{{\"ph\":\"X\",\"pid\":1,\"tid\":{},\"ts\":{from:.3},\"dur\":{:.3},\"name\":{},\"cat\":\"{category}\"}}",
            span.lane,
            microseconds(span.to) - from,
            quote(&name),
        ));
    }
    for (id, wake) in chart.wakes.iter().enumerate() {
        let at = microseconds(wake.place);
        if let Some(from) = wake.from {
            for (phase, lane) in [("\"s\"", from), ("\"f\",\"bp\":\"e\"", wake.to)] {
                lines.push(format!(
                    "{{\"ph\":{phase},\"pid\":1,\"tid\":{lane},\"ts\":{at:.3},\"id\":{id},\"name\":\"wake\",\"cat\":\"wake\"}}"
                ));
            }
        }
    }
    let instants = chart
        .notes
        .iter()
        .map(|note| (note.lane, note.place, note.text));
    let ends = chart.ends.iter().map(|&(lane, place, cancelled)| {
        (
            lane,
            place,
            if cancelled { "cancelled" } else { "finished" },
        )
    });
    for (lane, place, text) in instants.chain(ends) {
        lines.push(format!(
            "{{\"ph\":\"i\",\"s\":\"t\",\"pid\":1,\"tid\":{lane},\"ts\":{:.3},\"name\":{}}}",
            microseconds(place),
            quote(text),
        ));
    }
    format!("[\n{}\n]\n", lines.join(",\n"))
}

fn microseconds(place: Place) -> f64 {
    place.at.as_secs_f64() * 1e6 + f64::from(place.runs)
}

/// A JSON string.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            letter if letter < ' ' => {
                // Writing to a `String` cannot fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
