//! What at least two programs of the workshop need around their core: a command
//! line, an exit code, log lines, a listening socket, a stop signal, descriptors,
//! `.env`, and foreign text made safe to show.
//!
//! Nothing here is about any one program. Each module is one idea and is used
//! on its own; only [`accept`] knows an async runtime, and [`shutdown`] works
//! under every one of them.
//!
//! The Python originals got most of this from `asyncio.run`, `logging.basicConfig`
//! and `argparse`, and the rest (signals, descriptors, escaping) not at all.

pub mod accept;
pub mod dotenv;
pub mod escape;
pub mod exit;
pub mod limits;
pub mod listen;
pub mod logging;
pub mod origin;
pub mod reason;
pub mod shutdown;
pub mod usage;
