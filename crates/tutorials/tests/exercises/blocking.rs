//! Lesson 1. A client that connects and says nothing keeps everybody else waiting for ever.
//! Echo what comes, but hang up on a client that is silent for longer than `patience`.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

fn yours(mut client: TcpStream, patience: Duration) -> io::Result<()> {
    let _ = patience;
    let mut piece = [0; 64];
    loop {
        let count = client.read(&mut piece)?;
        if count == 0 {
            return Ok(());
        }
        client.write_all(&piece[..count])?;
    }
}

fn check(serve: fn(TcpStream, Duration) -> io::Result<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (served, _) = listener.accept().unwrap();
    let server = thread::spawn(move || serve(served, Duration::from_millis(100)));
    client.write_all(b"hi").unwrap();
    let mut answer = [0; 2];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"hi");
    client
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    let end = client.read(&mut answer);
    assert!(
        matches!(end, Ok(0)),
        "we were silent, and it did not hang up: {end:?}"
    );
    server.join().unwrap().unwrap();
}

#[test]
#[ignore = "hint: a socket can be given a time limit for reading; what does read say then?"]
fn yours_hangs_up() {
    check(yours);
}

#[test]
fn the_solution_hangs_up() {
    check(solution);
}

// The solution. Stop reading here until you have tried.

fn solution(mut client: TcpStream, patience: Duration) -> io::Result<()> {
    client.set_read_timeout(Some(patience))?;
    let mut piece = [0; 64];
    loop {
        match client.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(count) => client.write_all(&piece[..count])?,
            // Linux says the first, other systems the second.
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return Ok(());
            }
            Err(error) => return Err(error),
        }
    }
}
