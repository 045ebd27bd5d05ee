//! The thread by itself, with something that makes clips of nothing; and what is found on a disk.
#![allow(clippy::unwrap_used)]

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

use call::{CallId, Hash, SideId};
use clip::{Clip, Progress, Stage};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;

use super::{maker::Maker, shelf::look, thread::Busy, *};
use crate::http::Clock;

const PATIENCE: Duration = Duration::from_secs(20);
const OF: FootageOf = FootageOf {
    call: CallId([5; 32]),
    number: 1,
};
const SIDES: [SideId; 2] = [SideId([1; 32]), SideId([2; 32])];

fn job(id: u64, of: FootageOf, what: What) -> Job {
    Job {
        id,
        of,
        what,
        sources: Vec::new(),
        sides: SIDES.to_vec(),
        facts: clip::Facts {
            title: "EXAMPLE".into(),
            call: of.call.0,
            head: [[0; 32]; 2],
            sides: ["A".into(), "B".into()],
            opened: 0,
            closed: 60_000,
            parent: None,
        },
        draft: Draft {
            cut: KeptCut::Pool,
            stem: "2021-12-30-pool".into(),
            from: 0,
            closed: 60_000,
            shortens: None,
            by: None,
            signed_by: "A".into(),
            sounds: vec!["EXAMPLE".into()],
            sides: vec!["A".into(), "B".into()],
        },
    }
}

/// What is to come of the next job.
#[derive(Clone, Copy)]
enum Will {
    Make(u8),
    Fail(&'static str),
    /// Works until it is stopped.
    Hang,
}

/// Makes a file of one byte, or not, as it is told.
struct Fake {
    will: Receiver<Will>,
    tools: Arc<AtomicBool>,
    looked: Arc<AtomicUsize>,
}

impl Maker for Fake {
    fn look(&mut self) -> Result<(), &'static str> {
        self.looked.fetch_add(1, Ordering::SeqCst);
        if self.tools.load(Ordering::SeqCst) {
            Ok(())
        } else {
            Err(NO_TOOLS)
        }
    }

    fn make(
        &mut self,
        _: &Job,
        _: Option<&Path>,
        folder: &Path,
        progress: &mut dyn FnMut(Progress),
        stop: &AtomicBool,
    ) -> Result<Clip, &'static str> {
        if !self.tools.load(Ordering::SeqCst) {
            return Err(NO_TOOLS);
        }
        let stage = Stage::Cutting;
        progress(Progress { stage, percent: 0 });
        match self.will.recv().unwrap() {
            Will::Make(byte) => Ok(film(folder, &[byte])),
            Will::Fail(code) => Err(code),
            Will::Hang => {
                while !stop.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err("clip_stopped")
            }
        }
    }
}

fn film(folder: &Path, content: &[u8]) -> Clip {
    let sha256: [u8; 32] = Sha256::digest(content).into();
    let name = |ending: &str| folder.join(format!("{}.{ending}", Hash(sha256)));
    std::fs::write(name("mp4"), content).unwrap();
    std::fs::write(name("jpg"), b"poster").unwrap();
    Clip {
        path: name("mp4"),
        poster: Some(name("jpg")),
        sha256,
        bytes: content.len() as u64,
        length: Duration::from_secs(1),
        time_stamp: Some(7),
    }
}

struct Rig {
    folder: tempfile::TempDir,
    handle: Handle,
    news: mpsc::Receiver<News>,
    will: Sender<Will>,
    tools: Arc<AtomicBool>,
    looked: Arc<AtomicUsize>,
}

impl Rig {
    /// Starts the thread on an empty folder, and waits until it has looked around there.
    async fn new() -> Self {
        let mut rig = Self::on(tempfile::tempdir().unwrap());
        rig.until(|news| matches!(news, News::Looked).then_some(())).await;
        rig
    }

