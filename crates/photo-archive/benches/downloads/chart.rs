//! The table's speeds as a chart: bars that a light and a dark page both show.

use std::fmt::Write as _;

use crate::measure::{Rate, Sample};
use crate::table::Row;

/// Where bars begin: right of the names.
const LEFT: f64 = 190.0;
/// The longest bar.
const WIDTH: f64 = 330.0;
/// From one bar to the next.
const STEP: f64 = 26.0;
/// Height of a group's title.
const TITLE: f64 = 34.0;

/// Picks one of a sample's rates.
type OneOf = fn(&Sample) -> Rate;

/// One group of bars for one download, one for twenty; servers that were not measured are left out.
pub(crate) fn svg(rows: &[Row<'_>]) -> String {
    let measured: Vec<(&str, Sample)> = rows
        .iter()
        .filter_map(|row| Some((row.server.name.as_str(), row.median?)))
        .collect();
    let groups: [(&str, OneOf); 2] = [
        ("1 download", |sample| sample.one),
        ("20 downloads at once", |sample| sample.twenty),
    ];
    let fastest = groups
        .iter()
        .flat_map(|(_, rate)| measured.iter().map(|(_, sample)| rate(sample).speed))
        .fold(f64::MIN_POSITIVE, f64::max);
    let height = groups.len() as f64 * (TITLE + STEP * measured.len() as f64) + 16.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 {height}\" role=\"img\" \
         aria-label=\"Speed of downloads of a 2 GiB album, by server\">\n\
         <style>text {{ font: 14px system-ui, sans-serif; fill: #24292f }} \
         .title {{ font-weight: 600 }} .name {{ text-anchor: end }} \
         .bar {{ fill: #8c96a3 }} .ours {{ fill: #0b7a75 }} \
         @media (prefers-color-scheme: dark) {{ text {{ fill: #e6edf3 }} \
         .bar {{ fill: #6b7684 }} .ours {{ fill: #2fb6ae }} }}</style>\n"
    );
    let mut y = 0.0;
    for (title, rate) in groups {
        line(
            &mut out,
            &format!(
                "<text class=\"title\" x=\"{LEFT}\" y=\"{}\">{title}, GiB/s</text>",
                y + 24.0
            ),
        );
        y += TITLE;
        for (name, sample) in &measured {
            let Rate { speed, cost } = rate(sample);
            let length = WIDTH * speed / fastest;
            let class = if *name == "photo-archive" {
                "bar ours"
            } else {
                "bar"
            };
            let text = y + 14.0;
            line(
                &mut out,
                &format!(
                    "<text class=\"name\" x=\"{}\" y=\"{text}\">{name}</text>\
                     <rect class=\"{class}\" x=\"{LEFT}\" y=\"{y}\" width=\"{length:.1}\" height=\"19\" rx=\"2\"/>\
                     <text x=\"{:.1}\" y=\"{text}\">{speed:.2} · {cost:.2} CPU s/GiB</text>",
                    LEFT - 10.0,
                    LEFT + length + 8.0,
                ),
            );
            y += STEP;
        }
    }
    out + "</svg>\n"
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("a string takes everything");
}
