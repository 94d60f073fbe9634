//! What is kept of a long recording, and what a picture makes of callbacks that end themselves.

use super::chart::{Chart, Doing};
use super::*;

#[test]
fn a_recording_of_very_many_clients_does_not_grow_for_ever_and_says_so() {
    let trace = Trace::new(Clock::jumping());
    let reactor = trace.lane("reactor");
    for number in 0..20_000 {
        let lane = trace.spawn(format!("client {number}"));
        trace.mark(reactor);
        trace.wake(lane);
        trace.begin(lane);
        // What a lane that is not kept makes or wakes cannot point to it.
        let child = trace.spawn("child");
        trace.wake(child);
        trace.end(lane);
        trace.drop(lane, false);
    }
    let recording = trace.recording();
    assert_eq!(recording.lanes.len(), LANES);
    assert!(recording.events.len() <= EVENTS && recording.lost > 0);
    let started = std::time::Instant::now();
    let (picture, terminal) = (svg::draw(&recording), terminal::draw(&recording, 80));
    assert!(started.elapsed() < Duration::from_secs(20));
    for text in [&picture, &terminal] {
        assert!(text.contains(&format!("{} events more", recording.lost)));
    }
    assert!(chrome::write(&recording).starts_with("[\n"));
}

#[test]
fn a_callback_that_forgets_itself_waits_for_nothing_afterwards() {
    let trace = Trace::new(Clock::jumping());
    let (gone, other) = (trace.spawn("gone"), trace.spawn("other"));
    trace.begin(gone);
    trace.drop(gone, false);
    trace.end(gone);
    trace.begin(other);
    trace.end(other);
    let recording = trace.recording();
    let chart = Chart::new(&recording);
    let last = chart.spans.iter().rfind(|span| span.lane == gone).unwrap();
    assert_eq!(last.doing, Doing::Running);
}

#[test]
fn a_recording_in_which_nobody_ran_says_so() {
    let trace = Trace::new(Clock::jumping());
    let reactor = trace.lane("reactor");
    trace.asleep(reactor, None);
    trace.awake(reactor);
    let recording = trace.recording();
    assert_eq!(terminal::draw(&recording, 80), "nothing ran\n");
    assert!(svg::draw(&recording).contains("nothing ran"));
}

#[test]
fn where_no_time_passed_there_is_no_axis() {
    let trace = Trace::new(Clock::jumping());
    let task = trace.spawn("task");
    trace.begin(task);
    trace.end(task);
    let legend = "     █ runs  · waits  ▲ woken  × cancelled\n";
    assert_eq!(
        terminal::draw(&trace.recording(), 80),
        format!("task █\n{legend}")
    );
}
