//! What was acknowledged is there after a crash: a real process is killed at random moments, traced, and denied the disk.
//!
//! The process is this test binary itself: with [`CHILD`] set, `child` writes statements into the named file and says
//! `ack N` on its standard output after each; runs from [`COMMITS_FROM`] on write commits instead. Without it, `child`
//! does nothing.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng as _, RngCore as _, SeedableRng as _};
use store::{ChainKind, Id, NewCommit, NewStatement, Store, StoreError};

/// Path of the store, then the number of the run, then how many statements.
const CHILD: &str = "VISAVIS_STORE_CHILD";

/// Runs that write commits of a group instead of statements.
const COMMITS_FROM: u32 = 1_000_000;

/// Kills, and the time after which no further one is begun.
const KILLS: u32 = 250;
const KILLING: Duration = Duration::from_secs(30);

fn chain(run: u32) -> Id {
    Id::of(&run.to_be_bytes())
}

/// What a run says at a number: anything from one byte to the largest statement, the same each time it is asked.
fn bytes_of(run: u32, number: u32) -> Vec<u8> {
    let mut random = StdRng::seed_from_u64(u64::from(run) << 32 | u64::from(number));
    let length = if random.random_ratio(1, 8) {
        random.random_range(1..=store::STATEMENT_BYTES_MAX)
    } else {
        random.random_range(1..600)
    };
    let mut bytes = vec![0; length];
    random.fill_bytes(&mut bytes);
    bytes
}

fn new_commit(run: u32, epoch: u32, message: &[u8]) -> NewCommit<'_> {
    NewCommit {
        chain: chain(run),
        group: [7; 16],
        epoch,
        seat: chain(1),
        message,
        welcome: None,
        now_ms: 0,
    }
}

fn say(word: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(word.as_bytes()).unwrap();
    out.flush().unwrap();
}

#[tokio::test]
async fn child() {
    let Ok(orders) = std::env::var(CHILD) else { return };
    let mut orders = orders.splitn(3, ':');
    let run: u32 = orders.next().unwrap().parse().unwrap();
    let count: u32 = orders.next().unwrap().parse().unwrap();
    let path = orders.next().unwrap();
    let store = match Store::open(Path::new(path)).await {
        Ok(store) => store,
        Err(error) => return say(&format!("\nclosed {error:?}\n")),
    };
    say("\nopen\n");
    for number in 0..count {
        let bytes = bytes_of(run, number);
        if run >= COMMITS_FROM {
            store.put_commit(&new_commit(run, number, &bytes)).await.unwrap();
            say(&format!("ack {number}\n"));
            continue;
        }
        let new = NewStatement {
            chain: chain(run),
            kind: ChainKind::Call,
            line: chain(0),
            side: chain(1),
            number,
            bytes: &bytes,
            now_ms: 0,
        };
        match store.put(&new).await {
            Ok(_) => say(&format!("ack {number}\n")),
            Err(StoreError::Full) => say(&format!("full {number}\n")),
            Err(StoreError::Broken(why)) => say(&format!("broken {number} {why}\n")),
            Err(error) => say(&format!("other {number} {error:?}\n")),
        }
    }
    say("end\n");
}

