//! A desk's routes about clips, of a whole node: who may do what, films and their parts, and the public page beside them.
#![allow(clippy::unwrap_used, missing_docs)]

mod http_rig;
mod press_rig;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use call::Hash;
use http_rig::{Answer, Client, get};
use press_rig::{HELD, Rig, done, path_of, refused, rig_with};
use serde_json::{Value, json};
use sha2::Digest as _;

/// The call with footage.
const FILMED: usize = 4;
const OPENED: i64 = HELD[1].0 - 3_000_000 + 60_000;

fn content() -> Vec<u8> {
    (0..100_000_u32).map(|n| b'a' + u8::try_from(n % 26).unwrap()).collect()
}

fn sha256() -> String {
    hex::encode(sha2::Sha256::digest(content()))
}

fn clips_folder(dir: &Path, call: &str) -> PathBuf {
    dir.join("footage").join(call).join("1").join("clips")
}

/// A clip as an earlier start of the node left it: made of footage of which nothing is left to be cut.
fn shelve(dir: &Path, call: &str) {
    let folder = clips_folder(dir, call);
    std::fs::create_dir_all(&folder).unwrap();
    let name = sha256();
    std::fs::write(folder.join(format!("{name}.mp4")), content()).unwrap();
    std::fs::write(folder.join(format!("{name}.jpg")), b"poster").unwrap();
    let kept = json!({
        "version": 1, "call": call, "footage": 1, "sha256": name, "cut": "pool", "file": "2021-12-30-pool.mp4",
        "bytes": 100_000, "ms": 30_000, "from": OPENED, "closed": OPENED + 60_000, "made": OPENED + 90_000,
        "shortens": null, "by": null, "poster": true, "signed_by": "Washington", "time_stamp": null,
        "sounds": ["President"], "sides": ["Washington", "Moscow"],
    });
    std::fs::write(folder.join(format!("{name}.json")), kept.to_string()).unwrap();
    let finished = json!({
        "version": 1, "opened": OPENED, "closed": OPENED + 60_000, "begins": OPENED, "files": [],
    });
    std::fs::write(folder.parent().unwrap().join("finished"), finished.to_string()).unwrap();
}

/// A node with such a clip, and its call, in whose record that one is released.
async fn shot(released: Option<Hash>) -> (Rig, String) {
    let mut rig = rig_with(released, |dir, calls| shelve(dir, &calls[FILMED])).await;
    let call = rig.calls[FILMED].clone();
    // What is on the disk is looked at beside everything else.
    let start = Instant::now();
    while list(&mut rig.one, &call).await["clips"].as_array().unwrap().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(20), "the clip was never found");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    (rig, call)
}

