//! Looks at a film that was made: does it decode from first to last, does it hold what its index says.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::probe::{Track, first_line, tracks};
use crate::tools::file;
use crate::{ClipError, Tools};

/// By how much tracks may end apart: less than two packets of AAC.
const APART: f64 = 0.045;
/// Where a poster is looked for, in seconds and then in parts of the film; the first that is not black is taken.
const POSTER_SECONDS: [f64; 3] = [1.0, 2.0, 4.0];
const POSTER_PARTS: [f64; 3] = [0.25, 0.5, 0.75];
/// A frame without anything lighter than this (0 to 255) is black.
const LIGHT_LEAST: u32 = 70;

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Decodes every track from first to last, and compares with the index: `frames` pictures, and each track's samples.
pub(crate) fn decode(
    tools: &Tools,
    film: &Path,
    frames: u64,
    limit: Duration,
    heard: &mut dyn FnMut(u64),
    stop: &AtomicBool,
) -> Result<Vec<Track>, ClipError> {
    let mut arguments =
        words("-hide_banner -nostdin -v error -xerror -progress pipe:1 -stats_period 0.5 -threads 1 -f mp4 -i");
    arguments.push(file(film)?);
    arguments.extend(words("-map 0 -fps_mode passthrough -f null -"));
    let ran = tools.ffmpeg(arguments, limit, stop).run(heard)?;
    // One word of the decoder's is one too many, whatever it exits with.
    if !ran.success || !ran.stderr.is_empty() {
        return Err(ClipError::Damaged(first_line(&ran.stderr)));
    }
    let found = tracks(tools, film, true, stop)?;
    let wrong = |what: String| Err(ClipError::Damaged(what));
    for track in &found {
        if track.listed == 0 || track.counted != track.listed {
            return wrong(format!(
                "track {} lists {} and holds {}",
                track.index, track.listed, track.counted
            ));
        }
        if track.picture && (track.listed != frames || ran.frames != frames) {
            return wrong(format!(
                "{} pictures listed, {} decoded, {frames} wanted",
                track.listed, ran.frames
            ));
        }
    }
    let ends = || found.iter().map(|track| track.end);
    if ends().fold(0.0, f64::max) - ends().fold(f64::MAX, f64::min) > APART {
        return wrong("tracks end apart".to_owned());
    }
    if !found.iter().any(|track| track.picture) || found.iter().all(|track| track.picture) {
        return wrong("sound or pictures are missing".to_owned());
    }
    Ok(found)
}

/// Fails unless two films hold the same packets in all tracks.
pub(crate) fn same_packets(tools: &Tools, one: &Path, other: &Path, stop: &AtomicBool) -> Result<(), ClipError> {
    let hash = |film: &Path| {
        let mut arguments = words("-hide_banner -nostdin -v error -xerror -f mp4 -i");
        arguments.push(file(film)?);
        arguments.extend(words("-map 0 -c copy -f streamhash -hash sha256 -"));
        let ran = tools
            .ffmpeg(arguments, Duration::from_secs(600), stop)
            .run(&mut |_| {})?;
        if !ran.success || !ran.stderr.is_empty() || ran.stdout.is_empty() {
            return Err(ClipError::Damaged(first_line(&ran.stderr)));
        }
        Ok(ran.stdout)
    };
    if hash(one)? == hash(other)? {
        Ok(())
    } else {
        Err(ClipError::Damaged("signing moved something".to_owned()))
    }
}

/// Makes a poster of a frame about a second in; of a later one where that is black.
pub(crate) fn poster(tools: &Tools, film: &Path, frames: u64, jpeg: &Path, stop: &AtomicBool) -> Result<(), ClipError> {
    let length = frames as f64 / crate::cut::RATE as f64;
    let seconds = POSTER_SECONDS
        .into_iter()
        .chain(POSTER_PARTS.into_iter().map(|part| part * length));
    for at in seconds.filter(|at| *at < length - 0.1) {
        let light = poster_at(tools, film, at, jpeg, stop)?;
        if light >= LIGHT_LEAST {
            return Ok(());
        }
    }
    // All of it is dark: then that is what the film looks like.
    poster_at(tools, film, 0.5, jpeg, stop).map(drop)
}

/// Makes a poster of the frame at a moment; the lightest value in it.
fn poster_at(tools: &Tools, film: &Path, at: f64, jpeg: &Path, stop: &AtomicBool) -> Result<u32, ClipError> {
    let mut arguments = words("-hide_banner -nostdin -v error -y -threads 1 -ss");
    arguments.push(format!("{at:.2}"));
    arguments.extend(words("-f mp4 -i"));
    arguments.push(file(film)?);
    arguments.extend(words(
        "-map 0:v:0 -frames:v 1 -vf signalstats,metadata=print:key=lavfi.signalstats.YMAX:file=-,scale=1280:720:out_range=pc,format=yuvj420p \
         -c:v mjpeg -q:v 3 -threads 1 -fflags +bitexact -flags:v +bitexact -f image2 -update 1",
    ));
    arguments.push(file(jpeg)?);
    let ran = tools
        .ffmpeg(arguments, Duration::from_secs(120), stop)
        .run(&mut |_| {})?;
    if !ran.success {
        return Err(ClipError::Failed(first_line(&ran.stderr)));
    }
    let value = ran
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("lavfi.signalstats.YMAX="));
    Ok(value
        .and_then(|value| value.trim().parse::<f64>().ok())
        .map_or(0, |value| value.clamp(0.0, 255.0).round() as u32))
}
