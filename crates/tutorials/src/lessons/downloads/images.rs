//! The built-in server: draws pictures, and takes its time to send them.

use std::convert::Infallible;
use std::io::Cursor;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri};
use image::{ImageFormat, Rgb, RgbImage};

use super::wire::Wire;
use crate::net::{Watched, accept};
use crate::say;
use crate::scheduler::{Handle, Scheduler};

const WIDTH: u32 = 96;
const HEIGHT: u32 = 64;

/// Pictures, drawn before anybody asks: what is measured later is waiting, not drawing.
#[derive(Debug)]
pub(super) struct Images(Vec<Bytes>);

impl Images {
    pub(super) fn draw(count: u32) -> anyhow::Result<Self> {
        (1..=count)
            .map(draw)
            .collect::<Result<_, _>>()
            .map(Self)
            .map_err(Into::into)
    }

    pub(super) fn locations(&self, server: SocketAddr) -> anyhow::Result<Vec<Uri>> {
        let location = |number| format!("http://{server}/picture-{number}.png").parse();
        (1..=self.0.len())
            .map(location)
            .collect::<Result<_, _>>()
            .map_err(Into::into)
    }

    fn find(&self, path: &str) -> Option<Bytes> {
        let number: usize = path
            .strip_prefix("/picture-")?
            .strip_suffix(".png")?
            .parse()
            .ok()?;
        self.0.get(number.checked_sub(1)?).cloned()
    }
}

/// Rings around two points that depend on the number: no two pictures are alike.
fn draw(number: u32) -> Result<Bytes, image::ImageError> {
    let centre = |factor: u32, size: u32| f64::from(number * factor % size);
    let centres = [
        (centre(37, WIDTH), centre(23, HEIGHT)),
        (centre(61, WIDTH), centre(47, HEIGHT)),
    ];
    let picture = RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let shade = |centre: (f64, f64)| {
            let distance = (f64::from(x) - centre.0).hypot(f64::from(y) - centre.1);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0 to 255"
            )]
            let shade = (127.5 + 127.5 * (distance / 5.0).sin()) as u8;
            shade
        };
        Rgb([
            shade(centres[0]),
            shade(centres[1]),
            shade(centres[0]) / 2 + shade(centres[1]) / 2,
        ])
    });
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png)?;
    Ok(png.into_inner().into())
}

pub(super) fn listen() -> anyhow::Result<TcpListener> {
    Ok(common::listen::bind("127.0.0.1:0", "--url")?)
}

/// Serves for as long as the program runs, on a thread of its own.
pub(super) fn serve(listener: TcpListener, images: Images, latency: Duration) {
    match Scheduler::new() {
        Ok(scheduler) => {
            let serving = serve_on(scheduler.handle(), listener, Arc::new(images), latency);
            scheduler.block_on(serving);
        }
        Err(error) => say!("the server of pictures cannot start: {error}"),
    }
}

/// Serves on a scheduler that others use too.
pub(super) async fn serve_on(
    scheduler: Handle,
    listener: TcpListener,
    images: Arc<Images>,
    latency: Duration,
) {
    let listener = match Watched::new(&scheduler, listener) {
        Ok(listener) => listener,
        Err(error) => return say!("the server of pictures cannot start: {error}"),
    };
    for number in 1.. {
        match accept(&listener).await {
            Ok((stream, _)) => {
                let answering = answer(
                    scheduler.clone(),
                    Wire::plain(stream),
                    Arc::clone(&images),
                    latency,
                );
                drop(scheduler.spawn(format!("answer {number}"), answering));
            }
            // No descriptor is free, say.
            Err(_) => scheduler.sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn answer(scheduler: Handle, wire: Wire, images: Arc<Images>, latency: Duration) {
    let service = service_fn(|request: Request<Incoming>| {
        let (scheduler, images) = (&scheduler, &images);
        async move {
            scheduler.sleep(latency).await;
            let (status, kind, body) = match images.find(request.uri().path()) {
                Some(picture) => (StatusCode::OK, "image/png", picture),
                None => (
                    StatusCode::NOT_FOUND,
                    "text/plain",
                    Bytes::from("no such picture\n"),
                ),
            };
            let mut response = Response::new(Full::new(body));
            *response.status_mut() = status;
            let kind = hyper::header::HeaderValue::from_static(kind);
            response.headers_mut().insert(CONTENT_TYPE, kind);
            Ok::<_, Infallible>(response)
        }
    });
    // The client hangs up after its picture, or in the middle: neither is our concern.
    let _ = http1::Builder::new()
        .keep_alive(false)
        .serve_connection(wire, service)
        .await;
}
