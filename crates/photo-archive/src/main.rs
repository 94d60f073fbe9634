//! `photo-archive`: settings in, a server until Ctrl-C.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use common::shutdown::Shutdown;
use jiff::tz::TimeZone;
use photo_archive::buffer::Pool;
use photo_archive::checksum::Checksums;
use photo_archive::download::Shared;
use photo_archive::planned::Plans;
use photo_archive::serve::{connections, serve};
use photo_archive::settings::Settings;
use photo_archive::site::{PHOTOS, Site, router};
use photo_archive::source::PhotoSource as _;
use photo_archive::source::directory::Directories;
use photo_archive::thumbnail::Thumbnails;
use tokio::sync::Semaphore;

fn main() -> ExitCode {
    common::exit::code("photo-archive", run())
}

fn run() -> anyhow::Result<ExitCode> {
    common::dotenv::load()?;
    let settings = common::usage::parse::<Settings>();
    common::logging::to_stderr("photo_archive", settings.verbosity())?;
    let descriptors = common::limits::raise_descriptors();
    let shutdown = Shutdown::on_signals()?;

    let photos = settings.photos();
    let source = Directories::new(photos.clone(), TimeZone::system()).with_context(|| {
        let photos = photos.display();
        format!("cannot open the directory of albums {photos}; choose one with --photos")
    })?;
    // Before the first line is printed, everything that can fail has been done.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let listener = common::listen::bind(&settings.bind, "--bind")?;
    let address = listener.local_addr()?;
    let sample = (settings.bundled()).then(|| runtime.block_on(source.albums()));
    let sample = sample.and_then(|albums| albums.ok()?.into_iter().next());
    let banner = settings.banner(address, sample.as_ref());
    let unserved = source.unserved();
    // Nobody may be reading: that is no reason not to serve.
    let _ = writeln!(io::stdout(), "{banner}");
    if let Ok(unserved @ [_, ..]) = unserved.as_deref() {
        tracing::warn!(
            "not served, for a name in a link has only letters, digits, - and _: {unserved:?}"
        );
    }

    let pool = Pool::default();
    let site = router(Site {
        plans: Plans::default(),
        thumbnails: Thumbnails::new(pool.clone()),
        places: Arc::new(Semaphore::new(settings.max_downloads as usize)),
        photos: Arc::new(Semaphore::new(PHOTOS)),
        index: settings.index(),
        shared: Arc::new(Shared {
            source,
            checksums: Checksums::new(pool.clone()),
            pool,
            delay: settings.delay,
        }),
    });
    let limit = connections(descriptors, settings.max_downloads);
    let timeout = settings.stall_timeout;
    let served = serve(listener, site, limit, timeout, shutdown.clone());
    runtime.block_on(served)?;
    // A read that waits for a dead disk must not keep the program alive.
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok(shutdown.exit_code())
}
