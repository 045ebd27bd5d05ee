//! Makes clips of an invented call, of pictures and tones that ffmpeg draws: what a story gives to another implementation
//! of C2PA to check. `sign_clip FOLDER` prints one line of JSON with the files' names.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clip::{Cut, Tools};

/// Seconds of the film.
const SECONDS: u32 = 6;

fn main() {
    let folder = PathBuf::from(std::env::args_os().nth(1).expect("sign_clip FOLDER"));
    let clips = folder.join("clips");
    std::fs::create_dir_all(&clips).unwrap();
    let (root, signer) = support::side("Washington", None);
    let certificate = folder.join("root.pem");
    std::fs::write(&certificate, &root.certificate_pem).unwrap();
    let person = |name: &str, side: usize, colour: &str, tone: u32| {
        let picture = format!("color=c={colour}:s=640x360:r=30:d={SECONDS}");
        let film = support::draw(
            &folder,
            name,
            &[picture],
            Some(&format!("sine=f={tone}:r=48000:d={SECONDS}")),
        );
        support::source(film, name, side)
    };
    let sources = [
        person("First", 0, "0x9a4a2c", 440),
        person("Second", 1, "0x2a4e8c", 880),
    ];
    let pool = support::make(Cut::Pool, &sources, &signer, &clips).unwrap();
    let (from, to) = (Duration::from_secs(1), Duration::from_secs(4));
    let (tools, stop, facts) = (Tools::find().unwrap(), AtomicBool::new(false), support::facts());
    let shorter = clip::shorten(
        &tools,
        &pool.path,
        from,
        to,
        &facts,
        &signer,
        &clips,
        &mut |_| {},
        &stop,
    )
    .unwrap();
    let line = serde_json::json!({ "root": certificate, "pool": pool.path, "shorter": shorter.path });
    println!("{line}");
}
