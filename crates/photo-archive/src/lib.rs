//! Photo albums that download as one ZIP, made while it is sent.
//!
//! The heart is [`plan::ArchivePlan`]: stored entries are as long as their files,
//! so names and sizes alone say where each byte of the archive comes from. So the
//! server can tell its length, tag it, and send any range of it, before it has
//! read a single photo. Everything else is the shell around that:
//!
//! - pure: [`record`] (the bytes of the format), [`names`], [`album`], [`plan`], [`range`]
//! - shell: [`source`] (where photos come from), [`checksum`], [`planned`] (plans that
//!   downloads share), [`download`], [`handover`] (a connection taken over from hyper),
//!   [`thumbnail`], [`page`], [`respond`], [`site`] (which address answers what),
//!   [`serve`] (connections), [`stall`] (clients that take nothing), [`buffer`], [`settings`]
//!
//! It ports an `aiohttp` server that piped the output of a `zip` process.

pub mod album;
pub mod buffer;
pub mod checksum;
pub mod download;
pub mod handover;
pub mod names;
pub mod page;
pub mod plan;
pub mod planned;
pub mod range;
pub mod record;
pub mod respond;
pub mod serve;
pub mod settings;
pub mod site;
pub mod source;
pub mod stall;
pub mod thumbnail;
