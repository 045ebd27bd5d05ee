//! Measures the media path beside its physical floor and other forwarders, and impairs networks for tests.
//!
//! Three programs: `bench` (run by `make bench`) drives the media loop over loopback from a load generator, in rounds that
//! alternate with the floor and each other forwarder that is at hand ([`peers`]), then the line between two nodes
//! ([`mod@line`]); `line` does the last alone; `impair` is a UDP relay with a seeded bad network inside ([`impairment`] is
//! its pure part).
//!
//! Never: part of the product. Numbers of different runs are not compared; ratios of one run are.

pub mod conditions;
pub mod floor;
pub mod impairment;
pub mod line;
pub mod load;
pub mod measure;
pub mod ours;
pub mod peers;
pub mod pictures;
pub mod plots;
pub mod product;
pub mod relay;
pub mod report;
pub mod server;
