#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::disallowed_types)]
//! Tests that need more than one module, the reference model among them.

mod clips;
mod doubt;
mod histories;
mod keys;
mod model;
mod model_clips;
mod refused;
mod rules;
mod tampering;
mod vectors;
mod world;
