//! Runs `scenario.txt` against every program.

use std::collections::BTreeMap;

use crate::client::Client;
use crate::process::{Program, RUNTIMES};

/// Each new name takes the next endpoint, from this one on.
fn play(program: &Program, first: usize) {
    let mut clients: BTreeMap<String, Client> = BTreeMap::new();
    for (number, line) in (1..).zip(include_str!("scenario.txt").lines()) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let sign = line.find(['>', '<', 'x']).unwrap();
        let (names, text) = (
            &line[..sign],
            line[sign + 1..].strip_prefix(' ').unwrap_or(""),
        );
        for name in names.split_whitespace() {
            let place = first + clients.len();
            let client = clients
                .entry(name.to_owned())
                .or_insert_with(|| program.client(place));
            match &line[sign..=sign] {
                ">" => client.say(text),
                "<" => {
                    let heard = client.hear().map(|heard| timeless(&heard));
                    assert_eq!(heard.as_deref(), Some(text), "{name}, line {number}");
                }
                _ => assert_eq!(client.hear(), None, "{name}, line {number}"),
            }
        }
    }
}

/// `[12:34:56]…` as `[HH:MM:SS]…`.
fn timeless(line: &str) -> String {
    let bytes = line.as_bytes();
    let dated = bytes.len() > 10 && bytes[0] == b'[' && bytes[3] == b':' && bytes[9] == b']';
    if dated {
        format!("[HH:MM:SS{}", &line[9..])
    } else {
        line.to_owned()
    }
}

fn every_program_of(runtime: &str) {
    for (suffix, flags) in [
        ("", [].as_slice()),
        ("", &["--color", "never"]),
        ("-ws", &[]),
        ("-pair", &[]),
    ] {
        let program = Program::start(&format!("{runtime}{suffix}"), flags);
        play(&program, 0);
    }
    // The other way round: ann on the web.
    play(&Program::start(&format!("{runtime}-pair"), &[]), 1);
}

#[test]
fn the_scenario_on_tokio() {
    every_program_of("tokio");
}

#[test]
fn the_scenario_on_mio() {
    every_program_of("mio");
}

#[test]
fn the_scenario_on_smol() {
    every_program_of("smol");
}

#[test]
fn the_scenario_on_compio() {
    every_program_of("compio");
}

#[test]
fn the_scenario_across_all_runtimes_and_transports() {
    for program in ["all", "bind tcp_all", "bind ws_all"] {
        let count = Program::start(program, &[]).endpoints.len();
        for first in 0..count {
            play(&Program::start(program, &[]), first);
        }
    }
}

#[test]
fn eight_users_on_eight_servers_hear_each_other_in_one_order() {
    let program = Program::start("all", &["--flood-rate", "0"]);
    assert_eq!(program.endpoints.len(), 2 * RUNTIMES.len());
    let mut users: Vec<Client> = Vec::new();
    for index in 0..8 {
        let name = format!("user{index}");
        let user = program.user(index, &name);
        for other in &mut users {
            assert_eq!(
                other.hear().unwrap(),
                format!("[SYSTEM INFO] - [{name}] login to chat.")
            );
        }
        users.push(user);
    }
    // All talk at once; nobody waits for anybody.
    const EACH: usize = 50;
    for round in 0..EACH {
        for (index, user) in users.iter_mut().enumerate() {
            user.say(&format!("msgall {index}/{round}"));
        }
    }
    let mut heard: Vec<Vec<String>> = Vec::new();
    for user in &mut users {
        let lines = (0..8 * EACH).map(|_| timeless(&user.hear().unwrap()));
        heard.push(lines.collect());
    }
    for index in 0..8 {
        assert_eq!(heard[index], heard[0], "user{index} heard another order");
        for round in 0..EACH {
            let line = format!("[HH:MM:SS][user{index}]: {index}/{round}");
            assert!(heard[0].contains(&line), "{line} was lost");
        }
    }
}

#[test]
fn the_log_has_the_lines_of_the_source() {
    let program = Program::start("tokio-pair", &[]);
    let [(_, tcp), (_, web)] = program.endpoints[..] else {
        panic!("a pair has two endpoints");
    };
    let started = format!(
        "[Tokio_Chat] - [SERVER INFO] - Tokio_Chat server started on port: {}",
        tcp.port()
    );
    assert_eq!(program.logs("Tokio_Chat server"), started);
    program.logs(&format!(
        "Tokio_WS_Chat server started on port: {}",
        web.port()
    ));
    let mut ann = program.user(0, "ann");
    let from = ann.stream().local_addr().unwrap();
    assert_eq!(
        program.logs("New"),
        format!("[Tokio_Chat] - New connection: {from}.")
    );
    assert_eq!(program.logs("ann"), "[Tokio_Chat] - [ann] login to chat.");
    ann.say("logout");
    assert_eq!(
        program.logs("ann"),
        "[Tokio_Chat] - [ann] logout from chat."
    );
    drop(program.user(1, "bob"));
    assert_eq!(
        program.logs("bob] logout"),
        "[Tokio_WS_Chat] - [bob] logout from chat."
    );
}