    /// Starts the thread on a data folder.
    fn on(folder: tempfile::TempDir) -> Self {
        let (will, wills) = channel();
        let tools = Arc::new(AtomicBool::new(true));
        let looked = Arc::new(AtomicUsize::new(0));
        let fake = Fake {
            will: wills,
            tools: tools.clone(),
            looked: looked.clone(),
        };
        let (handle, news) = start(folder.path(), Clock::by_hand(42), fake).unwrap();
        Self {
            folder,
            handle,
            news,
            will,
            tools,
            looked,
        }
    }

    async fn next(&mut self) -> News {
        let next = tokio::time::timeout(PATIENCE, self.news.recv()).await;
        next.expect("the thread tells").expect("the thread runs")
    }

    /// The next news that a test waits for.
    async fn until<T>(&mut self, wanted: impl Fn(&News) -> Option<T>) -> T {
        loop {
            if let Some(got) = wanted(&self.next().await) {
                return got;
            }
        }
    }

    async fn made(&mut self) -> (u64, Kept) {
        self.until(|news| match news {
            News::Made(id, _, kept) => Some((*id, Kept::clone(kept))),
            _ => None,
        })
        .await
    }

    async fn failed(&mut self) -> (u64, &'static str) {
        self.until(|news| match news {
            News::Failed(id, code) => Some((*id, *code)),
            _ => None,
        })
        .await
    }

    async fn doing(&mut self, wanted: u64) {
        self.until(|news| matches!(news, News::Doing(id, ..) if *id == wanted).then_some(()))
            .await;
    }

    fn clips(&self) -> std::path::PathBuf {
        super::folder(self.folder.path(), OF)
    }
}