async fn list(client: &mut Client, call: &str) -> Value {
    let answer = client.ask("GET", &format!("/api/calls/{call}/clips"), "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_released_clip_is_on_the_page_after_a_start_and_an_operator_takes_it_off_at_once() {
    let hash: Hash = sha256().parse().unwrap();
    let (mut rig, call) = shot(Some(hash)).await;
    let clip = format!("/api/calls/{call}/clips/{}", sha256());
    let public = format!("/en/clip/{}", sha256());
    let page = get(rig.public, &public).await;
    assert!(
        page.body.contains("<video") && page.body.contains("Washington"),
        "{}",
        page.body
    );
    assert_eq!(
        get(rig.public, &format!("/clip/{}.mp4", sha256()))
            .await
            .body
            .as_bytes(),
        content()
    );
    assert!(get(rig.public, "/en/feed.atom").await.body.contains(&sha256()));
    let press = rig.one.ask("GET", &format!("/api/press/calls/{call}"), "").await.json();
    assert_eq!(press["clips"][0]["sha256"], sha256());
    for (what, body) in [("release", r#"{"instead":null}"#), ("recall", "{}")] {
        let answer = rig.one.ask("POST", &format!("{clip}/{what}"), body).await;
        assert_eq!(answer.status, 403, "a press officer does not {what}: {answer:?}");
    }
    let seen = list(&mut rig.one, &call).await;
    assert_eq!(
        seen["clips"][0]["may"],
        json!({ "release": "role", "recall": false, "shorten": true, "correct": [] })
    );
    assert_eq!(seen["clips"][0]["state"], "released");
    assert_eq!(path_of(&seen["clips"][0]["url"]), public);
    // The other side is away since this node started: it may not sign yet, and must not wait to take something off.
    assert_eq!(
        refused(&mut rig.two, &format!("{clip}/release"), r#"{"instead":null}"#).await,
        "own_head_unknown"
    );
    let view = done(&mut rig.two, &format!("{clip}/recall"), "{}").await;
    assert_eq!(
        (&view["clips"][0]["state"], &view["clips"][0]["url"]),
        (&json!("recalled"), &Value::Null)
    );
    for path in [
        public,
        format!("/clip/{}.mp4", sha256()),
        format!("/clip/{}.jpg", sha256()),
    ] {
        assert_eq!(get(rig.public, &path).await.status, 404, "{path}");
    }
    rig.node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_film_comes_whole_or_in_one_part_to_desks_and_nothing_beside_it() {
    let (mut rig, call) = shot(None).await;
    let film = format!("/api/calls/{call}/clips/{}.mp4", sha256());
    let bare = get(rig.node.http, &film).await;
    assert_eq!(bare.status, 401, "without a proof");
    let part = async |client: &mut Client, path: &str, range: &str| -> Answer {
        client.ask_with("GET", path, "", &[("range", range)]).await
    };
    for client in [&mut rig.one, &mut rig.two] {
        let whole = client.ask("GET", &film, "").await;
        assert_eq!((whole.status, whole.body.as_bytes() == content()), (200, true));
        assert_eq!(whole.header("content-type"), Some("video/mp4"));
        assert_eq!(whole.header("cache-control"), Some("no-store"));
        assert!(whole.header("last-modified").is_none());
    }
    let one = &mut rig.one;
    let poster = one.ask("GET", &film.replace(".mp4", ".jpg"), "").await;
    assert_eq!(
        (poster.status, poster.header("content-type"), poster.body.as_str()),
        (200, Some("image/jpeg"), "poster")
    );
    let middle = part(one, &film, "bytes=1000-1999").await;
    assert_eq!(
        (middle.status, middle.header("content-range")),
        (206, Some("bytes 1000-1999/100000"))
    );
    assert_eq!(middle.body.as_bytes(), &content()[1000..2000]);
    for range in ["bytes=100000-", "bytes=0-1,5-6", "bytes=a-b"] {
        assert_eq!(part(one, &film, range).await.status, 416, "{range}");
    }
    let folder = format!("/api/calls/{call}/clips");
    let other = &rig.calls[0];
    for path in [
        format!("{folder}/{}.json", sha256()),
        format!("{folder}/{}", sha256()),
        format!("{folder}/{}.MP4", sha256()),
        format!("{folder}/{}.mp4", sha256().to_uppercase()),
        format!("{folder}/{}.mp4", "0".repeat(64)),
        format!("{folder}/..%2f1-final.mp4"),
        format!("{folder}/..%2f..%2f..%2f..%2fside.key"),
        format!("{folder}/%2fetc%2fpasswd.mp4"),
        format!("{folder}/%00.mp4"),
        format!("{folder}/.mp4"),
        format!("/api/calls/{other}/clips/{}.mp4", sha256()),
        format!("/api/calls/{other}/clips"),
        format!("/api/calls/{}/clips", "x".repeat(64)),
    ] {
        let answer = one.ask("GET", &path, "").await;
        assert!(matches!(answer.status, 404 | 405), "{path}: {answer:?}");
        assert!(!answer.body.contains("version"), "{path}: {answer:?}");
    }
    rig.node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_of_clips_is_read_strictly() {
    let (mut rig, call) = shot(None).await;
    let clip = format!("/api/calls/{call}/clips/{}", sha256());
    for (what, body) in [
        ("release", "{}"),
        ("release", r#"{"instead":null,"instead":null}"#),
        ("release", r#"{"instead":1}"#),
        ("release", r#"{"instead":null,"side":"far"}"#),
        ("recall", r#"{"clip":"x"}"#),
        ("shorten", "{}"),
        ("shorten", r#"{"from_ms":-1,"to_ms":5000}"#),
        ("shorten", r#"{"from_ms":0.5,"to_ms":5000}"#),
        ("shorten", r#"{"from_ms":0,"to_ms":5000,"path":"/tmp"}"#),
    ] {
        let answer = rig.two.ask("POST", &format!("{clip}/{what}"), body).await;
        assert_eq!(answer.status, 400, "{what} {body}: {answer:?}");
    }
    let corrects = r#"{"instead":"../x"}"#;
    assert_eq!(
        refused(&mut rig.two, &format!("{clip}/release"), corrects).await,
        "text"
    );
    let elsewhere = format!("/api/calls/{call}/clips/{}", "0".repeat(64));
    for (what, body) in [("release", r#"{"instead":null}"#), ("recall", "{}")] {
        let code = refused(&mut rig.two, &format!("{elsewhere}/{what}"), body).await;
        assert_eq!(code, "own_head_unknown", "{what}");
    }
    let short = r#"{"from_ms":0,"to_ms":5000}"#;
    assert_eq!(
        refused(&mut rig.one, &format!("{elsewhere}/shorten"), short).await,
        "clip_unknown"
    );
    for hostile in ["..", "%2e%2e", "x", &sha256().to_uppercase()] {
        let path = format!("/api/calls/{call}/clips/{hostile}/recall");
        let answer = rig.two.ask("POST", &path, "{}").await;
        assert!(matches!(answer.status, 404 | 405), "{hostile}: {answer:?}");
    }
    let view = done(&mut rig.one, &format!("/api/calls/{call}/clips/again"), "{}").await;
    assert_eq!(view["work"], json!([]));
    rig.node.stop().await;
}
