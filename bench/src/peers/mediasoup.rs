//! mediasoup: named and missing. Its worker comes from a build of its own that fetches prebuilt binaries or sources.

use anyhow::bail;

use super::place::Program;
use super::{Forwarder, Found, Joined};
use crate::load::Plan;

pub(super) const FORWARDER: Forwarder = Forwarder {
    name: "mediasoup",
    differs: "",
    find,
    start,
    join,
};

const WHY: &str = "its worker cannot be built from packages alone and is not driven";

fn find() -> anyhow::Result<Found> {
    bail!(WHY)
}

fn start(_: &Found, _: usize) -> anyhow::Result<Program> {
    bail!(WHY)
}

fn join(_: Plan) -> anyhow::Result<Joined> {
    bail!(WHY)
}