fn wish(from_ms: u64) -> Wish {
    Wish {
        clip: Hex32([9; 32]),
        from_ms,
        to_ms: 5_000,
        by: KeptBy {
            seat: "desk".into(),
            name: "Desk".into(),
        },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clips_are_made_one_after_the_other_and_found_again() {
    let mut rig = Rig::new().await;
    rig.will.send(Will::Make(1)).unwrap();
    rig.will.send(Will::Fail(DISK_FULL)).unwrap();
    rig.will.send(Will::Make(2)).unwrap();
    for id in 1..=3 {
        rig.handle.make(job(id, OF, What::Cut(KeptCut::Pool))).unwrap();
    }
    let (id, first) = rig.made().await;
    assert_eq!((id, first.made, first.time_stamp, first.poster), (1, 42, Some(7), true));
    assert_eq!(
        first.file,
        format!("2021-12-30-pool-{}.mp4", &first.hash().to_string()[..8])
    );
    assert_eq!(rig.failed().await, (2, DISK_FULL));
    let (_, second) = rig.made().await;
    let Rig { folder, handle, .. } = rig;
    handle.end().await;
    let mut again = Rig::on(folder);
    let found = again
        .until(|news| match news {
            News::Found(of, found) if *of == OF => Some(found.clone()),
            _ => None,
        })
        .await;
    let mut both = vec![first, second];
    both.sort_by_key(Kept::hash);
    assert_eq!(found.clips, both);
    assert_eq!(found.finished, None);
    again.until(|news| matches!(news, News::Looked).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_come_later_are_found_by_the_next_job() {
    let mut rig = Rig::new().await;
    rig.tools.store(false, Ordering::SeqCst);
    let told = |news: &News| match news {
        News::Programs(missing) => Some(*missing),
        _ => None,
    };
    // It may have looked before this test took them away.
    let first = rig.until(told).await;
    rig.handle.make(job(1, OF, What::Cut(KeptCut::Pool))).unwrap();
    assert_eq!(rig.failed().await, (1, NO_TOOLS));
    assert!(first.is_none_or(|code| code == NO_TOOLS));
    rig.tools.store(true, Ordering::SeqCst);
    rig.will.send(Will::Make(1)).unwrap();
    rig.handle.make(job(2, OF, What::Cut(KeptCut::Pool))).unwrap();
    assert_eq!(rig.until(told).await, None);
    assert_eq!(rig.made().await.0, 2);
    rig.tools.store(false, Ordering::SeqCst);
    rig.handle.look();
    assert_eq!(rig.until(told).await, Some(NO_TOOLS), "or when somebody asks");
    assert!(rig.looked.load(Ordering::SeqCst) >= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_what_is_being_made_and_begins_nothing_more() {
    let mut rig = Rig::new().await;
    rig.will.send(Will::Hang).unwrap();
    rig.will.send(Will::Make(1)).unwrap();
    for id in 1..=2 {
        rig.handle.make(job(id, OF, What::Cut(KeptCut::Pool))).unwrap();
    }
    rig.doing(1).await;
    let start = std::time::Instant::now();
    rig.handle.end().await;
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    let left: Vec<_> = std::fs::read_dir(super::folder(rig.folder.path(), OF))
        .unwrap()
        .collect();
    assert!(left.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_one_footage_are_dropped_and_others_go_on() {
    let mut rig = Rig::new().await;
    let other = FootageOf { number: 2, ..OF };
    rig.will.send(Will::Hang).unwrap();
    rig.will.send(Will::Make(3)).unwrap();
    rig.handle.make(job(1, OF, What::Cut(KeptCut::Pool))).unwrap();
    rig.handle.make(job(2, OF, What::Cut(KeptCut::Pool))).unwrap();
    rig.handle.make(job(3, other, What::Cut(KeptCut::Pool))).unwrap();
    rig.doing(1).await;
    rig.handle.drop_of(OF);
    assert_eq!(rig.failed().await.0, 1);
    assert_eq!(rig.made().await.0, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_jobs_wait_than_there_is_room_for() {
    let mut rig = Rig::new().await;
    rig.will.send(Will::Hang).unwrap();
    rig.handle.make(job(0, OF, What::Cut(KeptCut::Pool))).unwrap();
    rig.doing(0).await;
    for id in 0..super::thread::JOBS_MAX as u64 {
        rig.handle.make(job(id + 1, OF, What::Cut(KeptCut::Pool))).unwrap();
    }
    assert_eq!(rig.handle.make(job(9_999, OF, What::Cut(KeptCut::Pool))), Err(Busy));
    rig.handle.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_stays_until_it_is_fulfilled() {
    let mut rig = Rig::new().await;
    std::fs::create_dir_all(rig.clips()).unwrap();
    let (first, second) = (wish(1_000), wish(2_000));
    for wish in [&first, &second] {
        super::wish(&rig.clips(), wish).unwrap();
    }
    rig.will.send(Will::Make(1)).unwrap();
    rig.will.send(Will::Fail(FAILED)).unwrap();
    rig.handle.make(job(1, OF, What::Shorter(first))).unwrap();
    rig.handle.make(job(2, OF, What::Shorter(second.clone()))).unwrap();
    rig.failed().await;
    assert_eq!(shelf::wishes(&rig.clips()), [second]);
    std::fs::write(rig.clips().join(format!("{}-1-2.wish", "0".repeat(64))), b"{}").unwrap();
    assert_eq!(shelf::wishes(&rig.clips()).len(), 1, "one that is damaged is left out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_keeps_no_half_and_is_tried_again() {
    let mut rig = Rig::new().await;
    std::fs::create_dir_all(rig.clips()).unwrap();
    let name = Hash(Sha256::digest([1]).into());
    // What is written there finds no room (full(4)).
    std::os::unix::fs::symlink("/dev/full", rig.clips().join(format!("{name}.json.part"))).unwrap();
    for id in 1..=2 {
        rig.will.send(Will::Make(1)).unwrap();
        rig.handle.make(job(id, OF, What::Cut(KeptCut::Pool))).unwrap();
    }
    assert_eq!(rig.failed().await, (1, DISK_FULL));
    assert_eq!(rig.made().await.0, 2);
    assert_eq!(look(&rig.clips(), OF, &|| false).len(), 1);
}

/// A clip on the disk, and where it is described.
fn kept(folder: &Path, content: &[u8]) -> (Kept, std::path::PathBuf) {
    let made = film(folder, content);
    let kept = Kept::of(OF, &job(1, OF, What::Cut(KeptCut::Pool)).draft, &made, 1);
    kept.write(folder).unwrap();
    let path = folder.join(format!("{}.json", kept.hash()));
    (kept, path)
}

#[test]
fn what_is_damaged_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let found = |of| look(folder, of, &|| false);
    let (good, _) = kept(folder, b"good");
    let (other, path) = kept(folder, b"other");
    assert_eq!(found(OF).len(), 2);
    let text = std::fs::read_to_string(&path).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let with = |key: &str, to: serde_json::Value| {
        let mut value = value.clone();
        value[key] = to;
        value.to_string()
    };
    let duplicate = text.replacen('{', "{\"version\":1,", 1);
    let long = with("signed_by", "x".repeat(70_000).into());
    for (what, text) in [
        ("nothing", String::new()),
        ("half", text[..text.len() / 2].to_owned()),
        ("more behind it", format!("{text}{{}}")),
        ("twice the same", duplicate),
        ("a field too many", with("released", true.into())),
        ("another version", with("version", 2.into())),
        ("another call", with("call", "0".repeat(64).into())),
        ("another footage", with("footage", 2.into())),
        ("another hash", with("sha256", good.hash().to_string().into())),
        ("another length", with("bytes", 4.into())),
        ("no time", with("ms", 0.into())),
        ("days of it", with("ms", 90_000_000.into())),
        ("a path", with("file", "../x.mp4".into())),
        ("a mark that ends a header", with("file", "x\"y.mp4".into())),
        ("a line of its own", with("signed_by", "x\ny".into())),
        ("too long", long),
        ("names without end", with("sounds", vec!["x"; 100].into())),
    ] {
        std::fs::write(&path, text).unwrap();
        assert_eq!(found(OF), std::slice::from_ref(&good), "{what}");
    }
    other.write(folder).unwrap();
    assert_eq!(found(OF).len(), 2);
    assert!(found(FootageOf { number: 3, ..OF }).is_empty(), "in another's place");

    let film = folder.join(format!("{}.mp4", other.hash()));
    std::fs::write(&film, b"othEr").unwrap();
    assert_eq!(found(OF), std::slice::from_ref(&good), "one bit is another");
    std::fs::remove_file(&film).unwrap();
    assert_eq!(found(OF), std::slice::from_ref(&good), "and no film is no clip");
    std::fs::remove_file(folder.join(format!("{}.jpg", good.hash()))).unwrap();
    assert!(!found(OF)[0].poster);
}

#[test]
fn a_clip_is_cut_off_where_its_footage_was_closed_before_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let (mut clip, _) = kept(folder.path(), b"one");
    // From 0, closed at 60 s.
    clip.ms = 50_000;
    for (closed, cut_off) in [
        (60_000, false),
        (70_000, false),
        (51_000, false),
        (50_999, true),
        (0, true),
    ] {
        assert_eq!(clip.is_cut_off(closed), cut_off, "{closed}");
    }
}

#[test]
fn who_said_what_is_kept_beside_the_call() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let by = wish(0).by;
    for n in 0..3 {
        let statement = Hex32([n; 32]);
        let by = by.clone();
        note(data, OF.call, Note { statement, by }).unwrap();
    }
    let read = notes(data, OF.call);
    assert_eq!(read.len(), 3);
    assert_eq!(read[1].statement, Hex32([1; 32]));
    let path = data.join("footage").join(OF.call.to_string()).join("clips.json");
    std::fs::write(path, b"[{}]").unwrap();
    assert!(notes(data, OF.call).is_empty());
}
