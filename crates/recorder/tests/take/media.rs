//! Real VP9 and Opus, made by ffmpeg once for all tests, and what ffmpeg says of files.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

/// Pictures a second, and pictures in a loop; each loop begins with a key frame.
pub const RATE: usize = 25;
pub const LOOP: usize = 50;

fn ffmpeg(args: &[&str]) -> Vec<u8> {
    let out = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin"])
        .args(args)
        .output()
        .expect("ffmpeg is there: `make setup-test` installs it");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}

fn pictures(size: &str, layers: &[&str]) -> Vec<Vec<u8>> {
    let source = format!("testsrc2=size={size}:rate={RATE}:duration={}", LOOP / RATE);
    let mut args = vec![
        "-f",
        "lavfi",
        "-i",
        &source,
        "-c:v",
        "libvpx-vp9",
        "-b:v",
        "200k",
        "-g",
        "9999",
    ];
    args.extend([
        "-deadline",
        "realtime",
        "-cpu-used",
        "8",
        "-lag-in-frames",
        "0",
        "-auto-alt-ref",
        "0",
    ]);
    args.extend(["-error-resilient", "1", "-threads", "1"]);
    args.extend(layers);
    args.extend(["-f", "ivf", "-"]);
    let ivf = ffmpeg(&args);
    let mut rest = &ivf[32..];
    let mut frames = Vec::new();
    while let [a, b, c, d, _, _, _, _, _, _, _, _, tail @ ..] = rest {
        let (frame, next) = tail.split_at(u32::from_le_bytes([*a, *b, *c, *d]) as usize);
        frames.push(frame.to_vec());
        rest = next;
    }
    assert_eq!(frames.len(), LOOP);
    frames
}

/// A loop of small pictures.
pub fn small() -> &'static [Vec<u8>] {
    static FRAMES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    FRAMES.get_or_init(|| pictures("160x90", &[]))
}

/// A loop of larger ones.
pub fn large() -> &'static [Vec<u8>] {
    static FRAMES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    FRAMES.get_or_init(|| pictures("320x180", &[]))
}

/// Packets of Opus of 20 ms, two seconds of a tone.
pub fn tone() -> &'static [Vec<u8>] {
    static PACKETS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    PACKETS.get_or_init(|| {
        let args = [
            "-f",
            "lavfi",
            "-i",
            "sine=frequency=440:duration=2",
            "-ac",
            "1",
            "-c:a",
            "libopus",
        ];
        let more = ["-application", "voip", "-vbr", "off", "-b:a", "32k", "-f", "ogg", "-"];
        let ogg = ffmpeg(&[&args[..], &more[..]].concat());
        let mut packets = Vec::new();
        let mut packet = Vec::new();
        let mut rest = &ogg[..];
        while rest.len() > 27 {
            let segments = usize::from(rest[26]);
            let (lacing, mut body) = rest[27..].split_at(segments);
            for length in lacing {
                let (part, tail) = body.split_at(usize::from(*length));
                packet.extend_from_slice(part);
                body = tail;
                if *length < 255 {
                    packets.push(std::mem::take(&mut packet));
                }
            }
            rest = body;
        }
        packets.split_off(2)
    })
}

/// Decodes a whole file; what ffmpeg complained about.
pub fn decode(file: &Path) -> String {
    let out = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-xerror", "-err_detect", "explode", "-i"])
        .arg(file)
        // Pictures keep their own times: rounding them to a rate would make two of one.
        .args(["-fps_mode", "passthrough", "-enc_time_base", "-1", "-f", "null", "-"])
        .output()
        .expect("ffmpeg runs");
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    if out.status.success() {
        said
    } else {
        format!("failed: {said}")
    }
}

/// One packet of a file: its kind, where it begins in seconds, and its CRC-32.
pub struct Sample {
    pub picture: bool,
    pub at: f64,
    pub crc: u32,
}

/// All packets of a file, as ffprobe reads them.
pub fn samples(file: &Path) -> Vec<Sample> {
    let entries = "packet=codec_type,pts_time,data_hash";
    let out = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-show_packets",
            "-show_data_hash",
            "crc32",
            "-show_entries",
            entries,
        ])
        .args(["-of", "json"])
        .arg(file)
        .output()
        .expect("ffprobe is there");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let read: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let number = |value: &serde_json::Value| value.as_str().and_then(|text| text.parse().ok()).unwrap_or(0.0);
    let packets = read["packets"].as_array().expect("packets");
    packets
        .iter()
        .map(|packet| Sample {
            picture: packet["codec_type"] == "video",
            at: number(&packet["pts_time"]),
            crc: packet["data_hash"]
                .as_str()
                .and_then(|hash| u32::from_str_radix(hash.trim_start_matches("CRC32:"), 16).ok())
                .expect("a hash"),
        })
        .collect()
}

pub fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 }
        })
    })
}
