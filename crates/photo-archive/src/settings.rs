//! Settings: flags and the environment variables of the original.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use clap::builder::BoolishValueParser;

use crate::album::AlbumId;

/// Where the bundled albums are while the program runs from its checkout.
const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/photos");

/// Three weeks, in seconds: more is a slip of the pen.
const LONGEST: f64 = 2_000_000.0;

/// In seconds. The runtime's clock counts milliseconds.
const SHORTEST_TIMEOUT: f64 = 0.001;

/// More downloads than any machine has descriptors for.
const MOST_DOWNLOADS: u32 = 1_000_000;

const EXAMPLES: &str = "\
Examples:
  photo-archive                            the bundled albums, listed on /
  photo-archive --photos ~/albums          your own: ~/albums/HASH/*.jpg
  curl -fOJ http://127.0.0.1:8080/archive/kT7vQ2mXw9RbLz4nYc8sHd3f/
  curl -fC - -o a.zip http://127.0.0.1:8080/archive/kT7vQ2mXw9RbLz4nYc8sHd3f/";

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
    #[arg(long, env, value_name = "SECONDS", default_value = "0", value_parser = pause)]
    pub delay: Duration,

    /// Downloads at once; one more is asked to come again
    #[arg(long, env = "PHOTOS_MAX_DOWNLOADS", value_name = "N", default_value_t = 256, value_parser = downloads)]
    pub max_downloads: u32,

    /// Drop a client that takes no byte for so long
    #[arg(long, env = "PHOTOS_STALL_TIMEOUT", value_name = "SECONDS", default_value = "60", value_parser = timeout)]
    pub stall_timeout: Duration,

    /// List all albums on / (on for the bundled ones, off for others)
    ///
    /// The hash in its link is what protects an album: whoever sees the list sees all.
    #[arg(
        long,
        env = "PHOTOS_INDEX",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_name = "true|false",
        value_parser = BoolishValueParser::new()
    )]
    index: Option<bool>,

    /// Log what an engineer asks, as -v does
    #[arg(long, env, value_parser = BoolishValueParser::new())]
    debug: bool,

    /// Log more (twice: everything); RUST_LOG overrides it
    #[arg(short, long, action = clap::ArgAction::Count, env = "PHOTOS_VERBOSE")]
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
        self.index.unwrap_or(self.bundled())
    }

    /// Whether the albums are those that come with the program.
    #[must_use]
    pub fn bundled(&self) -> bool {
        self.photos.is_none()
    }

    /// What to tell who started the program, once it listens on `address`. `sample` is an
    /// album whose link is no secret.
    #[must_use]
    pub fn banner(&self, address: SocketAddr, sample: Option<&AlbumId>) -> String {
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
        let curl = sample.map_or(String::new(), |id| {
            format!("\nor: curl -fOJ http://{open}/archive/{id}/")
        });
        format!("photo-archive: serving albums, listening on http://{address}\n{what}{curl}")
    }

    /// How much to log.
    #[must_use]
    pub fn verbosity(&self) -> u8 {
        self.verbose.max(u8::from(self.debug))
    }
}

fn pause(text: &str) -> Result<Duration, String> {
    let seconds = seconds(text)?;
    if seconds < 0.0 {
        return Err("must not be less than 0".to_owned());
    }
    Ok(Duration::from_secs_f64(seconds))
}

fn timeout(text: &str) -> Result<Duration, String> {
    let seconds = seconds(text)?;
    if seconds < SHORTEST_TIMEOUT {
        return Err(format!("must be more than 0, at least {SHORTEST_TIMEOUT}"));
    }
    Ok(Duration::from_secs_f64(seconds))
}

/// A number of seconds up to [`LONGEST`], maybe below 0.
fn seconds(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(seconds) if seconds > LONGEST => Err(format!("must be at most {LONGEST}")),
        Ok(seconds) if !seconds.is_nan() => Ok(seconds),
        _ => Err("not a number of seconds, like 0.5".to_owned()),
    }
}

fn downloads(text: &str) -> Result<u32, String> {
    match text.trim().parse() {
        Ok(count) if (1..=MOST_DOWNLOADS).contains(&count) => Ok(count),
        _ => Err(format!("must be a whole number from 1 to {MOST_DOWNLOADS}")),
    }
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
        let banner = settings.banner("0.0.0.0:80".parse().unwrap(), None);
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
    fn the_examples_work_as_they_stand() {
        let (_, link) = EXAMPLES.split_once("/archive/").unwrap();
        let (hash, _) = link.split_once('/').unwrap();
        assert!(PathBuf::from(SAMPLES).join(hash).is_dir(), "{hash}");
    }

    #[test]
    fn seconds_may_be_fractions_but_nothing_else() {
        let delay = |text| parse(&["--delay", text]).map(|settings| settings.delay);
        assert_eq!(delay("0.25").unwrap(), Duration::from_millis(250));
        for bad in ["x", "nan", "inf", "1e300", "", "1s"] {
            assert!(delay(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_number_out_of_bounds_is_told_the_bound() {
        for (argument, told) in [
            ("--stall-timeout=0", "must be more than 0"),
            ("--stall-timeout=-1", "must be more than 0"),
            ("--stall-timeout=0.0001", "at least 0.001"),
            ("--stall-timeout=2000001", "must be at most 2000000"),
            ("--delay=-1", "must not be less than 0"),
            ("--delay=inf", "must be at most 2000000"),
            ("--max-downloads=0", "from 1 to 1000000"),
            ("--max-downloads=-3", "from 1 to 1000000"),
            ("--max-downloads=5000000000", "from 1 to 1000000"),
        ] {
            let error = parse(&[argument]).unwrap_err().to_string();
            assert!(error.contains(told), "{argument}: {error}");
        }
    }
}
