//! Lesson 19. Wait for something, but for a minute at most: with tokio's own means.

use std::time::Duration;

use ::tokio::runtime::Builder;
use ::tokio::time;

const MINUTE: Duration = Duration::from_secs(60);

async fn yours(takes: Duration) -> Option<&'static str> {
    time::sleep(takes).await;
    Some("done")
}

fn check<F: Future<Output = Option<&'static str>>>(patiently: fn(Duration) -> F) {
    // tokio has a clock that jumps, too.
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        assert_eq!(patiently(MINUTE / 2).await, Some("done"));
        let start = time::Instant::now();
        assert_eq!(patiently(60 * MINUTE).await, None);
        assert_eq!(start.elapsed(), MINUTE);
    });
}

#[test]
#[ignore = "hint: the table in lesson 19 names it"]
fn yours_gives_up() {
    check(yours);
}

#[test]
fn the_solution_gives_up() {
    check(solution);
}

// The solution. Stop reading here until you have tried.

async fn solution(takes: Duration) -> Option<&'static str> {
    let work = async {
        time::sleep(takes).await;
        "done"
    };
    time::timeout(MINUTE, work).await.ok()
}
