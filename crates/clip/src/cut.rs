//! The arguments with which `ffmpeg` makes a film: what is seen where, what is heard on which track.
//!
//! All sources begin at the same moment, so nothing is shifted. A track of sound that ends early is silent until the end of
//! the film, a picture that ends early makes place for the ground.

use std::path::Path;

use crate::film::{Cut, SOURCES_MAX, Source};
use crate::language::three_letters;
use crate::probe::Track;
use crate::tools::file;
use crate::{ClipError, Facts};

/// What newsrooms take in: 1080p25, square pixels.
pub(crate) const RATE: u64 = 25;
const WIDTH: u32 = 1_920;
const HEIGHT: u32 = 1_080;
/// The ground on which pictures stand.
const GROUND: &str = "0x14181d";
/// Height of a name where there are no pictures, in lines of the picture.
const NAME_LINES: u32 = 48;
/// Longest name of a track.
const NAME_MAX: usize = 100;
/// Sound is brought to 48 kHz stereo, at the place where its own times say.
const SOUND: &str = "aresample=48000:async=1:first_pts=0,aformat=sample_fmts=fltp:channel_layouts=stereo";

/// A source, and what is really in its file.
pub(crate) struct Input<'a> {
    pub source: &'a Source,
    pub picture: bool,
    pub sound: bool,
    /// Where its last track ends, in seconds.
    pub end: f64,
}

impl<'a> Input<'a> {
    pub(crate) fn new(source: &'a Source, tracks: &[Track]) -> Self {
        Self {
            source,
            picture: source.pictures && tracks.iter().any(|track| track.picture),
            sound: tracks.iter().any(|track| !track.picture),
            end: tracks.iter().map(|track| track.end).fold(0.0, f64::max),
        }
    }
}

/// Where pictures stand: from `x` on, so wide.
struct Place {
    side: usize,
    x: u32,
    width: u32,
}

/// A track of sound: the inputs that are mixed into it, and how it is called.
struct Sound {
    inputs: Vec<usize>,
    name: String,
    language: Option<String>,
}

/// What is to be run, in a folder of its own.
#[derive(Debug)]
pub(crate) struct Recipe {
    /// All but the output's path.
    pub arguments: Vec<String>,
    /// Files that the filters read, by name, to be written into the folder.
    pub texts: Vec<(String, String)>,
    /// Pictures that the film will have.
    pub frames: u64,
}

/// Which sources a cut takes.
pub(crate) fn chosen(cut: Cut, sources: &[Source]) -> Result<Vec<&Source>, ClipError> {
    if sources.len() > SOURCES_MAX {
        return Err(ClipError::Cut("too many sources"));
    }
    let chosen: Vec<&Source> = sources.iter().filter(|source| cut.takes(source)).collect();
    if chosen.is_empty() {
        return Err(ClipError::Cut("nothing was taken of this"));
    }
    Ok(chosen)
}

impl Cut {
    fn takes(self, source: &Source) -> bool {
        match self {
            Self::Pool => source.side < 2,
            Self::Side(side) => source.side == side,
        }
    }

    fn places(self) -> Vec<Place> {
        match self {
            Self::Pool => [0, 1]
                .map(|side| Place {
                    side,
                    x: if side == 0 { 0 } else { WIDTH / 2 },
                    width: WIDTH / 2,
                })
                .into(),
            Self::Side(side) => vec![Place {
                side,
                x: 0,
                width: WIDTH,
            }],
        }
    }

