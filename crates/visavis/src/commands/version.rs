//! `visavis version`

use std::process::ExitCode;

use serde_json::json;

use crate::{cli::Version, output};

pub fn run(asked: &Version) -> ExitCode {
    let web = call::Hash(webui::bundle_hash()).to_string();
    if asked.json {
        output::json(&json!({ "version": env!("CARGO_PKG_VERSION"), "web": web }));
    } else {
        output::line(format_args!("visavis {}\npages {web}", env!("CARGO_PKG_VERSION")));
    }
    ExitCode::SUCCESS
}
