//! # Lesson 1: a blocking server
//!
//! The simplest server there is: wait for a client, talk with it until it hangs up,
//! wait for the next. Each of these waits is a call (`accept`, `read`) in which the
//! whole program stands still. While it waits for one client, no other exists.
//!
//! **Type this.** In three terminals, in this order:
//!
//! ```text
//! cargo run -p tutorials -- blocking
//! nc 127.0.0.1 5000        type something: it answers
//! nc 127.0.0.1 5000        type something: silence
//! ```
//!
//! **Observe.** The second `nc` connects at once (the kernel takes connections for
//! us, up to 4,096 of them) and its bytes wait in the kernel's buffer. End the first
//! `nc` with Ctrl-C, and the second is answered in the same instant.
//!
//! **Python and here.** The originals are `1_intro/original.py` (`Hello world`, port
//! 5000) and `block.py` (doubles a number, port 8080); `--protocol` chooses. They
//! take whatever one `recv` gave for one request, so two numbers in a packet end the
//! server with a `ValueError`. Here a request is a line, however it was cut up on its
//! way: see `protocol.rs`. The text of the second says it squares numbers; its code
//! doubles them, and we do what the code does.
//!
//! **Exercise.** `tests/exercises/blocking.rs`: hang up on a client that says nothing.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::options::Speak;
use crate::protocol::{Conversation, Protocol};
use crate::say;
use crate::stop::Stop;

/// Flags of the lesson.
#[derive(Args, Debug)]
pub struct Options {
    #[command(flatten)]
    speak: Speak,
}

/// Runs the lesson until Ctrl-C.
///
/// # Errors
///
/// The port is in use.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    // This thread will stand in `accept` or `read` and hear nothing. So another one
    // waits for Ctrl-C, and can do no better than to end the process.
    Stop::on_signals()?.exit_when_asked()?;
    let listener = options.speak.listen()?;
    // The workshop's sockets come non-blocking; this one lesson and the next want to wait.
    listener.set_nonblocking(false)?;
    serve(&listener, options.speak.protocol)
}

fn serve(listener: &TcpListener, protocol: Protocol) -> ! {
    loop {
        // 1. Wait for a client.
        let (client, address) = match listener.accept() {
            Ok(accepted) => accepted,
            Err(error) => {
                // No descriptor is free, say. Trying again at once would only burn the processor.
                say!("cannot accept: {error}");
                std::thread::sleep(Duration::from_millis(100));
                continue;
            }
        };
        say!("connected: {address}");
        // 2. Talk with it. Nobody else is served before this returns.
        if let Err(error) = talk(client, protocol) {
            say!("connection broke: {address}: {error}");
        }
        say!("disconnected: {address}");
    }
}

fn talk(mut client: TcpStream, protocol: Protocol) -> io::Result<()> {
    let mut conversation = Conversation::new(protocol);
    let mut piece = [0; 1024];
    loop {
        // Wait for bytes. None means that the client has hung up.
        let count = client.read(&mut piece)?;
        if count == 0 {
            return Ok(());
        }
        let mut answers = Vec::new();
        conversation.receive(&piece[..count], &mut answers);
        // Wait for room in the kernel's buffer, if the client does not read.
        client.write_all(&answers)?;
    }
}
