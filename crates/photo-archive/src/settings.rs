//! Settings: flags and the environment variables of the original.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use clap::builder::{BoolishValueParser, FalseyValueParser};

/// Where the bundled albums are while the program runs from its checkout.
const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/photos");

/// Three weeks: more is a slip of the pen.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(2_000_000);

const EXAMPLES: &str = "\
Examples:
  photo-archive                            the bundled albums, listed on /
  photo-archive --photos ~/albums          your own: ~/albums/HASH/*.jpg
  curl -OJ http://127.0.0.1:8080/archive/HASH/
  curl -C - -o album.zip http://127.0.0.1:8080/archive/HASH/";

/// Serves photo albums; each downloads as one ZIP, made while it is sent
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES, max_term_width = 80)]
pub struct Settings {
    /// Directory of albums: one directory each, named by the hash in its link
    ///
    /// Without it, the albums that come with the program.
    #[arg(long, env = "PHOTOS_PATH", value_name = "DIR")]
    photos: Option<PathBuf>,

    /// Address to listen on
    #[arg(long, env, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    pub bind: String,

    /// Pause after each 100 KiB, to watch an archive being made
    #[arg(long, env, value_name = "SECONDS", default_value = "0", value_parser = seconds)]
    pub delay: Duration,

    /// Downloads at once; one more is asked to come again
    #[arg(long, env, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_downloads: u32,

    /// Drop a client that takes no byte for so long
    #[arg(long, env, value_name = "SECONDS", default_value = "60", value_parser = positive_seconds)]
    pub stall_timeout: Duration,

    /// List all albums on / (on for the bundled ones, off for others)
    ///
    /// The hash in its link is what protects an album: whoever sees the list sees all.
    #[arg(
        long,
        env,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_name = "true|false",
        value_parser = BoolishValueParser::new()
    )]
    index: Option<bool>,

    /// Log what an engineer asks, as -v does
    #[arg(long, env, value_parser = FalseyValueParser::new())]
    debug: bool,

    /// Log more; twice for everything
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
}

impl Settings {
    /// The directory of albums.
    #[must_use]
    pub fn photos(&self) -> PathBuf {
        self.photos.clone().unwrap_or_else(|| SAMPLES.into())
    }

    /// Whether `/` lists the albums.
    #[must_use]
    pub fn index(&self) -> bool {
        self.index.unwrap_or(self.photos.is_none())
    }

    /// What to tell who started the program, once it listens on `address`.
    #[must_use]
    pub fn banner(&self, address: SocketAddr) -> String {
        // "All addresses" is none that a browser could open.
        let here: IpAddr = match address.ip() {
            ip if !ip.is_unspecified() => ip,
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        let open = SocketAddr::new(here, address.port());
        let what = if self.index() {
            format!("open http://{open}/ and choose an album; Ctrl-C ends")
        } else {
            let photos = self.photos();
            let photos = photos.display();
            format!("open http://{open}/album/HASH/ for the album {photos}/HASH; Ctrl-C ends")
        };
        format!("photo-archive: serving albums, listening on http://{address}\n{what}")
    }

    /// How much to log.
    #[must_use]
    pub fn verbosity(&self) -> u8 {
        self.verbose.max(u8::from(self.debug))
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.trim().parse().ok();
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| not_seconds(text))
}

fn positive_seconds(text: &str) -> Result<Duration, String> {
    let duration = seconds(text)?;
    // The runtime's clock counts milliseconds.
    if duration < Duration::from_millis(1) {
        return Err(not_seconds(text));
    }
    if duration > LONGEST_TIMEOUT {
        return Err(format!("more than {} seconds", LONGEST_TIMEOUT.as_secs()));
    }
    Ok(duration)
}

fn not_seconds(text: &str) -> String {
    format!("{text:?} is not a number of seconds, like 0.5")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Settings, clap::Error> {
        let arguments = ["photo-archive"].iter().chain(arguments);
        Settings::try_parse_from(arguments)
    }

    #[test]
    fn the_list_is_on_for_the_samples_and_off_for_others() {
        assert!(parse(&[]).unwrap().index());
        assert!(!parse(&["--photos", "x"]).unwrap().index());
        assert!(parse(&["--photos", "x", "--index"]).unwrap().index());
        assert!(!parse(&["--index=false"]).unwrap().index());
        assert!(parse(&["--index=nope"]).is_err());
    }

    #[test]
    fn the_banner_names_an_address_that_a_browser_can_open() {
        let settings = parse(&["--photos", "/srv/albums"]).unwrap();
        let banner = settings.banner("0.0.0.0:80".parse().unwrap());
        assert!(
            banner.contains("listening on http://0.0.0.0:80\n"),
            "{banner}"
        );
        assert!(
            banner.contains("open http://127.0.0.1:80/album/HASH/ for the album /srv/albums/HASH"),
            "{banner}"
        );
    }

    #[test]
    fn seconds_may_be_fractions_but_nothing_else() {
        let delay = |text| parse(&["--delay", text]).map(|settings| settings.delay);
        assert_eq!(delay("0.25").unwrap(), Duration::from_millis(250));
        for bad in ["x", "nan", "inf", "1e300", "", "1s"] {
            assert!(delay(bad).is_err(), "{bad}");
        }
        assert!(parse(&["--delay=-1"]).is_err());
        assert!(parse(&["--stall-timeout", "0"]).is_err());
        assert!(parse(&["--stall-timeout", "2000001"]).is_err());
        assert!(parse(&["--max-downloads", "0"]).is_err());
    }
}
