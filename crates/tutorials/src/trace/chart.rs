//! Where everything in a picture of a trace stands, before anything is drawn.
//!
//! A task runs for microseconds and waits for seconds. To scale, nobody would see
//! it run. So each run is given a width of its own on top of its time: the axis is
//! stretched by one *step* per run. The order of things stays exact, and between
//! runs the time is to scale.

use std::time::Duration;

use super::{Lane, Recording, What, Why};

/// What a lane does between two places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Doing {
    Running,
    /// Waiting, and if it said so, for what.
    Waiting(Option<Why>),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) lane: Lane,
    pub(super) doing: Doing,
    pub(super) from: Place,
    pub(super) to: Place,
}

/// A moment: the time, and how many runs had ended by then.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) struct Place {
    pub(super) at: Duration,
    pub(super) runs: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Arrow {
    pub(super) from: Option<Lane>,
    pub(super) to: Lane,
    pub(super) place: Place,
}

#[derive(Clone, Debug)]
pub(super) struct Mark<'a> {
    pub(super) lane: Lane,
    pub(super) place: Place,
    pub(super) text: &'a str,
}

/// A recording, laid out.
#[derive(Debug)]
pub(super) struct Chart<'a> {
    pub(super) spans: Vec<Span>,
    pub(super) wakes: Vec<Arrow>,
    pub(super) notes: Vec<Mark<'a>>,
    /// Where lanes ended; `true` for the cancelled.
    pub(super) ends: Vec<(Lane, Place, bool)>,
    /// Where runs ended, in order: the axis is stretched there.
    stretches: Vec<Duration>,
    pub(super) end: Place,
}

impl<'a> Chart<'a> {
    pub(super) fn new(recording: &'a Recording) -> Self {
        let lanes = recording.lanes.len();
        let mut running: Vec<Option<Place>> = vec![None; lanes];
        let mut waiting: Vec<Option<(Place, Option<Why>)>> = vec![None; lanes];
        let mut over = vec![false; lanes];
        let mut chart = Self {
            spans: Vec::new(),
            wakes: Vec::new(),
            notes: Vec::new(),
            ends: Vec::new(),
            stretches: Vec::new(),
            end: Place {
                at: Duration::ZERO,
                runs: 0,
            },
        };
        for event in &recording.events {
            let lane = event.lane;
            let mut place = Place {
                // Threads may be recorded a hair out of order: never go back.
                at: event.at.max(chart.end.at),
                runs: chart.end.runs,
            };
            match &event.what {
                What::Spawn { .. } => waiting[lane] = Some((place, Some(Why::Turn))),
                What::Begin => {
                    chart.close_wait(&mut waiting, lane, place);
                    running[lane] = Some(place);
                }
                What::End { why } => {
                    place.runs += 1;
                    chart.stretches.push(place.at);
                    chart.close_run(&mut running, lane, place);
                    // A callback may end itself: then it gives back control, and waits no more.
                    waiting[lane] = (!over[lane]).then_some((place, *why));
                }
                What::Asleep { why } => waiting[lane] = Some((place, *why)),
                What::Awake => chart.close_wait(&mut waiting, lane, place),
                What::Wake { by } => chart.wakes.push(Arrow {
                    from: *by,
                    to: lane,
                    place,
                }),
                What::Note(text) => chart.notes.push(Mark { lane, place, text }),
                What::Drop { cancelled } => {
                    // One that returned had nothing left to wait for.
                    if *cancelled {
                        chart.close_wait(&mut waiting, lane, place);
                    }
                    waiting[lane] = None;
                    over[lane] = true;
                    chart.ends.push((lane, place, *cancelled));
                }
            }
            chart.end = place;
        }
        let end = chart.end;
        for lane in 0..lanes {
            chart.close_run(&mut running, lane, end);
            chart.close_wait(&mut waiting, lane, end);
        }
        chart
    }

    /// Whether nobody ran at all: a server to which nobody came.
    pub(super) fn is_idle(&self) -> bool {
        !self.spans.iter().any(|span| span.doing == Doing::Running)
    }

    fn close_run(&mut self, running: &mut [Option<Place>], lane: Lane, to: Place) {
        if let Some(from) = running[lane].take() {
            self.spans.push(Span {
                lane,
                doing: Doing::Running,
                from,
                to,
            });
        }
    }

    fn close_wait(&mut self, waiting: &mut [Option<(Place, Option<Why>)>], lane: Lane, to: Place) {
        if let Some((from, why)) = waiting[lane].take()
            && from != to
        {
            self.spans.push(Span {
                lane,
                doing: Doing::Waiting(why),
                from,
                to,
            });
        }
    }

    /// A scale that fits everything into `width` units, with at most `step` for each run.
    pub(super) fn scale(&self, width: f64, step: f64) -> Scale {
        let runs = f64::from(self.end.runs.max(1));
        let seconds = self.end.at.as_secs_f64();
        // Runs may take half of the width, or all of it where no time passed.
        let share = if seconds > 0.0 { 0.5 } else { 1.0 };
        let step = step.min(width * share / runs);
        let per_second = if seconds > 0.0 {
            (width - step * runs) / seconds
        } else {
            0.0
        };
        Scale { step, per_second }
    }

    /// Times to write under the axis, each with its place: at most `count`, round ones.
    pub(super) fn ticks(&self, count: u32) -> Vec<(Duration, Place)> {
        let seconds = self.end.at.as_secs_f64();
        if seconds <= 0.0 {
            return Vec::new();
        }
        let rough = seconds / f64::from(count);
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
        let step = step
            .into_iter()
            .find(|&step| step >= rough)
            .unwrap_or(rough);
        let mut ticks = Vec::new();
        let mut number = 0_u32;
        loop {
            // The small addition: rounding must not lose the last one.
            let time = step * f64::from(number);
            if time > seconds * (1.0 + 1e-9) {
                return ticks;
            }
            let at = Duration::from_secs_f64(time);
            let runs = self.stretches.partition_point(|&stretch| stretch < at);
            let runs = u32::try_from(runs).unwrap_or(u32::MAX);
            ticks.push((at, Place { at, runs }));
            number += 1;
        }
    }
}

/// From places to units on the paper.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    step: f64,
    per_second: f64,
}

impl Scale {
    pub(super) fn x(self, place: Place) -> f64 {
        place.at.as_secs_f64() * self.per_second + f64::from(place.runs) * self.step
    }
}

/// A time under the axis in seconds, to the microsecond, without decimals that say nothing.
pub(super) fn label(at: Duration) -> String {
    let text = format!("{:.6}", at.as_secs_f64());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
