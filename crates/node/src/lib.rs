//! The shell of one side's node: sockets, clocks, pages, sign-in, the media loop, and the wiring between the parts.
//!
//! Driven by the `visavis` binary. It holds no rule of its own: [`call`] says what may be said, [`sfu`] and [`link`]
//! carry media, [`store`] remembers, [`media`] passes packets. Where to look: `core` for the order of things, `http` and `signin` for browsers,
//! `recorder` and `clips` for footage, `press` for the public page, `shell` for start and stop, `setup`
//! and `pair` for the operator's commands.

pub mod api;
pub mod books;
mod clips;
pub mod config;
mod core;
mod disk;
pub mod enrol;
pub mod http;
pub mod keys;
mod pages;
pub mod pair;
mod press;
mod recorder;
mod ring;
mod routes;
pub mod setup;
pub mod shell;
mod signal;
pub mod signin;
pub mod tls;

pub use self::press::{Press, Released};
pub use shell::{Node, StartError};
