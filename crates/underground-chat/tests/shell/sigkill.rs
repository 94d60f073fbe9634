//! The server is killed while a thousand people register.

use std::io::{BufRead, Write};
use std::sync::mpsc::channel;

use rustix::process::Signal;

use super::program::PATIENCE;
use super::server::{Server, bare};

const PEOPLE: usize = 1000;
/// Threads that register people one after the other.
const CROWD: usize = 50;

/// The account of one more person, if the server lived to answer.
fn register(address: std::net::SocketAddr, name: &str) -> Option<String> {
    let stream = std::net::TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    (&stream).write_all(format!("\n{name}\n").as_bytes()).ok()?;
    let mut lines = std::io::BufReader::new(stream)
        .lines()
        .map_while(Result::ok);
    // A line that the kill cut short is no answer: it lacks its end.
    lines.find(|line| line.starts_with('{') && line.ends_with('}'))
}

#[test]
fn no_account_that_was_answered_is_lost_when_the_server_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let server = Server::start(here, &[]);
    let (sender, answers) = channel();
    for thread in 0..CROWD {
        let (sender, address) = (sender.clone(), server.write);
        std::thread::spawn(move || {
            for n in 0..PEOPLE / CROWD {
                let Some(account) = register(address, &format!("p{thread}-{n}")) else {
                    return;
                };
                let _ = sender.send(account);
            }
        });
    }
    drop(sender);
    // In the middle of it, and then whatever was answered before the kill took effect.
    let mut accounts: Vec<String> = answers.iter().take(PEOPLE / 3).collect();
    server.program.signal(Signal::KILL);
    accounts.extend(answers.iter());
    assert!(accounts.len() >= PEOPLE / 3);
    drop(server);

    let server = Server::start(here, &[]);
    for account in &accounts {
        let token = account.rsplit('"').nth(1).unwrap();
        let mut stream = bare(server.write);
        writeln!(stream.get_mut(), "{token}").unwrap();
        let (mut greeting, mut answer) = (String::new(), String::new());
        stream.read_line(&mut greeting).unwrap();
        stream.read_line(&mut answer).unwrap();
        assert_eq!(answer.trim_end(), account);
    }
}
