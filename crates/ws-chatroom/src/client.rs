//! stub
use common::shutdown::Shutdown;
/// a
pub const ADDRESS: &str = "127.0.0.1:8765";
/// b
pub const URL: &str = "ws://127.0.0.1:8765";
/// c
pub fn run(_url: &str, _shutdown: &Shutdown) -> anyhow::Result<()> {
    Ok(())
}
