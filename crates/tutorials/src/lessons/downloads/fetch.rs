//! One download: connect, ask, follow redirects, write what comes.
//!
//! The protocol is `hyper`'s, the sockets and the waiting are ours.

use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{HOST, LOCATION, USER_AGENT};
use hyper::{Request, Response, Uri, body::Incoming};
use indicatif::ProgressBar;

use super::file::PartFile;
use super::wire::Wire;
use crate::net::{self, Watched};
use crate::pool::ThreadPool;
use crate::scheduler::Handle;

/// A server that sends nothing for so long has forgotten us.
const PATIENCE: Duration = Duration::from_secs(30);
/// One that sends a byte now and then has not, but would hold us for ever.
const LONGEST: Duration = Duration::from_secs(60 * 60);
const REDIRECTS: u32 = 5;
/// No picture is larger, in bytes. It is written as it comes, so this bounds the disk, not the memory.
const LARGEST: u64 = 1 << 30;

/// Fetches `location` into `file`.
///
/// # Errors
///
/// Anything that keeps it from being whole, in one line.
///
/// # Cancel safety
///
/// Dropped before it is done, the connection is closed; `file` is not finished.
pub(super) async fn fetch(
    scheduler: &Handle,
    location: &Uri,
    file: &mut PartFile,
    bar: &ProgressBar,
) -> anyhow::Result<()> {
    let mut location = location.clone();
    let all = async {
        for _ in 0..=REDIRECTS {
            match get(scheduler, &location, file, bar).await? {
                None => return Ok(()),
                Some(next) => location = next,
            }
        }
        bail!("more than {REDIRECTS} redirects")
    };
    let fetched = scheduler.timeout(LONGEST, all).await;
    fetched.context("it takes longer than an hour")?
}

/// One request. Answers where to go on, or nothing when all of it is in the file.
async fn get(
    scheduler: &Handle,
    location: &Uri,
    file: &mut PartFile,
    bar: &ProgressBar,
) -> anyhow::Result<Option<Uri>> {
    let host = location.host().context("the URL has no host")?;
    // An IPv6 address stands in brackets, but only in a URL.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let encrypted = location.scheme_str() == Some("https");
    let port = location
        .port_u16()
        .unwrap_or(if encrypted { 443 } else { 80 });
    let stream = reach(scheduler, host, port).await?;
    let wire = if encrypted {
        Wire::tls(stream, host)?
    } else {
        Wire::plain(stream)
    };

    let target = location.path_and_query().map_or("/", |path| path.as_str());
    let authority = location.authority().context("the URL has no host")?;
    let request = Request::get(target)
        .header(HOST, authority.as_str())
        .header(USER_AGENT, concat!("tutorials/", env!("CARGO_PKG_VERSION")))
        .body(Empty::<Bytes>::new())?;
    let (mut sender, connection) = http1::handshake(wire).await?;
    let exchange = async {
        let answer = scheduler.timeout(PATIENCE, sender.send_request(request));
        let response = answer.await.context("the server does not answer")??;
        receive(scheduler, location, response, file, bar).await
    };

    // hyper wants its connection polled beside the request. It needs no task of its own for that.
    let mut exchange = pin!(exchange);
    let mut connection = pin!(connection);
    let mut open = true;
    let mut broken = None;
    poll_fn(|context| {
        if open && let Poll::Ready(ended) = connection.as_mut().poll(context) {
            open = false;
            broken = ended.err();
        }
        exchange
            .as_mut()
            .poll(context)
            .map_err(|error| match broken.take() {
                // The exchange only knows that the connection is gone; this is why.
                Some(cause) => cause.into(),
                None => error,
            })
    })
    .await
}

async fn receive(
    scheduler: &Handle,
    location: &Uri,
    response: Response<Incoming>,
    file: &mut PartFile,
    bar: &ProgressBar,
) -> anyhow::Result<Option<Uri>> {
    let status = response.status();
    if status.is_redirection() {
        let next = response
            .headers()
            .get(LOCATION)
            .context("a redirect to nowhere")?;
        return Ok(Some(join(location, next.to_str()?)?));
    }
    ensure!(status.is_success(), "the server says {status}");
    let mut body = response.into_body();
    if let Some(length) = hyper::body::Body::size_hint(&body).exact() {
        bar.set_length(length);
    }
    let mut received = 0;
    loop {
        let frame = scheduler.timeout(PATIENCE, body.frame()).await;
        let Some(frame) = frame.context("the server stopped in the middle")? else {
            return Ok(None);
        };
        // hyper knows when the end came too early: that is an error, too.
        if let Ok(bytes) = frame?.into_data() {
            received += bytes.len() as u64;
            ensure!(received <= LARGEST, "it is larger than {LARGEST} bytes");
            file.write(&bytes)?;
            bar.inc(bytes.len() as u64);
        }
    }
}

