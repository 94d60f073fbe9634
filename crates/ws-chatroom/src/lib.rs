//! The websocket challenge, solved to its last stage: a room that is pure, a
//! server that carries it over sockets, and the client that every stage shares.
//!
//! [`room`] decides everything and knows neither socket nor clock. [`server`]
//! carries it over WebSockets, [`client`] is the person's end. The challenge's
//! own Python starts from one small file for each end.

pub mod cli;
pub mod client;
pub mod room;
pub mod server;
