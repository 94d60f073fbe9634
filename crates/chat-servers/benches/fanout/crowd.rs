//! The load: many clients on one thread, over either transport, some of which talk.
//!
//! A closed loop, so that nothing piles up: each sender has one message under way,
//! and its next goes out when everybody has received it.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::event::Timespec;
use rustix::event::epoll;
use socket2::{Domain, Socket, Type};

use crate::tally::Tally;

/// Length of a message. It opens with [`MARK`], so that it is found in whatever is around it;
/// no frame's header holds that byte.
const MESSAGE: usize = 64;
const MARK: u8 = b'^';

const HANDSHAKE: &str = "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// Connections that are made at the same time.
const TOGETHER: usize = 100;

/// Clients of one server.
pub(crate) struct Crowd {
    clients: Vec<Client>,
    epoll: OwnedFd,
    started: Instant,
    web: bool,
}

struct Client {
    stream: TcpStream,
    /// The beginning of a line or frame whose rest has not come.
    partial: Vec<u8>,
}

impl Crowd {
    /// Connects `count` clients, a hundred at a time.
    pub(crate) fn connect(address: SocketAddr, web: bool, count: usize) -> anyhow::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut clients = Vec::with_capacity(count);
        while clients.len() < count {
            let mut fresh = Vec::with_capacity(TOGETHER);
            for _ in 0..TOGETHER.min(count - clients.len()) {
                // One loopback address has 28,000 ports, some of them still waiting.
                let source = Ipv4Addr::new(127, 0, 1, (clients.len() / 5_000) as u8 + 1);
                let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
                socket.bind(&SocketAddr::from((source, 0)).into())?;
                socket.set_linger(Some(Duration::ZERO))?;
                socket.set_read_timeout(Some(Duration::from_secs(20)))?;
                socket.connect(&address.into()).context("cannot connect")?;
                socket.set_tcp_nodelay(true)?;
                let mut stream = TcpStream::from(socket);
                if web {
                    stream.write_all(HANDSHAKE.as_bytes())?;
                }
                fresh.push(stream);
            }
            for mut stream in fresh {
                if web {
                    shake_hands(&mut stream)?;
                }
                stream.set_nonblocking(true)?;
                let data = epoll::EventData::new_u64(clients.len() as u64);
                epoll::add(&epoll, &stream, data, epoll::EventFlags::IN)?;
                clients.push(Client {
                    stream,
                    partial: Vec::new(),
                });
            }
        }
        Ok(Self {
            clients,
            epoll,
            started: Instant::now(),
            web,
        })
    }

    /// Everyone logs in; returns when nothing more is heard of it.
    pub(crate) fn log_in(&mut self, prefix: &str) -> anyhow::Result<()> {
        for index in 0..self.clients.len() {
            self.send(index, &format!("login {prefix}{index:03}"))?;
            if index % 50 == 49 {
                self.drain(Duration::ZERO)?;
            }
        }
        self.drain(Duration::from_millis(300))
    }

    /// Reads and forgets until nothing has come for so long.
    fn drain(&mut self, quiet: Duration) -> anyhow::Result<()> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let events = self.wait(quiet)?;
            if events.is_empty() {
                return Ok(());
            }
            for index in events {
                match self.clients[index].stream.read(&mut buffer) {
                    Ok(0) => bail!("the server closed a connection"),
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(error) => return Err(error).context("the server broke a connection"),
                }
            }
        }
    }

    fn wait(&self, timeout: Duration) -> anyhow::Result<Vec<usize>> {
        let timeout = Timespec {
            tv_sec: timeout.as_secs() as i64,
            tv_nsec: i64::from(timeout.subsec_nanos()),
        };
        let mut events: Vec<epoll::Event> = Vec::with_capacity(1024);
        epoll::wait(
            &self.epoll,
            rustix::buffer::spare_capacity(&mut events),
            Some(&timeout),
        )?;
        Ok(events
            .iter()
            .map(|event| event.data.u64() as usize)
            .collect())
    }

    /// Lets the first `senders` clients talk; `measured` is called when it has warmed up and at its end.
    pub(crate) fn talk(
        &mut self,
        senders: usize,
        time: Duration,
        mut measured: impl FnMut() -> anyhow::Result<()>,
    ) -> anyhow::Result<Tally> {
        let warm = Instant::now() + Duration::from_millis(300);
        let end = warm + time;
        let mut warmed = false;
        let mut tally = Tally::new();
        let mut received = vec![0; senders];
        let mut buffer = vec![0; 256 * 1024];
        for sender in 0..senders {
            self.talk_on(sender)?;
        }
        loop {
            let now = Instant::now();
            if now >= warm && !warmed {
                warmed = true;
                tally = Tally::new();
                measured()?;
            }
            if now >= end {
                measured()?;
                return Ok(tally);
            }
            let events = self.wait(Duration::from_secs(5))?;
            if events.is_empty() {
                bail!("the server has not sent anything for 5 s");
            }
            for client in events {
                self.receive(client, &mut buffer, &mut received, &mut tally)?;
            }
        }
    }

    fn receive(
        &mut self,
        index: usize,
        buffer: &mut [u8],
        received: &mut [usize],
        tally: &mut Tally,
    ) -> anyhow::Result<()> {
        let everyone = self.clients.len();
        let client = &mut self.clients[index];
        let before = client.partial.len();
        buffer[..before].copy_from_slice(&client.partial);
        let read = match client.stream.read(&mut buffer[before..]) {
            Ok(0) => bail!("the server closed a connection"),
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error).context("the server broke a connection"),
        };
        let now = self.started.elapsed();
        let mut rest = &buffer[..before + read];
        let mut complete = Vec::new();
        // Whatever is around a message, it is whole once the next mark or line end may come.
        while let Some(at) = memchr::memchr(MARK, rest) {
            let Some(message) = rest[at..].get(..MESSAGE) else {
                rest = &rest[at..];
                break;
            };
            rest = &rest[at + MESSAGE..];
            let sender = digits(&message[1..4]) as usize;
            tally.note(now.saturating_sub(Duration::from_nanos(digits(&message[5..23]))));
            received[sender] += 1;
            if received[sender].is_multiple_of(everyone) {
                complete.push(sender);
            }
        }
        client.partial.clear();
        if rest.first() == Some(&MARK) {
            client.partial.extend_from_slice(rest);
        }
        for sender in complete {
            self.talk_on(sender)?;
        }
        Ok(())
    }

    fn talk_on(&mut self, sender: usize) -> anyhow::Result<()> {
        let now = self.started.elapsed().as_nanos();
        let line = format!("msgall {}{sender:03} {now:018} {:.<39}.", MARK as char, "");
        anyhow::ensure!(line.len() == 7 + MESSAGE, "a message has another length");
        self.send(sender, &line)
    }

    /// A line, or a frame masked with zeros, which change nothing.
    fn send(&mut self, client: usize, line: &str) -> anyhow::Result<()> {
        let mut bytes = Vec::with_capacity(128);
        if self.web {
            bytes.extend_from_slice(&[0x81, 0x80 | line.len() as u8, 0, 0, 0, 0]);
        }
        bytes.extend_from_slice(line.as_bytes());
        if !self.web {
            bytes.push(b'\n');
        }
        self.clients[client].stream.write_all(&bytes)?;
        Ok(())
    }
}

fn digits(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |number, digit| number * 10 + u64::from(digit & 15))
}

/// Reads exactly the answer, so that nothing of a frame behind it is lost.
fn shake_hands(stream: &mut TcpStream) -> anyhow::Result<()> {
    let mut answer = Vec::new();
    let mut buffer = [0; 512];
    while !answer.ends_with(b"\r\n\r\n") {
        match stream.read(&mut buffer)? {
            0 => bail!("the server closed during the handshake"),
            read => answer.extend_from_slice(&buffer[..read]),
        }
    }
    if !answer.starts_with(b"HTTP/1.1 101") {
        bail!("no handshake: {}", String::from_utf8_lossy(&answer));
    }
    Ok(())
}
