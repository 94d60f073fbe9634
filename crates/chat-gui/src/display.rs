//! Opening the window, or one line that says why it cannot be opened.
//!
//! The toolkit panics where there is no display, where nobody answers at the one
//! that is named, and where a library of the system is missing.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{anyhow, bail};

/// By what a display is named.
const NAMES: [&str; 3] = ["WAYLAND_SOCKET", "WAYLAND_DISPLAY", "DISPLAY"];

/// Whether the window has come up: panics before that are about the display.
#[derive(Clone, Debug, Default)]
pub struct Opened(Arc<AtomicBool>);

impl Opened {
    /// It has.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Runs the toolkit until the window is closed.
///
/// # Errors
///
/// There is no display, or it cannot be used.
///
/// # Panics
///
/// `run` panicked after the window was opened.
pub fn with_display<E: std::error::Error>(
    opened: &Opened,
    run: impl FnOnce() -> Result<(), E>,
) -> anyhow::Result<()> {
    let Some(display) = named() else {
        bail!(
            "there is no display to open a window on; set DISPLAY or WAYLAND_DISPLAY, or try underground-chat in a terminal"
        );
    };
    let complaint = Arc::new(Mutex::new(String::new()));
    let before = panic::take_hook();
    panic::set_hook({
        let (opened, complaint) = (opened.clone(), Arc::clone(&complaint));
        Box::new(move |info| {
            if opened.is_set() {
                return before(info);
            }
            let said = info.payload_as_str().unwrap_or("the toolkit gave up");
            let mut complaint = complaint.lock().unwrap_or_else(PoisonError::into_inner);
            complaint.push_str(said);
        })
    });
    let why = match panic::catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(panic) if opened.is_set() => panic::resume_unwind(panic),
        Err(_) => complaint
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone(),
    };
    tracing::debug!(why, "no window");
    Err(anyhow!(
        "cannot open a window on {display}: {}",
        plainly(&why)
    ))
}

/// The display to be used, as the toolkit chooses it.
fn named() -> Option<String> {
    NAMES.iter().find_map(|name| {
        let value = std::env::var(name).ok().filter(|value| !value.is_empty())?;
        Some(format!("{name}={value}"))
    })
}

/// What the toolkit says, as a person would say it.
fn plainly(why: &str) -> String {
    let says = |words: &[&str]| words.iter().any(|word| why.contains(word));
    if says(&["XOpenDisplayFailed", "NoCompositor"]) {
        "no display server answers there".to_owned()
    } else if says(&["LibraryOpen", "NoWaylandLib", "could not be loaded"]) {
        "a library of the system is missing; install libX11, libXcursor, libXi, libXrandr and libxkbcommon-x11, or libwayland-client and libxkbcommon".to_owned()
    } else {
        let flat = why.split_whitespace().collect::<Vec<_>>().join(" ");
        crate::foreign::start(&flat, 200).to_owned()
    }
}
