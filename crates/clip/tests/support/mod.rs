//! Films to be cut, drawn by ffmpeg as a recorder writes them, and what is seen and heard in the clips.

#![allow(clippy::unwrap_used, dead_code, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;

use clip::{Clip, ClipError, Cut, Facts, Root, Signer, Source, Tools};

/// 30 December 2021, 15:35 in Washington.
pub const OPENED: i64 = 1_640_896_500_000;

/// Runs ffmpeg and gives back what it writes to its output.
pub fn ffmpeg(arguments: &[&str]) -> Vec<u8> {
    let ran = Command::new("ffmpeg")
        .args(["-nostdin", "-hide_banner", "-v", "error", "-y"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        ran.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&ran.stderr)
    );
    ran.stdout
}

pub fn ffprobe(film: &Path, entries: &str) -> serde_json::Value {
    let ran = Command::new("ffprobe")
        .args(["-v", "error", "-of", "json", "-show_entries", entries])
        .arg(film)
        .output()
        .unwrap();
    assert!(ran.stderr.is_empty(), "{}", String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).unwrap()
}

/// Draws `picture` (a source of ffmpeg's) in VP9, once for each size in turn, without a new entry in the index where the
/// size changes; with `sound` (likewise) in Opus. As a recorder's final file is.
pub fn draw(folder: &Path, name: &str, pictures: &[String], sound: Option<&str>) -> PathBuf {
    let mut list = String::new();
    for (n, picture) in pictures.iter().enumerate() {
        let part = folder.join(format!("{name}-{n}.webm"));
        let vp9 = [
            "-c:v",
            "libvpx-vp9",
            "-deadline",
            "realtime",
            "-cpu-used",
            "8",
            "-b:v",
            "2M",
        ];
        ffmpeg(&[&["-f", "lavfi", "-i", picture], &vp9[..], &[part.to_str().unwrap()]].concat());
        list.push_str(&format!("file '{}'\n", part.display()));
    }
    let (list_path, film) = (folder.join(format!("{name}.txt")), folder.join(format!("{name}.mp4")));
    std::fs::write(&list_path, list).unwrap();
    let mut arguments = Vec::new();
    if !pictures.is_empty() {
        arguments.extend(["-f", "concat", "-safe", "0", "-i", list_path.to_str().unwrap()]);
    }
    if let Some(sound) = sound {
        arguments.extend(["-f", "lavfi", "-i", sound]);
    }
    arguments.extend(["-c:v", "copy", "-c:a", "libopus", "-f", "mp4", film.to_str().unwrap()]);
    ffmpeg(&arguments);
    film
}

pub fn source(path: PathBuf, name: &str, side: usize) -> Source {
    let pictures = ffprobe(&path, "stream=codec_type")["streams"]
        .as_array()
        .unwrap()
        .iter()
        .any(|stream| stream["codec_type"] == "video");
    Source {
        path,
        side,
        name: name.to_owned(),
        interpreter: false,
        pictures,
        language: None,
    }
}

pub fn facts() -> Facts {
    Facts {
        title: "A call that never took place".to_owned(),
        call: [7; 32],
        head: [[1; 32], [2; 32]],
        sides: ["Washington".to_owned(), "Moscow".to_owned()],
        opened: OPENED,
        closed: OPENED + 6_000,
        parent: None,
    }
}

/// A side's root and signer.
pub fn side(name: &str, time_stamp_url: Option<&str>) -> (Root, Signer) {
    let root = Root::make(name, OPENED).unwrap();
    let signer = Signer::new(&root.certificate_pem, &root.key_pem, name, time_stamp_url).unwrap();
    (root, signer)
}

pub fn make(cut: Cut, sources: &[Source], signer: &Signer, folder: &Path) -> Result<Clip, ClipError> {
    let (tools, stop) = (Tools::find().unwrap(), AtomicBool::new(false));
    clip::make(&tools, &cut, sources, &facts(), signer, folder, &mut |_| {}, &stop)
}

/// Two seconds of one person in one colour with one tone, cut and signed.
pub fn small(folder: &Path, signer: &Signer) -> Clip {
    let picture = "color=c=0x9a4a2c:s=320x180:r=30:d=2".to_owned();
    let film = draw(folder, "small", &[picture], Some("sine=f=440:r=48000:d=2"));
    make(Cut::Side(0), &[source(film, "First", 0)], signer, folder).unwrap()
}
