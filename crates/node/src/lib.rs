//! node

pub mod api;
