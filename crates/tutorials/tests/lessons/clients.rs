//! The client: what it says of servers that go wrong, and how it ends.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::thread;

use crate::process::{run, text};

#[test]
fn whichever_client_fails_first_is_reported_while_the_others_go_on() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    thread::spawn(move || {
        // Doubles for everybody who comes, but for the fourth client, who is told nonsense.
        for (number, stream) in (1..).zip(listener.incoming()) {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                for line in lines.map_while(Result::ok) {
                    let double = 2 * line.parse::<i64>().unwrap();
                    let answer = if number == 4 {
                        "fish".to_owned()
                    } else {
                        double.to_string()
                    };
                    if writeln!(stream, "{answer}").is_err() {
                        return;
                    }
                }
            });
        }
    });
    // Without --requests the three others never end by themselves.
    let output = run(&["client", "-n", "4", "--pause", "20", "--port", &port]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(
        error.contains("\"fish\"") && error.lines().count() == 1,
        "{error}"
    );
}
