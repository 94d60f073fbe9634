//! A trace in the terminal: `█` runs, `·` waits, `▲` is woken.

use std::fmt::Write as _;

use super::Recording;
use super::chart::{Chart, Doing, Place};

/// Columns of a picture, names and all: a terminal of the usual 80.
pub const WIDTH: usize = 80;

/// Draws a recording, `width` columns wide.
#[must_use]
pub fn draw(recording: &Recording, width: usize) -> String {
    let chart = Chart::new(recording);
    if chart.is_idle() {
        return "nothing ran\n".to_owned();
    }
    let longest = recording
        .lanes
        .iter()
        .map(|name| name.chars().count())
        .max();
    let names = longest.unwrap_or(0).min(24);
    let columns = width.saturating_sub(names + 1).max(10);
    let last = u32::try_from(columns - 1).unwrap_or(u32::MAX);
    let scale = chart.scale(f64::from(last), 1.0);
    let column = |place: Place| {
        // A place is never left of the picture, and at most at its right end.
        let rounded = scale.x(place).round().clamp(0.0, f64::from(last));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it was clamped"
        )]
        let column = rounded as usize;
        column
    };
    let mut rows = vec![vec![' '; columns]; recording.lanes.len()];
    for span in chart
        .spans
        .iter()
        .filter(|span| span.doing != Doing::Running)
    {
        rows[span.lane][column(span.from)..=column(span.to)].fill('·');
    }
    // Later strokes cover earlier ones: to have run is more than to have been woken.
    for wake in &chart.wakes {
        rows[wake.to][column(wake.place)] = '▲';
    }
    for span in chart
        .spans
        .iter()
        .filter(|span| span.doing == Doing::Running)
    {
        let from = column(span.from);
        let to = column(span.to).max(from + 1).min(columns);
        rows[span.lane][from..to].fill('█');
    }
    for &(lane, place, _) in chart.ends.iter().filter(|(.., cancelled)| *cancelled) {
        rows[lane][column(place)] = '×';
    }
    let mut picture = String::new();
    for (name, row) in recording.lanes.iter().zip(rows) {
        let name: String = common::escape::visible(name).chars().take(names).collect();
        let row: String = row.into_iter().collect();
        // Writing to a `String` cannot fail.
        let _ = writeln!(picture, "{name:>names$} {}", row.trim_end());
    }
    let mut axis = vec![' '; names + 1 + columns];
    for (at, place) in chart.ticks(5) {
        let text = format!("{}s", super::chart::label(at));
        // The last one ends where the picture ends.
        let start = (names + 1 + column(place)).min(axis.len().saturating_sub(text.len()));
        for (cell, letter) in axis[start..].iter_mut().zip(text.chars()) {
            *cell = letter;
        }
    }
    let axis: String = axis.into_iter().collect();
    // Where no time passed there is nothing to write on it.
    if !axis.trim_end().is_empty() {
        let _ = writeln!(picture, "{}", axis.trim_end());
    }
    let _ = writeln!(
        picture,
        "{:>names$} █ runs  · waits  ▲ woken  × cancelled",
        ""
    );
    if recording.lost > 0 {
        let lost = recording.lost;
        let _ = writeln!(picture, "{:>names$} {lost} events more are not shown", "");
    }
    picture
}