/// Where a redirect leads: a whole URL, another server, or a path on the same one, from its root or
/// from where we are (RFC 3986, section 4.2).
fn join(from: &Uri, to: &str) -> anyhow::Result<Uri> {
    let scheme = from.scheme_str().unwrap_or("http");
    let authority = from.authority().context("the URL has no host")?;
    let text = if to.contains("://") {
        to.to_owned()
    } else if to.starts_with("//") {
        format!("{scheme}:{to}")
    } else if to.starts_with('/') {
        format!("{scheme}://{authority}{to}")
    } else {
        let directory = from
            .path()
            .rsplit_once('/')
            .map_or("", |(before, _)| before);
        format!("{scheme}://{authority}{directory}/{to}")
    };
    super::location(&text).map_err(|error| anyhow::anyhow!("a redirect to {to:?}: {error}"))
}

/// Connects to the first address of a name that answers.
async fn reach(scheduler: &Handle, host: &str, port: u16) -> anyhow::Result<Watched<TcpStream>> {
    let mut failure = anyhow::anyhow!("{host} has no address");
    for address in resolve(host, port).await? {
        match scheduler
            .timeout(PATIENCE, net::connect(scheduler, address))
            .await
        {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => failure = anyhow::anyhow!("cannot connect to {address}: {error}"),
            Err(_) => failure = anyhow::anyhow!("{address} does not answer"),
        }
    }
    Err(failure)
}

/// A name's addresses. `getaddrinfo` blocks, so a thread asks (lesson 9). It gives up by itself.
async fn resolve(host: &str, port: u16) -> anyhow::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let pool = ThreadPool::new(1, None)?;
    let name = host.to_owned();
    let asked = pool.submit(move || (&*name, port).to_socket_addrs().map(Vec::from_iter));
    asked.await?.with_context(|| format!("cannot find {host}"))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::clock::Clock;
    use crate::scheduler::Scheduler;

    #[test]
    fn a_server_that_drips_is_left_after_an_hour() {
        let scheduler = Scheduler::with(Clock::jumping(), None).unwrap();
        let handle = scheduler.handle();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let location = format!("http://{}/drip", listener.local_addr().unwrap());
        let listener = Watched::new(&handle, listener).unwrap();
        let server = handle.clone();
        drop(handle.spawn("server", async move {
            let (stream, _) = net::accept(&listener).await.unwrap();
            net::recv(&stream, &mut [0; 1024]).await.unwrap();
            let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
            net::send(&stream, head).await.unwrap();
            while net::send(&stream, b"x").await.is_ok() {
                server.sleep(PATIENCE - Duration::from_secs(1)).await;
            }
        }));
        let directory = tempfile::tempdir().unwrap();
        let mut file = PartFile::create(directory.path(), 0, "/drip").unwrap();
        let location = location.parse().unwrap();
        let bar = ProgressBar::hidden();
        let outcome = scheduler.block_on(fetch(&handle, &location, &mut file, &bar));
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains("longer than an hour"), "{error}");
        assert_eq!(handle.now(), LONGEST);
    }

    #[test]
    fn a_redirect_leads_to_a_whole_url_or_to_a_path_on_the_same_server() {
        let from: Uri = "http://example.org:8000/a/b".parse().unwrap();
        assert_eq!(
            join(&from, "/c?d=e").unwrap(),
            "http://example.org:8000/c?d=e"
        );
        assert_eq!(
            join(&from, "https://other.org/").unwrap(),
            "https://other.org/"
        );
        assert_eq!(
            join(&from, "c.png").unwrap(),
            "http://example.org:8000/a/c.png"
        );
        assert_eq!(join(&from, "//other.org/c").unwrap(), "http://other.org/c");
        let error = join(&from, "ftp://other.org/").unwrap_err();
        assert!(error.to_string().contains("ftp://other.org/"), "{error}");
    }
}