fn orders(command: &mut Command, run: u32, count: u32, path: &Path) -> Child {
    command
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env(CHILD, format!("{run}:{count}:{}", path.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn this_binary() -> std::path::PathBuf {
    std::env::current_exe().unwrap()
}

/// Everything acknowledged is there as it was said, and whatever else is there is whole.
async fn check(store: &Store, run: u32, acknowledged: Option<u32>) -> u32 {
    let held = store.statements(chain(run)).await.unwrap();
    let count = u32::try_from(held.len()).unwrap();
    assert!(
        count > acknowledged.map_or(0, |last| last) || acknowledged.is_none(),
        "run {run}: {acknowledged:?} acknowledged, {count} held"
    );
    for (number, stored) in (0..).zip(&held) {
        assert_eq!(
            (stored.number, stored.fork),
            (number, false),
            "run {run}: a hole or a fork"
        );
        assert_eq!(stored.bytes, bytes_of(run, number), "run {run}: half-written");
    }
    count
}

#[tokio::test]
async fn killed_at_any_moment_nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("visavis.db");
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let seed = std::env::var("VISAVIS_SEED").map_or_else(|_| since.as_secs(), |seed| seed.parse().unwrap());
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let (start, mut kills, mut acks, mut unsaid) = (Instant::now(), 0, 0, 0);
    while kills < KILLS && start.elapsed() < KILLING {
        let run = 1_000 + kills;
        let mut child = orders(&mut Command::new(this_binary()), run, 4_000, &path);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // One in eight dies while it opens; the others some way into their work.
        let patience = Duration::from_micros(random.random_range(0..30_000));
        if random.random_ratio(7, 8) {
            while lines.next().is_some_and(|line| line.unwrap() != "open") {}
        }
        std::thread::sleep(patience);
        child.kill().unwrap();
        child.wait().unwrap();
        let last = lines
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("ack ")?.parse::<u32>().ok())
            .last();
        let store = Store::open(&path).await.unwrap();
        let held = check(&store, run, last).await;
        store.close().await;
        acks += last.map_or(0, |last| last + 1);
        unsaid += held - last.map_or(0, |last| last + 1);
        kills += 1;
    }
    println!(
        "{kills} kills in {:?}, {acks} statements acknowledged and found, {unsaid} stored but not yet said",
        start.elapsed()
    );
    assert!(
        kills >= 40,
        "only {kills} kills: the machine is too slow to say anything"
    );
    assert!(acks > kills, "the processes died before they did anything");
    let store = Store::open(&path).await.unwrap();
    for run in 1_000..1_000 + kills {
        check(&store, run, None).await;
    }
    store.close().await;
}

#[tokio::test]
async fn killed_at_any_moment_no_acknowledged_commit_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("visavis.db");
    let mut acks = 0;
    for kill in 0..12_u32 {
        let run = COMMITS_FROM + kill;
        let mut child = orders(&mut Command::new(this_binary()), run, 4_000, &path);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        while lines.next().is_some_and(|line| line.unwrap() != "open") {}
        std::thread::sleep(Duration::from_millis(u64::from(kill) * 3 + 20));
        child.kill().unwrap();
        child.wait().unwrap();
        let acked = lines
            .map_while(Result::ok)
            .filter(|line| line.starts_with("ack "))
            .count();
        let store = Store::open(&path).await.unwrap();
        let held = store.commits(chain(run), 0, 1_000).await.unwrap();
        assert!(
            held.len() >= acked.min(1_000),
            "{acked} acknowledged, {} held",
            held.len()
        );
        for (epoch, commit) in (0..).zip(&held) {
            assert_eq!(
                (commit.epoch, &commit.message),
                (epoch, &bytes_of(run, epoch)),
                "a gap or half-written"
            );
        }
        store.close().await;
        acks += acked;
    }
    assert!(acks > 12, "the processes died before they did anything");
}

fn strace() -> Option<()> {
    let there = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .status()
        .is_ok_and(|status| status.success());
    if !there {
        println!("skipped: strace is missing, or tracing is not allowed here");
    }
    there.then_some(())
}

/// Whether a line of the trace is a sync of the log that came to its end.
fn is_synced(line: &str) -> bool {
    let sync = line.contains("fdatasync(") || line.contains("fsync(") || line.contains("sync resumed>");
    sync && line.trim_end().ends_with("= 0")
}

