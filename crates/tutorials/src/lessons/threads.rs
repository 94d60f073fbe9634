//! # Lesson 2: a thread for each client
//!
//! If waiting for one client stops the program, let somebody else wait: give each
//! client a thread of its own. The operating system runs the threads that have
//! something to do and leaves the others alone. Nothing in `talk` changes.
//!
//! **Type this.**
//!
//! ```text
//! cargo run -p tutorials -- threads
//! nc 127.0.0.1 8080        type 21
//! nc 127.0.0.1 8080        type 4: both are answered
//! cargo run -p tutorials -- client -n 8
//! ```
//!
//! **Observe.** `ls /proc/$(pgrep -f 'tutorials threads')/task | wc -l` counts the
//! threads: two more than there are clients. Each one costs a stack and a place in
//! the kernel's tables, and every change from one to another goes through the kernel.
//! With ten clients nobody cares, with ten thousand it is most of what happens.
//!
//! **Python and here.** The original is `thread.py`. Python's threads take turns on one
//! interpreter lock, these run truly side by side. Both are *preemptive*: a thread can
//! be interrupted anywhere. All lessons that follow are *cooperative*: a task is left
//! only where it says so.
//!
//! **Exercise.** `tests/exercises/threads.rs`: count the clients that are connected.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::Args;

use crate::options::Port;
use crate::protocol::{Conversation, Protocol};
use crate::say;
use crate::stop::Stop;

/// A thread's stack in bytes. The usual 8 MiB are only reserved, but a thousand of them add up.
const STACK: usize = 64 * 1024;

/// Flags of the lesson.
#[derive(Args, Debug)]
pub struct Options {
    #[command(flatten)]
    port: Port,
}

/// Runs the lesson until Ctrl-C.
///
/// # Errors
///
/// The port is in use.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    Stop::on_signals()?.exit_when_asked()?;
    let listener = options.port.listen()?;
    listener.set_nonblocking(false)?;
    serve(&listener)
}

fn serve(listener: &TcpListener) -> ! {
    loop {
        let (client, address) = match listener.accept() {
            Ok(accepted) => accepted,
            Err(error) => {
                say!("cannot accept: {error}");
                thread::sleep(Duration::from_millis(100));
                continue;
            }
        };
        // The one new line: somebody else talks, and we are back in `accept`.
        let talker = thread::Builder::new().stack_size(STACK);
        if let Err(error) = talker.spawn(move || serve_one(client, address)) {
            // The client went into the closure, and was hung up on with it.
            say!("no thread for {address}: {error}");
        }
    }
}

fn serve_one(client: TcpStream, address: SocketAddr) {
    say!("connected: {address}");
    if let Err(error) = talk(client) {
        say!("connection broke: {address}: {error}");
    }
    say!("disconnected: {address}");
}

/// Word for word that of lesson 1.
fn talk(mut client: TcpStream) -> io::Result<()> {
    let mut conversation = Conversation::new(Protocol::Double);
    let mut piece = [0; 1024];
    loop {
        let count = client.read(&mut piece)?;
        if count == 0 {
            return Ok(());
        }
        let mut answers = Vec::new();
        conversation.receive(&piece[..count], &mut answers);
        client.write_all(&answers)?;
    }
}