    /// Each person of a side alone; of the pool, the floor mixed. Interpreters are always alone, and come last.
    fn sounds(self, inputs: &[Input<'_>]) -> Vec<Sound> {
        let heard = || inputs.iter().enumerate().filter(|(_, input)| input.sound);
        let alone = |(index, input): (usize, &Input<'_>)| Sound {
            inputs: vec![index],
            name: input.source.name.clone(),
            language: input.source.language.clone().filter(|_| input.source.interpreter),
        };
        let floor = heard().filter(|(_, input)| !input.source.interpreter);
        let mut sounds: Vec<Sound> = match self {
            Self::Side(_) => floor.map(alone).collect(),
            Self::Pool => vec![Sound {
                inputs: floor.map(|(index, _)| index).collect(),
                name: "Floor".to_owned(),
                language: None,
            }],
        };
        sounds.extend(heard().filter(|(_, input)| input.source.interpreter).map(alone));
        if sounds.is_empty() {
            // A film without any sound is refused by much that takes films in.
            sounds.push(Sound {
                inputs: Vec::new(),
                name: "Silence".to_owned(),
                language: None,
            });
        }
        sounds
    }
}

/// Makes the recipe of a cut. `text`: whether names can be written into pictures.
pub(crate) fn recipe(cut: Cut, inputs: &[Input<'_>], facts: &Facts, text: bool) -> Result<Recipe, ClipError> {
    let end = inputs.iter().map(|input| input.end).fold(0.0, f64::max);
    let frames = whole_frames(end);
    if frames < RATE {
        return Err(ClipError::Cut("shorter than a second"));
    }
    let mut arguments = head();
    for input in inputs {
        arguments.extend(input_of(&input.source.path)?);
    }
    let mut texts = Vec::new();
    let mut filters = vec![format!(
        "color=c={GROUND}:s={WIDTH}x{HEIGHT}:r={RATE}:d={},format=yuv420p[g0]",
        seconds(frames)
    )];
    let places = cut.places();
    for (n, place) in places.iter().enumerate() {
        let shown = inputs
            .iter()
            .position(|input| input.picture && !input.source.interpreter && input.source.side == place.side);
        match shown {
            Some(index) => filters.push(picture(n, index, place)),
            None if text => {
                let name: String = facts.sides.get(place.side).map_or("", String::as_str).into();
                texts.push((format!("name{n}.txt"), one_line(&name)));
                filters.push(written(n, place));
            }
            None => filters.push(format!("[g{n}]null[g{}]", n + 1)),
        }
    }
    filters.push(format!("[g{}]{}[film]", places.len(), colours()));
    let sounds = cut.sounds(inputs);
    for (n, sound) in sounds.iter().enumerate() {
        filters.extend(sound_filters(n, sound, frames));
    }
    arguments.extend(["-filter_complex".to_owned(), filters.join(";")]);
    arguments.extend(["-map".to_owned(), "[film]".to_owned()]);
    for n in 0..sounds.len() {
        arguments.extend(["-map".to_owned(), format!("[sound{n}]")]);
    }
    arguments.extend(encoders());
    arguments.extend(["-metadata".to_owned(), format!("title={}", one_line(&facts.title))]);
    for (n, sound) in sounds.iter().enumerate() {
        arguments.extend(named(n, &sound.name, sound.language.as_deref().map(three_letters)));
    }
    arguments.extend(tail());
    Ok(Recipe {
        arguments,
        texts,
        frames,
    })
}

/// The recipe of a shorter whole: pictures `from` to `to` of a clip, all its sounds with their names.
pub(crate) fn shorter(clip: &Path, tracks: &[Track], from: u64, to: u64, facts: &Facts) -> Result<Recipe, ClipError> {
    let frames = to.saturating_sub(from);
    let film = tracks
        .iter()
        .find(|track| track.picture)
        .ok_or(ClipError::Cut("no pictures"))?;
    let sounds: Vec<&Track> = tracks.iter().filter(|track| !track.picture).collect();
    let mut arguments = head();
    let input = input_of(clip)?;
    // A little before the picture that is to be the first, so that rounding never loses it.
    let seek = [
        "-ss".to_owned(),
        format!("{:.4}", (from as f64 / RATE as f64 - 0.001).max(0.0)),
    ];
    arguments.extend(seek.into_iter().chain(input));
    let length = seconds(frames);
    let mut filters = vec![format!(
        "[0:{}]setpts=PTS-STARTPTS,fps={RATE}:start_time=0,trim=end_frame={frames},{}[film]",
        film.index,
        colours()
    )];
    for (n, sound) in sounds.iter().enumerate() {
        filters.push(format!("[0:{}]{SOUND},apad,atrim=end={length}[sound{n}]", sound.index));
    }
    arguments.extend(["-filter_complex".to_owned(), filters.join(";")]);
    arguments.extend(["-map".to_owned(), "[film]".to_owned()]);
    for n in 0..sounds.len() {
        arguments.extend(["-map".to_owned(), format!("[sound{n}]")]);
    }
    arguments.extend(encoders());
    arguments.extend(["-metadata".to_owned(), format!("title={}", one_line(&facts.title))]);
    for (n, sound) in sounds.iter().enumerate() {
        arguments.extend(named(
            n,
            sound.title.as_deref().unwrap_or(""),
            sound.language.as_deref(),
        ));
    }
    arguments.extend(tail());
    Ok(Recipe {
        arguments,
        texts: Vec::new(),
        frames,
    })
}

/// Whole pictures in so many seconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "within a day, and not below zero"
)]
pub(crate) fn whole_frames(seconds: f64) -> u64 {
    // A little more, so that 0.999999 of a picture is one.
    (seconds.clamp(0.0, 86_400.0) * RATE as f64 + 0.01) as u64
}

