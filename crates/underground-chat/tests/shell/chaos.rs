//! A thousand messages through a proxy that cuts, stalls and goes half-open.

use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use super::program::Program;
use super::server::{Server, binary, line};

const MESSAGES: usize = 1000;

/// What the proxy does to a connection once so many bytes have passed.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// Closes both sides.
    Cut,
    /// Lets nothing pass for a while, and is cut a little later.
    Stall,
    /// Swallows everything from then on, and closes nothing.
    HalfOpen,
}

/// The fates of the connections in turn; the ones after them pass. Counts them all.
fn proxy(target: SocketAddr, fates: Vec<(Fate, usize)>) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let met = Arc::new(AtomicUsize::new(0));
    let meets = Arc::clone(&met);
    std::thread::spawn(move || {
        let mut fates = fates.into_iter();
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(server) = TcpStream::connect(target) else {
                continue;
            };
            meets.fetch_add(1, Ordering::Relaxed);
            let fate = fates.next();
            let passed = Arc::new(AtomicUsize::new(0));
            for (from, to) in [(&client, &server), (&server, &client)] {
                let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                let passed = Arc::clone(&passed);
                std::thread::spawn(move || pump(from, to, fate, &passed));
            }
        }
    });
    (address, met)
}

fn pump(mut from: TcpStream, mut to: TcpStream, fate: Option<(Fate, usize)>, passed: &AtomicUsize) {
    let mut stalled = false;
    let mut chunk = [0; 512];
    while let Ok(count @ 1..) = from.read(&mut chunk) {
        let before = passed.fetch_add(count, Ordering::Relaxed);
        let mut count = count;
        if let Some((fate, at)) = fate
            && before + count > at
        {
            match fate {
                Fate::Cut => {
                    // Part of what came still gets through: the cut may be anywhere in it.
                    count = at.saturating_sub(before);
                    let _ = to.write_all(&chunk[..count]);
                    break;
                }
                Fate::Stall if !stalled => {
                    stalled = true;
                    // Nothing is waited for: this is the fault itself.
                    std::thread::sleep(Duration::from_millis(400));
                }
                Fate::Stall if before > at + 2000 => break,
                Fate::Stall => {}
                Fate::HalfOpen => continue,
            }
        }
        if to.write_all(&chunk[..count]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

#[test]
fn a_thousand_messages_arrive_in_order_through_cuts_stalls_and_half_open_connections() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = SmallRng::seed_from_u64(seed);
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let server = Server::start(here, &[]);
    assert!(server.run(here, &["register", "Chaos"]).status.success());
    // Logging in takes about 300 bytes and a message 70: each connection gets some through.
    let fates = [
        Fate::Cut,
        Fate::Stall,
        Fate::Cut,
        Fate::Cut,
        Fate::HalfOpen,
        Fate::Cut,
    ]
    .map(|fate| (fate, random.random_range(1000..8000)));
    let (through, met) = proxy(server.write, fates.to_vec());
    let mut reader = server.reader();

    let mut command = binary(here);
    command
        .arg("chat")
        .arg(format!("--read-port={}", server.read.port()))
        .arg(format!("--write-port={}", through.port()));
    let mut chat = Program::start(command);
    // What it prints is read all the while, or it would wait for us.
    for n in 0..MESSAGES {
        chat.say(&format!("сообщение {n}"));
    }
    drop(chat.stdin.take());

    let (mut expected, mut repeated, mut last) = (0, 0, None);
    while expected < MESSAGES {
        let number = number(&mut reader);
        if number == expected {
            expected += 1;
        } else {
            assert_eq!(
                Some(number),
                last,
                "out of order, or three times (seed {seed})"
            );
            repeated += 1;
            last = None;
            continue;
        }
        last = Some(number);
    }
    assert_eq!(chat.code(), 0);
    // Every fate was met, and outlived. (A machine that stops for ten seconds may cost one more.)
    let met = met.load(Ordering::Relaxed);
    assert!(met > fates.len(), "{met} connections (seed {seed})");
    assert!(repeated < met, "{repeated} repeated (seed {seed})");
}

fn number(reader: &mut BufReader<TcpStream>) -> usize {
    let line = line(reader);
    line.rsplit_once(' ').unwrap().1.parse().unwrap()
}
