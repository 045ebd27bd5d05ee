//! The whole `Sfu` against browserless clients (str0m too), in virtual time, on a wire whose losses come from a printed seed.
#![allow(clippy::unwrap_used)]

mod hostile;
mod layers;
mod offers;
mod recovery;
mod routes;
mod world;
