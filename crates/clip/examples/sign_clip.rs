//! Makes clips of an invented call, of pictures and tones that ffmpeg draws: what a story gives to another implementation
//! of C2PA to check. `sign_clip FOLDER` prints one line of JSON with the files' names.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clip::{Cut, Facts, Root, Signer, Source, Tools};

/// Seconds of the film.
const SECONDS: u64 = 6;
/// 30 December 2021, 15:35 in Washington.
const OPENED: i64 = 1_640_896_500_000;

type Failed = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("sign_clip FOLDER");
        return ExitCode::from(2);
    };
    match all(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sign_clip: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A person as a recorder writes one: VP9 and Opus in MP4.
fn person(folder: &Path, name: &str, side: usize, colour: &str, tone: u32) -> Result<Source, Failed> {
    let path = folder.join(format!("{name}.mp4"));
    let picture = format!("color=c={colour}:s=640x360:r=30:d={SECONDS}");
    let sound = format!("sine=f={tone}:r=48000:d={SECONDS}");
    let drawn = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &sound])
        .args(["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus", "-f", "mp4"])
        .arg(&path)
        .status()?;
    if !drawn.success() {
        return Err("ffmpeg drew nothing".into());
    }
    Ok(Source {
        path,
        side,
        name: name.to_owned(),
        interpreter: false,
        pictures: true,
        language: None,
    })
}

fn all(folder: &Path) -> Result<(), Failed> {
    std::fs::create_dir_all(folder)?;
    let tools = Tools::find()?;
    let root = Root::make("Washington", OPENED)?;
    std::fs::write(folder.join("root.pem"), &root.certificate_pem)?;
    let signer = Signer::new(&root.certificate_pem, &root.key_pem, "Washington", None)?;
    let sources = [
        person(folder, "First", 0, "0x9a4a2c", 440)?,
        person(folder, "Second", 1, "0x2a4e8c", 880)?,
    ];
    let facts = Facts {
        title: "A call that never took place".to_owned(),
        call: [7; 32],
        head: [[1; 32], [2; 32]],
        sides: ["Washington".to_owned(), "Moscow".to_owned()],
        opened: OPENED,
        closed: OPENED + 6_000,
        parent: None,
    };
    let stop = AtomicBool::new(false);
    let clips = folder.join("clips");
    std::fs::create_dir_all(&clips)?;
    let mut said = |_| {};
    let pool = clip::make(&tools, &Cut::Pool, &sources, &facts, &signer, &clips, &mut said, &stop)?;
    let (from, to) = (Duration::from_secs(1), Duration::from_secs(4));
    let shorter = clip::shorten(&tools, &pool.path, from, to, &facts, &signer, &clips, &mut said, &stop)?;
    let line = serde_json::json!({ "root": folder.join("root.pem"), "pool": pool.path, "shorter": shorter.path });
    println!("{line}");
    Ok(())
}
