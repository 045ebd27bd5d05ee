//! The line: two real media loops joined by two real link endpoints through a bad network in this process, a synthetic
//! terminal at each end, in real time.
//!
//! `call` puts one together from `node` (media loop, endpoint and what the core does between them), `wire` (the network),
//! `terminal` (a WebRTC connection), `publisher` (what a terminal sends) and `tally` (what came of it). `loss`, `step`,
//! `speech`, `added`, `start` and `memory` each measure one thing with it, in the order of `plan`; `report` says it.
//!
//! Never: looks into the nodes. What counts is what the far terminal opened.

pub mod added;
pub mod call;
pub mod loss;
pub mod machine;
pub mod memory;
pub mod node;
pub mod plan;
pub mod publisher;
pub mod report;
pub mod speech;
pub mod start;
pub mod step;
pub mod tally;
pub mod terminal;
pub mod wire;
