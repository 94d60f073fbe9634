//! What was measured, as a Markdown table.

use std::fmt::Write as _;

use crate::measure::{Sample, median};
use crate::server::Server;

/// One server's medians, or nothing where it is not installed.
pub(crate) struct Row<'a> {
    /// Which server.
    pub(crate) server: &'a Server,
    /// Its medians.
    pub(crate) median: Option<Sample>,
}

impl<'a> Row<'a> {
    /// The medians of `samples`.
    pub(crate) fn new(server: &'a Server, samples: &[Sample]) -> Self {
        let of = |value: &dyn Fn(&Sample) -> f64| median(samples.iter().map(value).collect());
        let median = samples.first().map(|&first| {
            let mut middle = first;
            middle.first_cold = of(&|sample| sample.first_cold);
            middle.first_warm = of(&|sample| sample.first_warm);
            middle.cold.speed = of(&|sample| sample.cold.speed);
            middle.cold.cost = of(&|sample| sample.cold.cost);
            middle.one.speed = of(&|sample| sample.one.speed);
            middle.one.cost = of(&|sample| sample.one.cost);
            middle.twenty.speed = of(&|sample| sample.twenty.speed);
            middle.twenty.cost = of(&|sample| sample.twenty.cost);
            for (index, peak) in middle.peaks.iter_mut().enumerate() {
                *peak = of(&|sample| sample.peaks[index]);
            }
            middle
        });
        Self { server, median }
    }
}

/// All rows; in brackets the ratio to nginx in the same run.
pub(crate) fn markdown(rows: &[Row<'_>], runs: u32) -> String {
    let mut out = String::new();
    let reference = rows.iter().find(|row| row.server.is_reference());
    let reference = reference.and_then(|row| row.median);
    let beside = |value: f64, of: fn(&Sample) -> f64| match &reference {
        Some(nginx) => format!("{value:.2} ({:.2})", value / of(nginx)),
        None => format!("{value:.2}"),
    };
    line(
        &mut out,
        "| server | first download, GiB/s | CPU s/GiB | 1 download, GiB/s | CPU s/GiB \
         | 20 downloads, GiB/s | CPU s/GiB | first byte ms, cold | warm \
         | peak RSS MiB, 1 → 20 → 100 |",
    );
    line(&mut out, "|---|---|---|---|---|---|---|---|---|---|");
    for row in rows {
        let name = &row.server.name;
        let Some(sample) = &row.median else {
            let install = row.server.missing().unwrap_or_default();
            line(
                &mut out,
                &format!("| {name} | not installed: `{install}` | | | | | | | | |"),
            );
            continue;
        };
        let cells = [
            beside(sample.cold.speed, |nginx| nginx.cold.speed),
            beside(sample.cold.cost, |nginx| nginx.cold.cost),
            beside(sample.one.speed, |nginx| nginx.one.speed),
            beside(sample.one.cost, |nginx| nginx.one.cost),
            beside(sample.twenty.speed, |nginx| nginx.twenty.speed),
            beside(sample.twenty.cost, |nginx| nginx.twenty.cost),
            format!("{:.1}", sample.first_cold),
            format!("{:.1}", sample.first_warm),
            sample.peaks.map(|peak| format!("{peak:.0}")).join(" → ") + &late(sample),
        ];
        line(&mut out, &format!("| {name} | {} |", cells.join(" | ")));
    }
    let note = if runs == 1 {
        "One run.".to_owned()
    } else {
        format!("Medians of {runs} runs.")
    };
    line(
        &mut out,
        &format!("\n{note} In brackets the ratio to nginx."),
    );
    out
}

/// Which of the clients were left waiting.
fn late(sample: &Sample) -> String {
    let asked = [20, 100];
    let late = asked.iter().zip(sample.began);
    late.filter(|(asked, began)| began < asked)
        .map(|(asked, began)| format!("; {began} of {asked} began within 5 s"))
        .collect()
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("a string takes everything");
}
