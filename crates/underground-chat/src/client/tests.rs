//! The client against a server in memory, under virtual time: no wait here takes any.

mod world;

use super::*;
use world::{Fate, World};

fn open(world: &World, login: Option<Login>, read: bool) -> (Connection, Events) {
    let settings = Settings {
        login,
        read,
        queue: 10,
        seed: 5,
    };
    Connection::open(world.clone(), settings)
}

/// The next event that is `wanted`; what comes before it is dropped.
async fn until(events: &mut Events, wanted: impl Fn(&Event) -> bool) -> Event {
    loop {
        let event = events.next().await.unwrap();
        if wanted(&event) {
            return event;
        }
    }
}

fn is_up(port: Port) -> impl Fn(&Event) -> bool {
    move |event| *event == Event::Status(port, Status::Up)
}

fn posted(texts: &[&str]) -> Vec<String> {
    texts
        .iter()
        .map(|text| format!("Keen oleg: {text}\n"))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn messages_arrive_escaped_and_statuses_in_order() {
    let (world, token) = World::with_account();
    let (_connection, mut events) = open(&world, Some(Login::Token(token)), true);
    let mut seen = Vec::new();
    while seen.len() < 5 {
        seen.push(events.next().await.unwrap());
    }
    for port in [Port::Read, Port::Write] {
        let at = |status| {
            let event = Event::Status(port, status);
            seen.iter().position(|seen| *seen == event).unwrap()
        };
        assert!(at(Status::Connecting) < at(Status::Up), "{seen:?}");
    }
    assert!(seen.contains(&Event::Nickname("Keen oleg".to_owned())));
    world.say("Eva: \x1b[2J\n\nVlad: два\n").await;
    for line in [r"Eva: \x1b[2J", "Vlad: два"] {
        assert_eq!(
            events.next().await.unwrap(),
            Event::Message(line.to_owned())
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_chat_greets_and_nothing_else_passes_for_one() {
    for (fates, chat) in [
        (vec![], true),
        // It listens a moment later.
        (vec![Fate::Refused; 5], true),
        (vec![Fate::Refused; 1000], false),
        (vec![Fate::Stalls(9)], false),
        (vec![Fate::Dies(0); 1000], false),
    ] {
        let world = World::default();
        world.state().fates = fates.clone().into();
        let asked = Instant::now();
        assert_eq!(greets(&world).await, chat, "{fates:?}");
        assert!(asked.elapsed() <= Duration::from_secs(3));
    }
}

#[tokio::test(start_paused = true)]
async fn every_step_of_the_back_off_is_kept_and_announced() {
    let world = World::default();
    world.state().read_fates = std::iter::repeat_n(Fate::Refused, 25).collect();
    let start = Instant::now();
    let (_connection, mut events) = open(&world, None, true);
    let mut expected = Backoff::new(6);
    let mut at = start;
    for step in 0..25 {
        let event = until(&mut events, |event| {
            matches!(event, Event::Status(_, Status::Down { .. }))
        })
        .await;
        let Event::Status(Port::Read, Status::Down { retry_at, why }) = event else {
            panic!("{event:?}")
        };
        assert!(why.contains("refused"), "{why}");
        at += expected.next(Duration::ZERO);
        // The timer of the runtime counts in milliseconds.
        let early = at.saturating_duration_since(retry_at);
        let late = retry_at.saturating_duration_since(at);
        assert!(
            early.max(late) <= Duration::from_millis(2 * (step + 1)),
            "step {step}"
        );
        at = retry_at;
    }
    until(&mut events, is_up(Port::Read)).await;
    assert!(
        start.elapsed() > Duration::from_secs(240),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(world.state().tries.len(), 26);
}

#[tokio::test(start_paused = true)]
async fn a_good_minute_starts_the_back_off_over_and_a_shorter_one_does_not() {
    for (held, starts_over) in [(59, false), (61, true)] {
        let world = World::default();
        world.state().read_fates = std::iter::repeat_n(Fate::Refused, 20).collect();
        let (_connection, mut events) = open(&world, None, true);
        until(&mut events, is_up(Port::Read)).await;
        tokio::time::sleep(Duration::from_secs(held)).await;
        let lost = Instant::now();
        world.drop_readers();
        until(&mut events, is_up(Port::Read)).await;
        assert_eq!(lost.elapsed() < Duration::from_secs(1), starts_over);
    }
}

#[tokio::test(start_paused = true)]
async fn when_one_port_is_back_the_other_is_tried_at_once() {
    let (world, token) = World::with_account();
    world.state().read_fates = std::iter::repeat_n(Fate::Refused, 12).collect();
    world.state().fates = std::iter::repeat_n(Fate::Refused, 15).collect();
    let (_connection, mut events) = open(&world, Some(Login::Token(token)), true);
    until(&mut events, is_up(Port::Read)).await;
    let back = Instant::now();
    until(&mut events, |event| {
        *event == Event::Status(Port::Write, Status::Connecting)
    })
    .await;
    assert!(back.elapsed() < Duration::from_millis(10));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_dies_after_any_byte_loses_nothing_and_gets_nothing_confirmed_again() {
    let texts = ["один", "two", "3"];
    for cut in 0..1000 {
        let (world, token) = World::with_account();
        world.state().fates.push_back(Fate::Dies(cut));
        let (connection, mut events) = open(&world, Some(Login::Token(token)), false);
        let ids = texts.map(|text| connection.send(text).unwrap());
        let (mut confirmed, mut repeated) = (Vec::new(), None);
        while confirmed.len() < texts.len() {
            match events.next().await.unwrap() {
                Event::Sent(id) => confirmed.push(id),
                Event::Status(_, Status::Down { .. }) => {
                    let posted = world.state().posted.len();
                    assert!(posted >= confirmed.len());
                    // At most the one that was under way comes again.
                    repeated = (posted > confirmed.len()).then_some(confirmed.len());
                }
                _ => {}
            }
        }
        assert_eq!(confirmed, ids, "cut at {cut}");
        let mut expected = texts.to_vec();
        if let Some(index) = repeated {
            expected.insert(index, texts[index]);
        }
        assert_eq!(world.state().posted, posted(&expected), "cut at {cut}");
        assert_eq!(connection.unconfirmed(), 0);
        if world.state().tries.len() == 1 {
            return;
        }
    }
    panic!("the conversation never fitted");
}

#[tokio::test(start_paused = true)]
async fn a_line_dead_without_a_word_is_found_by_pings_within_25_s_and_both_ports_are_made_anew() {
    let (world, token) = World::with_account();
    world.state().fates.push_back(Fate::Stalls(330));
    let (_connection, mut events) = open(&world, Some(Login::Token(token)), true);
    until(&mut events, is_up(Port::Write)).await;
    let up = Instant::now();
    let mut down = Vec::new();
    while down.len() < 2 {
        if let Event::Status(port, Status::Down { .. }) = events.next().await.unwrap() {
            down.push(port);
        }
    }
    assert!(
        (24..=26).contains(&up.elapsed().as_secs()),
        "{:?}",
        up.elapsed()
    );
    assert!(down.contains(&Port::Read) && down.contains(&Port::Write));
    until(&mut events, is_up(Port::Write)).await;
}

#[tokio::test(start_paused = true)]
async fn a_program_that_does_not_look_for_a_minute_loses_no_connection() {
    let (world, token) = World::with_account();
    let settings = Settings {
        login: Some(Login::Token(token)),
        queue: 2 * EVENTS,
        ..Settings::default()
    };
    let (connection, mut events) = Connection::open(world.clone(), settings);
    let mut last = None;
    for n in 0..2 * EVENTS {
        last = Some(connection.send(&n.to_string()).unwrap());
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(connection.unconfirmed() > 0, "the events did not fill up");
    let sent = until(&mut events, |event| match event {
        Event::Sent(id) => Some(*id) == last,
        Event::Status(_, Status::Down { .. }) => true,
        _ => false,
    });
    assert_eq!(Some(sent.await), last.map(Event::Sent));
    assert_eq!(world.state().posted.len(), 2 * EVENTS);
    assert_eq!(world.state().tries.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_server_away_for_less_than_two_seconds_is_back_within_one() {
    for away in (50..2000).step_by(50).map(Duration::from_millis) {
        let (world, token) = World::with_account();
        let settings = Settings {
            login: Some(Login::Token(token)),
            ..Settings::default()
        };
        let seed = settings.seed;
        let (connection, mut events) = Connection::open(world.clone(), settings);
        until(&mut events, is_up(Port::Write)).await;
        tokio::time::sleep(Duration::from_secs(61)).await;
        let returns = Instant::now() + away;
        world.leave_until(returns);
        until(&mut events, |event| {
            matches!(event, Event::Status(_, Status::Down { .. }))
        })
        .await;
        let id = connection.send("typed meanwhile").unwrap();
        for _ in [Port::Read, Port::Write] {
            until(&mut events, |event| {
                matches!(event, Event::Status(_, Status::Up))
            })
            .await;
        }
        until(&mut events, |event| *event == Event::Sent(id)).await;
        assert_eq!(
            world.state().unheard,
            0,
            "said before the read port was back"
        );
        let late = returns.elapsed();
        assert!(
            late <= Duration::from_secs(1),
            "{late:?} after {away:?}, seed {seed}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_waits_can_be_taken_back() {
    let (world, token) = World::with_account();
    world.state().fates = std::iter::repeat_n(Fate::Refused, 3).collect();
    let (connection, mut events) = open(&world, Some(Login::Token(token)), false);
    let [_, wrong, last] = ["one", "tow", "three"].map(|text| connection.send(text).unwrap());
    assert_eq!(connection.take_back(wrong).as_deref(), Some("tow"));
    until(&mut events, |event| *event == Event::Sent(last)).await;
    assert_eq!(world.state().posted, posted(&["one", "three"]));
    assert_eq!(connection.take_back(last), None);
}

#[tokio::test(start_paused = true)]
async fn a_silent_chat_is_no_lost_connection() {
    let (world, token) = World::with_account();
    let (_connection, mut events) = open(&world, Some(Login::Token(token)), true);
    for _ in 0..2 {
        until(&mut events, |event| {
            matches!(event, Event::Status(_, Status::Up))
        })
        .await;
    }
    let silence = tokio::time::timeout(Duration::from_secs(3 * 3600), events.next()).await;
    assert!(silence.is_err(), "{silence:?}");
    assert_eq!(world.state().tries.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_typed_offline_waits_in_a_queue_that_says_when_it_is_full() {
    let (world, token) = World::with_account();
    world.state().fates = std::iter::repeat_n(Fate::Refused, 5).collect();
    let (connection, mut events) = open(&world, Some(Login::Token(token)), false);
    let texts: Vec<String> = (0..10).map(|n| format!("m{n}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for text in &texts {
        connection.send(text).unwrap();
    }
    assert_eq!(connection.send("one more"), Err(PostError::Full(10)));
    assert_eq!(connection.unconfirmed(), 10);
    for _ in &texts {
        until(&mut events, |event| matches!(event, Event::Sent(_))).await;
    }
    assert_eq!(world.state().posted, posted(&texts));
    connection.send("one more").unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_rejected_token_waits_for_a_name_or_another_token() {
    let (world, token) = World::with_account();
    let wrong = || Some(Login::Token(Token::random()));

    let (connection, mut events) = open(&world, wrong(), false);
    connection.send("hello").unwrap();
    until(&mut events, |event| *event == Event::TokenRejected).await;
    let silence = tokio::time::timeout(Duration::from_secs(3600), events.next()).await;
    assert!(silence.is_err(), "{silence:?}");
    assert!(!connection.register(" \n"));
    assert!(connection.register("new"));
    let event = until(&mut events, |event| matches!(event, Event::Registered(_))).await;
    let Event::Registered(account) = event else {
        panic!()
    };
    assert_eq!(account.nickname, "Keen new");
    until(&mut events, |event| matches!(event, Event::Sent(_))).await;
    assert_eq!(world.state().posted, ["Keen new: hello\n"]);
    assert_eq!(
        world.state().tries.len(),
        1,
        "the connection was still good"
    );

    let (connection, mut events) = open(&world, wrong(), false);
    until(&mut events, |event| *event == Event::TokenRejected).await;
    connection.log_in(token);
    until(&mut events, is_up(Port::Write)).await;
    assert_eq!(world.state().tries.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_endless_line_on_the_read_port_takes_no_memory_without_end() {
    let world = World::default();
    let (_connection, mut events) = open(&world, None, true);
    until(&mut events, is_up(Port::Read)).await;
    world.say(&"x".repeat(crate::protocol::LONGEST_LINE)).await;
    world.say("x").await;
    let event = events.next().await.unwrap();
    let Event::Status(_, Status::Down { why, .. }) = event else {
        panic!("{event:?}")
    };
    assert!(why.contains("longer"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn dropping_the_events_closes_both_connections() {
    let (world, token) = World::with_account();
    let (connection, mut events) = open(&world, Some(Login::Token(token)), true);
    until(&mut events, is_up(Port::Write)).await;
    drop(events);
    let alive = Arc::downgrade(&connection.shared);
    drop(connection);
    while alive.upgrade().is_some() {
        tokio::task::yield_now().await;
    }
}