/// The length of so many pictures, in seconds.
pub(crate) fn seconds(frames: u64) -> String {
    format!("{}.{:02}", frames / RATE, frames % RATE * 100 / RATE)
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split_whitespace().map(str::to_owned)
}

fn head() -> Vec<String> {
    words("-hide_banner -nostdin -v error -y -progress pipe:1 -stats_period 0.5 -filter_complex_threads 1").collect()
}

/// Without `-reinit_filter 0` a change of the picture's size makes the filters begin anew, and the film twice as long.
fn input_of(path: &Path) -> Result<Vec<String>, ClipError> {
    let options = words("-threads 1 -reinit_filter 0 -protocol_whitelist file -f mp4 -i");
    Ok(options.chain([file(path)?]).collect())
}

fn picture(n: usize, input: usize, place: &Place) -> String {
    let Place { x, width, .. } = place;
    format!(
        "[{input}:v:0]scale={width}:{HEIGHT}:force_original_aspect_ratio=decrease:force_divisible_by=2:eval=frame\
         :out_color_matrix=bt709:out_range=tv,setsar=1,fps={RATE}:start_time=0,format=yuv420p[p{n}];\
         [g{n}][p{n}]overlay=x='{x}+({width}-w)/2':y='({HEIGHT}-h)/2':eval=frame:eof_action=pass:format=yuv420[g{}]",
        n + 1
    )
}

fn written(n: usize, place: &Place) -> String {
    let Place { x, width, .. } = place;
    format!(
        "[g{n}]drawtext=textfile=name{n}.txt:expansion=none:fontcolor=0xd8dee6:fontsize={NAME_LINES}\
         :x='{x}+({width}-text_w)/2':y='({HEIGHT}-text_h)/2'[g{}]",
        n + 1
    )
}

fn colours() -> &'static str {
    "format=yuv420p,setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
}

fn sound_filters(n: usize, sound: &Sound, frames: u64) -> Vec<String> {
    let end = format!("apad,atrim=end={}[sound{n}]", seconds(frames));
    match sound.inputs.as_slice() {
        [] => vec![format!("anullsrc=r=48000:cl=stereo,{SOUND},{end}")],
        [input] => vec![format!("[{input}:a:0]{SOUND},{end}")],
        several => {
            let each = several
                .iter()
                .map(|input| format!("[{input}:a:0]{SOUND}[floor{input}]"));
            let all: String = several.iter().map(|input| format!("[floor{input}]")).collect();
            let count = several.len();
            // Voices keep their level when others are silent, and two at once do not clip.
            let mix =
                format!("{all}amix=inputs={count}:duration=longest:normalize=0,alimiter=limit=0.95:level=0,{end}");
            each.chain([mix]).collect()
        }
    }
}

fn encoders() -> impl Iterator<Item = String> {
    words(
        "-c:v libx264 -preset veryfast -crf 20 -maxrate 12M -bufsize 24M -profile:v high -level:v 4.1 -g 50 -r 25 -threads:v 1 \
         -c:a aac -b:a 128k -ar 48000 -map_metadata -1 -map_chapters -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact",
    )
}

/// How the track of sound `n` is called in a player's list.
fn named(n: usize, name: &str, language: Option<&str>) -> Vec<String> {
    let name = one_line(name);
    let track = format!("-metadata:s:a:{n}");
    let mut words = vec![
        track.clone(),
        format!("title={name}"),
        track.clone(),
        format!("handler_name={name}"),
        format!("-disposition:a:{n}"),
        if n == 0 { "default" } else { "0" }.to_owned(),
    ];
    if let Some(language) = language {
        words.extend([track, format!("language={language}")]);
    }
    words
}

fn tail() -> impl Iterator<Item = String> {
    words("-movflags +faststart -f mp4")
}

/// A name from outside as one line without control characters, cut short.
pub(crate) fn one_line(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(NAME_MAX)
        .collect()
}
