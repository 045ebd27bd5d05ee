//! The commands as an operator types them, on real folders, with the exit codes that scripts rely on.

#![allow(clippy::unwrap_used)]

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

fn visavis(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_visavis"))
        .args(arguments)
        .env_remove("VISAVIS_DATA")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no JSON: {}", said(output)))
}

fn init(dir: &Path, name: &str, zone: &str) -> Output {
    let dir = dir.to_str().unwrap();
    let any = "127.0.0.1:0";
    visavis(&[
        "init", "--data", dir, "--name", name, "--place", name, "--zone", zone, "--http", any, "--media", any,
        "--link", any, "--plain",
    ])
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs/examples")
        .join(name)
}

/// The one record and the one trust file that docs/examples holds.
fn examples() -> (String, String) {
    let find = |ending: &str| {
        let entries = std::fs::read_dir(example(""))
            .unwrap()
            .map(|entry| entry.unwrap().path());
        entries
            .into_iter()
            .find(|path| path.to_str().unwrap().ends_with(ending))
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    };
    (find(".cbor"), find(".trust"))
}

/// A running node, stopped when dropped.
struct Serving(Child, Value);

impl Serving {
    fn start(dir: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_visavis"))
            .args(["serve", "--json", "--data", dir.to_str().unwrap()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not ready: {line}"));
        Self(child, ready)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_example_record_is_proved_and_its_exit_codes_tell_how() {
    let (record, trust) = examples();
    let good = visavis(&["verify", &record, "--trust", &trust, "--json"]);
    assert_eq!(code(&good), 0, "{}", said(&good));
    assert_eq!(json(&good)["outcome"], "ok");
    let strangers = visavis(&["verify", &record]);
    assert_eq!(code(&strangers), 3, "{}", said(&strangers));
    assert!(said(&strangers).contains("NOT known to you"));

    let dir = tempfile::tempdir().unwrap();
    let changed = dir.path().join("changed.cbor");
    let mut bytes = std::fs::read(&record).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&changed, bytes).unwrap();
    let bad = visavis(&["verify", changed.to_str().unwrap(), "--trust", &trust]);
    assert_eq!(code(&bad), 1, "{}", said(&bad));
    assert!(said(&bad).contains("wrong:"));
    assert_eq!(code(&visavis(&["verify", "no-such-file"])), 1);
    assert_eq!(code(&visavis(&["verify"])), 2);
}

#[test]
fn a_node_is_made_once_and_bad_configurations_have_their_own_code() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("node");
    assert_eq!(code(&init(&home, "Washington", "America/New_York")), 0);
    let twice = init(&home, "Washington", "America/New_York");
    assert_eq!(code(&twice), 1);
    assert!(said(&twice).contains("nothing was changed"));
    let other = dir.path().join("other");
    let nowhere = init(&other, "Moscow", "Europe/Moskva");
    assert!(!other.exists(), "nothing is half made");
    assert_eq!(code(&nowhere), 78, "{}", said(&nowhere));
    assert!(said(&nowhere).contains("IANA"));
    let none = visavis(&["serve", "--data", dir.path().join("nothing").to_str().unwrap()]);
    assert_eq!(code(&none), 78, "{}", said(&none));
    assert!(said(&none).contains("visavis init"));
    std::fs::write(home.join("visavis.toml"), "nmae = 'typo'\n").unwrap();
    let typo = visavis(&["call", "list", "--data", home.to_str().unwrap()]);
    assert_eq!(code(&typo), 78, "{}", said(&typo));
}

#[test]
fn two_sides_pair_by_bundles_and_read_the_same_words() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (dir.path().join("a"), dir.path().join("b"));
    init(&a, "Washington", "America/New_York");
    init(&b, "Moscow", "Europe/Moscow");
    let mut words = Vec::new();
    for (near, far) in [(&a, &b), (&b, &a)] {
        let bundle = dir.path().join("bundle");
        let (near, far, file) = (near.to_str().unwrap(), far.to_str().unwrap(), bundle.to_str().unwrap());
        assert_eq!(code(&visavis(&["line", "invite", "--data", far, "--out", file])), 0);
        let refused = visavis(&["line", "accept", "--data", near, file]);
        assert_eq!(code(&refused), 1, "without a yes nothing is stored");
        assert!(
            json(&visavis(&["line", "list", "--data", near, "--json"]))
                .as_array()
                .unwrap()
                .is_empty()
        );
        let accepted = visavis(&["line", "accept", "--data", near, file, "--yes"]);
        assert_eq!(code(&accepted), 0, "{}", said(&accepted));
        let text = said(&accepted);
        words.push(
            text.lines()
                .find(|line| line.split_whitespace().count() == 8 && line.starts_with("  "))
                .unwrap()
                .to_owned(),
        );
        let listed = json(&visavis(&["line", "list", "--data", near, "--json"]));
        assert_eq!(listed[0]["confirmed"], true);
        let own = visavis(&["line", "accept", "--data", far, file, "--yes"]);
        assert_eq!(code(&own), 1, "a side does not pair with itself: {}", said(&own));
    }
    assert_eq!(words[0], words[1]);
}

#[test]
fn a_running_node_is_seen_by_the_other_commands_and_is_alone_on_its_folder() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("node");
    let data = home.to_str().unwrap();
    init(&home, "Washington", "America/New_York");
    let before = json(&visavis(&["doctor", "--data", data, "--json"]));
    assert_eq!(before["fine"], false, "not running, no line");
    let serving = Serving::start(&home);
    let second = visavis(&["serve", "--data", data]);
    assert_eq!(code(&second), 1);
    assert!(said(&second).contains("running"), "{}", said(&second));
    let link = json(&visavis(&[
        "enrol",
        "--data",
        data,
        "--role",
        "principal",
        "--name",
        "Principal",
        "--json",
    ]));
    let base = serving.1["http"].as_str().unwrap();
    assert!(link["link"].as_str().unwrap().starts_with(&format!("{base}/enrol#")));
    let again = visavis(&["enrol", "--data", data, "--seat", "principal", "--json"]);
    assert_eq!(json(&again)["seat"], "principal", "{}", said(&again));
    assert_eq!(code(&visavis(&["enrol", "--data", data, "--seat", "nobody"])), 1);
    let found = json(&visavis(&["doctor", "--data", data, "--json"]));
    let node = found["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["what"] == "node")
        .unwrap();
    assert_eq!(node["fine"], true);
    assert!(
        json(&visavis(&["call", "list", "--data", data, "--json"]))
            .as_array()
            .unwrap()
            .is_empty()
    );
}
