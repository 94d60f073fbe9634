//! The chart: one bar for each server, as long as its ratio to uWebSockets.

use std::fmt::Write as _;

const ROW: usize = 26;
const LEFT: usize = 210;
const SCALE: f64 = 260.0;

/// An SVG that can be read on a light page and on a dark one.
pub(crate) fn draw(title: &str, bars: &[(&str, bool, f64)]) -> String {
    let height = ROW * bars.len() + 60;
    let one = LEFT as f64 + SCALE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 700 {height}\" width=\"700\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"13\">\n\
         <title>{title}: deliveries per CPU second, uWebSockets in C++ = 1</title>\n\
         <style>text {{ fill: #24292f }} .axis {{ stroke: #8c959f }} .ours {{ fill: #1a7f64 }} .other {{ fill: #8c959f }}\n\
         @media (prefers-color-scheme: dark) {{ text {{ fill: #e6edf3 }} .ours {{ fill: #3fb68f }} }}</style>\n\
         <text x=\"10\" y=\"22\" font-weight=\"bold\">{title}</text>\n\
         <text x=\"10\" y=\"40\">deliveries per CPU second, uWebSockets in C++ = 1</text>\n\
         <line class=\"axis\" x1=\"{one}\" x2=\"{one}\" y1=\"48\" y2=\"{}\" stroke-dasharray=\"4 3\"/>\n",
        height - 6
    );
    for (index, (name, ours, ratio)) in bars.iter().enumerate() {
        let top = 50 + ROW * index;
        let length = (ratio * SCALE).clamp(1.0, 440.0);
        let class = if *ours { "ours" } else { "other" };
        // A String takes every write.
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}</text>\
             <rect class=\"{class}\" x=\"{LEFT}\" y=\"{top}\" width=\"{length:.1}\" height=\"18\" rx=\"2\"/>\
             <text x=\"{:.1}\" y=\"{}\">{ratio:.2}</text>",
            LEFT - 8,
            top + 14,
            LEFT as f64 + length + 6.0,
            top + 14,
        );
    }
    svg.push_str("</svg>\n");
    svg
}
