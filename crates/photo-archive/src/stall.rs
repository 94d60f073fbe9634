//! Clients that take nothing, and clients that are gone.
//!
//! Only the kernel knows what a client has taken: a socket becomes writable again after
//! a third of its buffer is free, which a slow but honest client may take minutes for.
//! Its own limit, `TCP_USER_TIMEOUT`, is not for that: where the client's window is
//! closed, or too small for the next segment, that clock goes on while the bytes go
//! through bit by bit. So the count of acknowledged bytes is looked at now and then.
//!
//! A client's kernel acknowledges what it has room for, and tells of new room in steps
//! of up to a sixteenth of its buffer: a client that reads less than such a step in all
//! that time looks like one that reads nothing.

use std::time::Duration;

use tokio::net::TcpStream;

/// How often a client is looked at within its time.
const LOOKS: u32 = 4;

/// Ends when bytes wait for a client and it takes none for `timeout`, at most a quarter of that later.
///
/// `taken` tells how many it has taken, or nothing while none waits: see [`taken`].
///
/// # Cancel safety
///
/// Cancel safe: the time starts anew.
pub async fn stalled(timeout: Duration, mut taken: impl FnMut() -> Option<u64>) {
    let mut before = None;
    let mut in_vain = 0;
    while in_vain < LOOKS {
        tokio::time::sleep(timeout / LOOKS).await;
        let now = taken();
        let waited = now.is_some() && now == before;
        in_vain = if waited { in_vain + 1 } else { 0 };
        before = now;
    }
}

/// How many bytes the client has acknowledged in all, while there are others that it has not.
#[cfg(target_os = "linux")]
pub fn taken(socket: &TcpStream) -> Option<u64> {
    let info = info::of(socket).ok()?;
    (info.tcpi_unacked > 0 || info.tcpi_notsent_bytes > 0).then_some(info.tcpi_bytes_acked)
}

/// Other systems do not tell; they end such a connection by their own rules.
#[cfg(not(target_os = "linux"))]
pub fn taken(_: &TcpStream) -> Option<u64> {
    None
}

/// Lets the kernel ask a client whether it is still there when nothing was heard of it
/// for `timeout`, while nothing is sent that it would have to acknowledge.
pub fn keep_alive(socket: &TcpStream, timeout: Duration) {
    // The kernel counts whole seconds, and at most 32,767 of them.
    let seconds = |time: Duration| Duration::from_secs(time.as_secs().clamp(1, 32_767));
    let probes = socket2::TcpKeepalive::new().with_time(seconds(timeout));
    // Not every system can be told.
    #[cfg(target_os = "linux")]
    let probes = probes
        .with_interval(seconds(timeout / LOOKS))
        .with_retries(LOOKS);
    if let Err(error) = socket2::SockRef::from(socket).set_tcp_keepalive(&probes) {
        tracing::debug!("a client that vanishes will be found late: {error}");
    }
}

#[cfg(target_os = "linux")]
mod info {
    // No library that is used here has this option of sockets.
    #![allow(unsafe_code)]

    use std::io;
    use std::mem::{MaybeUninit, size_of};
    use std::os::fd::AsRawFd as _;

    use libc::{IPPROTO_TCP, TCP_INFO, getsockopt, socklen_t, tcp_info};
    use tokio::net::TcpStream;

    /// What the kernel knows of a connection. What an old kernel does not know is 0.
    pub(super) fn of(socket: &TcpStream) -> io::Result<tcp_info> {
        let mut info = MaybeUninit::<tcp_info>::zeroed();
        let mut length = size_of::<tcp_info>() as socklen_t;
        let (fd, place) = (socket.as_raw_fd(), info.as_mut_ptr().cast());
        // SAFETY: the socket is open; the kernel writes at most `length` bytes to `place`.
        let failed = unsafe { getsockopt(fd, IPPROTO_TCP, TCP_INFO, place, &raw mut length) };
        if failed != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: it is made of plain numbers, for which zeros are as good as what was written.
        Ok(unsafe { info.assume_init() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{Instant, timeout};

    const MINUTE: Duration = Duration::from_secs(60);

    /// Seconds after which a client is dropped that has taken `taken(s)` bytes after `s` seconds.
    async fn dropped_after(taken: impl Fn(f64) -> Option<u64>) -> Option<f64> {
        let start = Instant::now();
        let look = || taken(start.elapsed().as_secs_f64());
        let dropped = timeout(100 * MINUTE, stalled(MINUTE, look)).await;
        dropped.ok().map(|()| start.elapsed().as_secs_f64().floor())
    }

    #[tokio::test(start_paused = true)]
    async fn one_byte_a_minute_is_enough() {
        let dropped = dropped_after(|seconds| Some((seconds / 59.9) as u64)).await;
        assert_eq!(dropped, None);
    }

    #[tokio::test(start_paused = true)]
    async fn none_for_a_minute_is_too_little() {
        let never = dropped_after(|_| Some(7)).await.unwrap();
        assert!((60.0..=75.0).contains(&never), "{never}");
        let no_more = dropped_after(|seconds| Some(seconds.min(100.0) as u64)).await;
        let no_more = no_more.unwrap();
        assert!((160.0..=175.0).contains(&no_more), "{no_more}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_nothing_waits_for_may_wait_for_ever() {
        assert_eq!(dropped_after(|_| None).await, None);
        // Nothing waits at every fifth look.
        let in_turns = |seconds: f64| (seconds % 75.0 > 5.0).then_some(7);
        assert_eq!(dropped_after(in_turns).await, None);
    }

    #[tokio::test]
    async fn the_kernel_tells_what_was_taken() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (mut client, mut socket) = (client.unwrap(), accepted.unwrap().0);
        keep_alive(&socket, Duration::from_millis(1));
        assert!(socket2::SockRef::from(&socket).keepalive().unwrap());
        assert_eq!(taken(&socket), None, "nothing was sent");
        if cfg!(not(target_os = "linux")) {
            return;
        }
        let mut sent = 0;
        while let Ok(written) = timeout(Duration::from_secs(1), socket.write(&[7; 65536])).await {
            sent += written.unwrap() as u64;
        }
        let held = taken(&socket).expect("the buffers of both sides are full");
        assert!(0 < held && held < sent, "{held} of {sent}");
        let mut received = vec![0; sent as usize];
        client.read_exact(&mut received).await.unwrap();
        while taken(&socket).is_some() {
            tokio::task::yield_now().await;
        }
    }
}