#[test]
fn the_sync_comes_before_the_word() {
    if strace().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let mut command = Command::new("strace");
    command
        .args([
            "-f",
            "-y",
            "-s",
            "32",
            "-e",
            "trace=fsync,fdatasync,write,pwrite64,sendto",
            "-o",
        ])
        .arg(&trace)
        .arg(this_binary());
    let child = orders(&mut command, 1, 30, &folder.path().join("visavis.db"));
    assert!(child.wait_with_output().unwrap().status.success());
    let text = std::fs::read_to_string(&trace).unwrap();
    let (mut written, mut synced, mut acks) = (false, false, 0);
    for line in text.lines() {
        if line.contains("pwrite64(") && line.contains("-wal>") {
            (written, synced) = (true, false);
        } else if is_synced(line) {
            synced = true;
        } else if line.contains("write(1<") && line.contains("\"ack ") {
            assert!(written, "acknowledged without writing: {line}");
            assert!(synced, "acknowledged before the sync: {line}");
            (written, synced) = (false, false);
            acks += 1;
        }
    }
    assert_eq!(acks, 30, "the trace shows every acknowledgement");
}

/// Runs a child whose system calls fail from some point on; gives what it said.
fn denied(path: &Path, run: u32, inject: &str) -> Vec<String> {
    let mut command = Command::new("strace");
    command
        .args([
            "-f",
            "-qq",
            "-e",
            "trace=pwrite64,fsync,fdatasync",
            "-e",
            &format!("inject={inject}"),
            "-o",
            "/dev/null",
        ])
        .arg(this_binary());
    let child = orders(&mut command, run, 40, path);
    let said = child.wait_with_output().unwrap().stdout;
    String::from_utf8(said).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_full_or_failing_disk_is_told_and_nothing_is_acknowledged() {
    if strace().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("visavis.db");
    Store::open(&path).await.unwrap().close().await;
    for (run, inject) in [
        (1, "pwrite64:error=ENOSPC:when=1+"),
        (2, "fdatasync,fsync:error=EIO:when=1+"),
        (3, "pwrite64:error=EIO:when=1+"),
    ] {
        let said = denied(&path, run, inject);
        let named = |line: &&String| {
            ["full ", "broken ", "closed Full", "closed Broken"]
                .iter()
                .any(|word| line.starts_with(word))
        };
        assert!(said.iter().any(|line| named(&line)), "{inject}: {said:?}");
        assert!(
            acknowledged(&said).is_empty(),
            "{inject}: acknowledged on a failed disk: {said:?}"
        );
        assert!(
            !said.iter().any(|line| line.starts_with("other ")),
            "{inject}: an error without a name: {said:?}"
        );
        println!("{inject}: {:?}", said.iter().find(named));
        let store = Store::open(&path).await.unwrap();
        check(&store, run, None).await;
        store.close().await;
    }
}

#[tokio::test]
async fn when_there_is_room_again_it_goes_on() {
    if strace().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("visavis.db");
    Store::open(&path).await.unwrap().close().await;
    for (run, inject) in [
        (1, "pwrite64:error=ENOSPC:when=60..63"),
        (2, "fdatasync,fsync:error=EIO:when=20..22"),
    ] {
        let said = denied(&path, run, inject);
        let refused: Vec<u32> = said
            .iter()
            .filter_map(|line| {
                line.strip_prefix("full ")
                    .or(line.strip_prefix("broken "))?
                    .split(' ')
                    .next()?
                    .parse()
                    .ok()
            })
            .collect();
        let acks = acknowledged(&said);
        // strace counts anew on each thread, so a reopened connection meets the fault again, perhaps on the last
        // statement; after every other refusal something must be acknowledged again.
        let goes_on = |number: &u32| *number == 39 || acks.last() > Some(number);
        assert!(!refused.is_empty() && refused.iter().all(goes_on), "{inject}: {said:?}");
        assert!(acks.last() > refused.first(), "{inject}: {said:?}");
        let store = Store::open(&path).await.unwrap();
        let held: Vec<u32> = store
            .statements(chain(run))
            .await
            .unwrap()
            .iter()
            .map(|stored| stored.number)
            .collect();
        assert!(
            acks.iter().all(|number| held.contains(number)),
            "{inject}: {acks:?} acknowledged, {held:?} held"
        );
        store.close().await;
    }
}

fn acknowledged(said: &[String]) -> Vec<u32> {
    said.iter()
        .filter_map(|line| line.strip_prefix("ack ")?.parse().ok())
        .collect()
}
