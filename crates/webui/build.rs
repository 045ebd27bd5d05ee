//! Looks whether `web/dist` is there; never builds it. The Makefile owns npm.

use std::path::PathBuf;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(web_dist)");
    println!("cargo::rerun-if-changed=build.rs");
    let web = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../../web");
    let dist = web.join("dist");
    if dist.join("index.html").is_file() {
        // Cargo looks into a named folder file by file: an embed of yesterday's page would be silent.
        println!("cargo::rerun-if-changed={}", dist.display());
        println!("cargo::rustc-cfg=web_dist");
        return;
    }
    // A path that is missing would count as changed at every build, so its parent is named.
    println!("cargo::rerun-if-changed={}", web.display());
    if std::env::var("PROFILE").as_deref() == Ok("release") {
        println!("cargo::error=web/dist/index.html is missing: run `make web`");
    }
}
