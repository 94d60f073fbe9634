//! `println!` for programs whose reader may leave.

/// Prints a line, and does not mind when nobody reads it any more (`… | head -1`):
/// that is no reason for a server to panic.
#[macro_export]
macro_rules! say {
    ($($argument:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($argument)*);
    }};
}
