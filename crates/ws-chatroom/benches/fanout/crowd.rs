//! The load: many clients on one thread, some of which talk.
//!
//! A closed loop, so that nothing piles up: each sender has a few messages under
//! way, and its next goes out when everybody else has received one of them.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::event::Timespec;
use rustix::event::epoll;
use socket2::{Domain, Socket, Type};

use crate::tally::Tally;

/// Length of a message; two digits short of needing a longer frame header.
const MESSAGE: usize = 64;

const HANDSHAKE: &str = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// Connections that shake hands at the same time.
const TOGETHER: usize = 100;

/// Clients of one server.
pub(crate) struct Crowd {
    clients: Vec<Client>,
    network: u8,
    epoll: OwnedFd,
    started: Instant,
}

struct Client {
    stream: TcpStream,
    /// The beginning of a frame whose rest has not come.
    partial: Vec<u8>,
}

impl Crowd {
    /// Nobody yet; `network` tells apart the addresses of crowds that exist together.
    pub(crate) fn new(network: u8) -> anyhow::Result<Self> {
        Ok(Self {
            clients: Vec::new(),
            network,
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            started: Instant::now(),
        })
    }

    /// Connects `count` clients.
    pub(crate) fn connect(address: SocketAddr, count: usize) -> anyhow::Result<Self> {
        let mut crowd = Self::new(1)?;
        crowd.add(address, count, Duration::from_secs(20))?;
        Ok(crowd)
    }

    pub(crate) fn len(&self) -> usize {
        self.clients.len()
    }

    /// Connects `count` more, a hundred at a time; those before a failure stay.
    pub(crate) fn add(
        &mut self,
        address: SocketAddr,
        count: usize,
        patience: Duration,
    ) -> anyhow::Result<()> {
        let end = self.len() + count;
        while self.len() < end {
            let mut fresh = Vec::with_capacity(TOGETHER);
            for _ in 0..TOGETHER.min(end - self.len()) {
                fresh.push(self.knock(address, patience)?);
            }
            for mut stream in fresh {
                shake_hands(&mut stream)?;
                stream.set_nonblocking(true)?;
                let data = epoll::EventData::new_u64(self.len() as u64);
                epoll::add(&self.epoll, &stream, data, epoll::EventFlags::IN)?;
                self.clients.push(Client {
                    stream,
                    partial: Vec::new(),
                });
            }
        }
        Ok(())
    }

    /// Connects and asks for the handshake.
    fn knock(&self, address: SocketAddr, patience: Duration) -> anyhow::Result<TcpStream> {
        // One loopback address has 28,000 ports, some of them still waiting.
        let source = Ipv4Addr::new(127, 0, self.network, (self.len() / 5_000) as u8 + 1);
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from((source, 0)).into())?;
        socket.set_linger(Some(Duration::ZERO))?;
        socket.set_read_timeout(Some(patience))?;
        socket.connect(&address.into()).context("cannot connect")?;
        socket.set_tcp_nodelay(true)?;
        let mut stream = TcpStream::from(socket);
        stream.write_all(HANDSHAKE.as_bytes())?;
        Ok(stream)
    }

    /// Lets the first `senders` clients talk, each with `window` messages under way; `measured` is called when it has warmed up and at its end.
    pub(crate) fn talk(
        &mut self,
        senders: usize,
        window: usize,
        time: Duration,
        mut measured: impl FnMut() -> anyhow::Result<()>,
    ) -> anyhow::Result<Tally> {
        let warm = Instant::now() + Duration::from_millis(300);
        let end = warm + time;
        let mut warmed = false;
        let mut tally = Tally::new();
        let mut received = vec![0; senders];
        let mut buffer = vec![0; 64 * 1024];
        let mut events = Vec::with_capacity(1024);
        for sender in (0..window).flat_map(|_| 0..senders) {
            self.send(sender)?;
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
            let second = Timespec {
                tv_sec: 5,
                tv_nsec: 0,
            };
            events.clear();
            epoll::wait(
                &self.epoll,
                rustix::buffer::spare_capacity(&mut events),
                Some(&second),
            )?;
            if events.is_empty() {
                bail!("the server has not sent anything for 5 s");
            }
            for event in &events {
                let client = event.data.u64() as usize;
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
        let others = self.clients.len() - 1;
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
        while rest.len() >= 2 && rest.len() >= 2 + usize::from(rest[1]) {
            let (frame, after) = rest.split_at(2 + usize::from(rest[1]));
            rest = after;
            match frame[0] {
                0x81 if frame.len() == 2 + MESSAGE => {}
                // A ping: the measurement is over before it must be answered.
                0x89 => continue,
                _ => bail!("the server sent {frame:x?}"),
            }
            let sender = digits(&frame[2..5]);
            tally.note(now.saturating_sub(Duration::from_nanos(digits(&frame[6..24]))));
            let sender = sender as usize;
            received[sender] += 1;
            if received[sender].is_multiple_of(others) {
                complete.push(sender);
            }
        }
        client.partial.clear();
        client.partial.extend_from_slice(rest);
        for sender in complete {
            self.send(sender)?;
        }
        Ok(())
    }

    /// Masked with zeros, which change nothing.
    fn send(&mut self, sender: usize) -> anyhow::Result<()> {
        let now = self.started.elapsed().as_nanos();
        let mut frame = vec![0x81, 0x80 | MESSAGE as u8, 0, 0, 0, 0];
        write!(frame, "{sender:03} {now:018} {:.<41}", "")?;
        anyhow::ensure!(frame.len() == 6 + MESSAGE, "a message has another length");
        self.clients[sender].stream.write_all(&frame)?;
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
