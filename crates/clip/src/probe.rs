//! What is in a film: its tracks, as `ffprobe` tells them.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde::Deserialize;

use crate::tools::file;
use crate::{ClipError, Tools};

/// How long reading an index, or all packets of a film, may take.
const LIMIT: Duration = Duration::from_secs(600);
/// Most tracks of a film that is read.
const TRACKS_MAX: usize = 64;

/// A track of a film.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Track {
    /// Its place among all tracks of the file.
    pub index: usize,
    pub picture: bool,
    /// Where it ends, in seconds from the beginning of the film.
    pub end: f64,
    /// Samples that the index lists.
    pub listed: u64,
    /// Samples that are there; zero unless counted.
    pub counted: u64,
    /// ISO 639-2.
    pub language: Option<String>,
    pub title: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    streams: Vec<Stream>,
}

#[derive(Deserialize)]
struct Stream {
    index: usize,
    #[serde(default)]
    codec_type: String,
    start_time: Option<String>,
    duration: Option<String>,
    nb_frames: Option<String>,
    nb_read_packets: Option<String>,
    #[serde(default)]
    tags: Tags,
}

#[derive(Default, Deserialize)]
struct Tags {
    language: Option<String>,
    title: Option<String>,
    handler_name: Option<String>,
    name: Option<String>,
}

/// The tracks of sound and picture in a film; with `count`, the samples that are really there are counted too.
pub(crate) fn tracks(tools: &Tools, path: &Path, count: bool, stop: &AtomicBool) -> Result<Vec<Track>, ClipError> {
    let mut arguments: Vec<String> = ["-v", "error", "-f", "mp4", "-of", "json"].map(str::to_owned).to_vec();
    if count {
        arguments.push("-count_packets".to_owned());
    }
    arguments.extend([
        "-show_entries".to_owned(),
        "stream=index,codec_type,start_time,duration,nb_frames,nb_read_packets:stream_tags=language,title,handler_name,name".to_owned(),
        file(path)?,
    ]);
    let ran = tools.ffprobe(arguments, LIMIT, stop).run(&mut |_| {})?;
    if !ran.success || !ran.stderr.is_empty() {
        return Err(ClipError::Damaged(first_line(&ran.stderr)));
    }
    let answer: Answer =
        serde_json::from_str(&ran.stdout).map_err(|error| ClipError::Failed(format!("ffprobe: {error}")))?;
    if answer.streams.len() > TRACKS_MAX {
        return Err(ClipError::Cut("too many tracks"));
    }
    Ok(answer.streams.into_iter().filter_map(Stream::track).collect())
}

impl Stream {
    fn track(self) -> Option<Track> {
        let seconds = |text: Option<String>| text.and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
        let number = |text: Option<String>| text.and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        let picture = match self.codec_type.as_str() {
            "video" => true,
            "audio" => false,
            _ => return None,
        };
        let Tags {
            language,
            title,
            handler_name,
            name,
        } = self.tags;
        Some(Track {
            index: self.index,
            picture,
            end: seconds(self.start_time).max(0.0) + seconds(self.duration),
            listed: number(self.nb_frames),
            counted: number(self.nb_read_packets),
            language: language.filter(|language| language != "und"),
            title: title.or(name).or(handler_name),
        })
    }
}

/// The first line of what a program said, cut short, for a person who looks into a log.
pub(crate) fn first_line(text: &str) -> String {
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or("failed without a word");
    line.chars().filter(|c| !c.is_control()).take(200).collect()
}
