//! A trace as a picture: one lane per task, solid where it runs, hatched where it
//! waits, an arrow for each wake-up.
//!
//! Text only, no library: the same recording gives the same bytes. It carries its
//! own colours for light and dark pages.

use std::fmt::Write as _;

use super::Recording;
use super::chart::{Chart, Doing};

/// Units from the left edge to the lanes; names stand there.
const LEFT: f64 = 150.0;
const WIDTH: f64 = 780.0;
const TOP: f64 = 34.0;
/// From one lane to the next, and how much of that is drawn on.
const LANE: f64 = 26.0;
const BAR: f64 = 16.0;
/// The most that a run is widened by, so that it is seen.
const STEP: f64 = 9.0;

const STYLE: &str = "\
svg{background:#fff;font:11px sans-serif}text{fill:#24292f}.run{fill:#1f6feb}\
.wait{fill:url(#h);stroke:#8c959f;stroke-width:.5}.wake{stroke:#bf3989;stroke-width:1;fill:none}\
.tip{fill:#bf3989}.tick{stroke:#d0d7de}.why,.time{font-size:9px;fill:#57606a}.why{paint-order:stroke;stroke:#fff;stroke-width:3px}.end{stroke:#57606a}\
.cancel{stroke:#cf222e;stroke-width:2}.note{fill:#9a6700}\
@media(prefers-color-scheme:dark){svg{background:#0d1117}text{fill:#e6edf3}.run{fill:#58a6ff}\
.why,.time{fill:#9198a1}.why{stroke:#0d1117}.tick{stroke:#30363d}.wake{stroke:#f778ba}.tip{fill:#f778ba}.note{fill:#e3b341}}";

/// Draws a recording.
#[must_use]
pub fn draw(recording: &Recording) -> String {
    let chart = Chart::new(recording);
    let scale = chart.scale(WIDTH, STEP);
    let x = |place| LEFT + scale.x(place);
    let y = |lane: usize| TOP + LANE * number(lane);
    let bottom = y(recording.lanes.len());
    let mut svg = String::new();
    // Writing to a `String` cannot fail: the results below are ignored.
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0} {:.0}\" role=\"img\" \
         aria-label=\"who ran when\">\n<style>{STYLE}</style>\n\
         <defs><pattern id=\"h\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" \
         patternTransform=\"rotate(45)\"><line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"5\" \
         stroke=\"#8c959f\" stroke-width=\"1\"/></pattern></defs>\n\
         <text class=\"time\" x=\"{LEFT}\" y=\"12\">solid: runs (widened to be seen) · hatched: waits · \
         arrow: woken by · cross: cancelled{}</text>\n",
        LEFT + WIDTH + 30.0,
        bottom + 22.0,
        match recording.lost {
            0 if chart.is_idle() => " · nothing ran".to_owned(),
            0 => String::new(),
            lost => format!(" · {lost} events more are not shown"),
        },
    );
    for (at, place) in chart.ticks(8) {
        let x = x(place);
        let _ = writeln!(
            svg,
            "<line class=\"tick\" x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{bottom:.1}\"/>\
             <text class=\"time\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{} s</text>",
            TOP - 8.0,
            bottom + 12.0,
            super::chart::label(at),
        );
    }
    // Sorted by lane once: to look through all for each would take minutes with thousands of them.
    let lanes = recording.lanes.len();
    let (mut spans, mut ends, mut notes) = (
        vec![vec![]; lanes],
        vec![vec![]; lanes],
        vec![vec![]; lanes],
    );
    for span in &chart.spans {
        spans[span.lane].push(span);
    }
    for end in &chart.ends {
        ends[end.0].push(end);
    }
    for note in &chart.notes {
        notes[note.lane].push(note);
    }
    for (lane, name) in recording.lanes.iter().enumerate() {
        let name = escape(name);
        let _ = writeln!(
            svg,
            "<g class=\"lane\" data-name=\"{name}\"><text x=\"{:.1}\" y=\"{:.1}\" \
             text-anchor=\"end\">{name}</text>",
            LEFT - 8.0,
            y(lane) + 12.0,
        );
        for span in &spans[lane] {
            let (from, to) = (x(span.from), x(span.to));
            let (class, title) = match span.doing {
                Doing::Running => ("run", "runs".to_owned()),
                Doing::Waiting(None) => ("wait", "waits".to_owned()),
                Doing::Waiting(Some(why)) => ("wait", why.to_string()),
            };
            let _ = writeln!(
                svg,
                "<rect class=\"{class}\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" \
                 height=\"{BAR}\"><title>{title}</title></rect>",
                y(lane),
                to - from,
            );
            // About five units a letter: only where it fits.
            if class == "wait" && to - from > 5.0 * number(title.len()) + 4.0 {
                let _ = writeln!(
                    svg,
                    "<text class=\"why\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{title}</text>",
                    f64::midpoint(from, to),
                    y(lane) + 11.5,
                );
            }
        }
        for (_, place, cancelled) in &ends[lane] {
            let (x, top) = (x(*place), y(lane));
            let _ = if *cancelled {
                writeln!(
                    svg,
                    "<path class=\"cancel\" d=\"M{:.1} {:.1}l8 8m0 -8l-8 8\"/>",
                    x - 1.0,
                    top + 4.0,
                )
            } else {
                writeln!(
                    svg,
                    "<line class=\"end\" x1=\"{x:.1}\" y1=\"{top:.1}\" x2=\"{x:.1}\" y2=\"{:.1}\"/>",
                    top + BAR,
                )
            };
        }
        for note in &notes[lane] {
            let _ = writeln!(
                svg,
                "<circle class=\"note\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.5\"><title>{}</title></circle>",
                x(note.place),
                y(lane) + BAR,
                escape(note.text),
            );
        }
        svg.push_str("</g>\n");
    }
    for wake in &chart.wakes {
        let Some(from) = wake.from.filter(|&from| from != wake.to) else {
            continue;
        };
        let x = x(wake.place);
        let (tail, tip, back) = if from < wake.to {
            (y(from) + BAR, y(wake.to), -4.0)
        } else {
            (y(from), y(wake.to) + BAR, 4.0)
        };
        let _ = writeln!(
            svg,
            "<path class=\"wake\" d=\"M{x:.1} {tail:.1}V{tip:.1}\"/>\
             <path class=\"tip\" d=\"M{x:.1} {tip:.1}l-2.5 {back}h5z\"/>",
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// Lanes and letters are few.
fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Names come from URLs too: text in a picture must stay text.
fn escape(text: &str) -> String {
    let mut safe = String::new();
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            letter if letter.is_control() => safe.push('\u{fffd}'),
            letter => safe.push(letter),
        }
    }
    safe
}
