//! What strangers ask of the public port, and what it does not tell them.
#![allow(clippy::unwrap_used, missing_docs)]

mod http_rig;
mod press_rig;

use std::path::Path;
use std::time::{Duration, Instant};

use http_rig::{Answer, exchange, get, request};
use node::Released;
use press_rig::{ALL, HELD, Rig, done, draft, path_of, rig};

/// An answer without what differs by the second.
fn bare(answer: &Answer) -> (u16, Vec<String>, String) {
    let head = answer
        .head
        .lines()
        .filter(|line| !line.to_ascii_lowercase().starts_with("date:"));
    (answer.status, head.map(str::to_owned).collect(), answer.body.clone())
}

/// What readers send along to have an answer made for them.
const ALONG: [&[(&str, &str)]; 4] = [
    &[],
    &[
        ("accept-language", "ru"),
        ("accept-encoding", "gzip, br"),
        ("accept", "*/*"),
    ],
    &[
        ("range", "bytes=0-1"),
        ("if-none-match", "*"),
        ("if-modified-since", "Thu, 30 Dec 2021 20:35:00 GMT"),
    ],
    &[
        ("x-forwarded-host", "evil.example"),
        ("x-original-url", "/api/press"),
        ("cookie", "visavis-x=1"),
        ("origin", "https://evil.example"),
    ],
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_is_not_public_is_the_same_nothing() {
    let mut rig = rig().await;
    let (first, second) = (rig.calls[0].clone(), rig.calls[1].clone());
    let (one, two) = (&mut rig.one, &mut rig.two);
    // Written and waiting; approved and waiting; published and withdrawn; said of a call and taken off again.
    let write = format!("/api/press/calls/{first}/readouts");
    let mut ids = Vec::new();
    for title in ["Waiting", "Approved", "Withdrawn"] {
        let view = done(one, &write, &draft(0, title, None)).await;
        ids.push(
            view["readouts"].as_array().unwrap().last().unwrap()["id"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    let version = r#"{"version":1}"#;
    for id in &ids[1..] {
        done(two, &format!("/api/press/readouts/{id}/approve"), version).await;
    }
    done(two, &format!("/api/press/readouts/{}/publish", ids[2]), version).await;
    let readout = format!("/en/readout/{}", ids[2]);
    assert_eq!(get(rig.public, &readout).await.status, 200);
    done(one, &format!("/api/press/readouts/{}/withdraw", ids[2]), "{}").await;
    let held = format!(r#"{{"kind":"held","show":{ALL}}}"#);
    let view = done(one, &format!("/api/press/calls/{second}/notice"), &held).await;
    let notice = path_of(&view["notice"]["url"]);
    assert_eq!(get(rig.public, &notice).await.status, 200);
    done(one, &format!("/api/press/calls/{second}/hide"), "{}").await;

    let zero = "0".repeat(32);
    let mut paths = vec![notice.clone(), notice.replace("/en/", "/ru/")];
    for id in ids.iter().chain([&zero]) {
        paths.extend(["en", "ru", "ar"].map(|tag| format!("/{tag}/readout/{id}")));
        paths.push(format!("/en/call/{id}"));
        paths.push(format!("/en/readout/{id}/preview/en"));
    }
    paths.extend([
        format!("/en/call/{first}"),
        format!("/clip/{}.mp4", "0".repeat(64)),
        format!("/api/press/readouts/{}", ids[0]),
    ]);
    paths.extend(
        [
            "/api/press",
            "/api/me",
            "/api/openapi.json",
            "/api/ws",
            "/desk/desk-one",
            "/terminal/x",
            "/enrol",
            "/trust",
            "/livez",
            "/readyz",
            "/index.html",
            "/assets/index.js",
            "/fonts/ibm-plex-sans-none-400-normal.woff2",
            "/robots.txt",
            "/.well-known/security.txt",
        ]
        .map(str::to_owned),
    );
    let host = rig.public.to_string();
    for method in ["GET", "HEAD"] {
        let absent = bare(&exchange(rig.public, &request(method, "/en/never", &host, &[], b"")).await);
        assert_eq!(absent.0, 404);
        for path in &paths {
            for along in ALONG {
                let answer = exchange(rig.public, &request(method, path, &host, along, b"")).await;
                assert_eq!(bare(&answer), absent, "{method} {path} {along:?}");
            }
        }
    }
    let listed = get(rig.public, "/en/").await.body + &get(rig.public, "/en/feed.atom").await.body;
    for title in ["Waiting", "Approved", "Withdrawn", "Strategic", "Moscow"] {
        assert!(!listed.contains(title), "{title} in {listed}");
    }
    rig.node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_port_answers_two_methods_in_one_policy_and_knows_the_reader_by_nothing() {
    let rig = rig().await;
    let host = rig.public.to_string();
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        for path in ["/en/", "/en/readout/x", "/api/press"] {
            let answer = exchange(rig.public, &request(method, path, &host, &[], b"")).await;
            assert_eq!((answer.status, answer.body.as_str()), (405, ""), "{method} {path}");
        }
    }
    let page = get(rig.public, "/en/").await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none';") && !policy.contains("script"),
        "{policy}"
    );
    assert!(page.body.contains("No call is announced.") && page.header("set-cookie").is_none());
    let kept = [("if-none-match", page.header("etag").unwrap())];
    let again = exchange(rig.public, &request("GET", "/en/", &host, &kept, b"")).await;
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    let arabic = [("accept-language", "ar, en;q=0.3")];
    let home = exchange(rig.public, &request("GET", "/", &host, &arabic, b"")).await;
    assert_eq!((home.status, home.header("location")), (302, Some("/ar/")));
    // And the own port knows nothing of the public page's addresses.
    assert_eq!(get(rig.node.http, "/en/").await.status, 404);
    rig.node.stop().await;
}

fn released(call: &str, sha256: &press::Sha256Hex, path: &Path, poster: Option<&Path>) -> Released {
    Released {
        view: press::ClipView {
            call: call.to_owned(),
            sha256: sha256.clone(),
            file: "opening.mp4".to_owned(),
            bytes: 100_000,
            seconds: 151,
            poster: poster.is_some(),
            sides: vec!["Washington".to_owned(), "Moscow".to_owned()],
            signed_by: "Washington".to_owned(),
            released: HELD[0].1,
            embargo: None,
            corrects: false,
        },
        path: path.to_owned(),
        poster: poster.map(Path::to_owned),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_released_clip_is_served_whole_and_in_parts_and_nothing_beside_it() {
    let rig = rig().await;
    let bytes: Vec<u8> = (0..100_000_u32).map(|n| b'a' + u8::try_from(n % 26).unwrap()).collect();
    let path = rig.folder.path().join("clip.mp4");
    std::fs::write(&path, &bytes).unwrap();
    let sha256 = press::Sha256Hex::of([0xab; 32]);
    let (film, poster) = (
        format!("/clip/{}.mp4", sha256.as_str()),
        format!("/clip/{}.jpg", sha256.as_str()),
    );
    assert_eq!(get(rig.public, &film).await.status, 404);
    let clip = |path: &Path, poster: Option<&Path>| released(&rig.calls[0], &sha256, path, poster);
    rig.node.press.set_clips(vec![clip(&path, Some(&path))]);
    let whole = get(rig.public, &film).await;
    assert_eq!((whole.status, whole.body.as_bytes() == bytes), (200, true));
    assert_eq!(
        (whole.header("content-type"), whole.header("accept-ranges")),
        (Some("video/mp4"), Some("bytes"))
    );
    assert_eq!(
        get(rig.public, &poster).await.header("content-type"),
        Some("image/jpeg")
    );
    let host = rig.public.to_string();
    let part = async |range: &str| exchange(rig.public, &request("GET", &film, &host, &[("range", range)], b"")).await;
    let middle = part("bytes=1000-1999").await;
    assert_eq!(
        (middle.status, middle.header("content-range")),
        (206, Some("bytes 1000-1999/100000"))
    );
    assert_eq!(middle.body.as_bytes(), &bytes[1000..2000]);
    assert_eq!(part("bytes=-10").await.body.as_bytes(), &bytes[99_990..]);
    assert_eq!(part("bytes=100000-").await.status, 416);
    let head = exchange(rig.public, &request("HEAD", &film, &host, &[], b"")).await;
    assert_eq!(
        (head.status, head.header("content-length"), head.body.as_str()),
        (200, Some("100000"), "")
    );
    let page = get(rig.public, &format!("/ru/clip/{}", sha256.as_str())).await;
    assert!(page.body.contains(&film) && page.body.contains("2:31") && page.body.contains("<video"));
    assert!(get(rig.public, "/en/").await.body.contains(sha256.as_str()));

    // Listed without its file, recalled, or never there: one answer.
    let absent = bare(&get(rig.public, "/clip/x.mp4").await);
    rig.node
        .press
        .set_clips(vec![clip(&rig.folder.path().join("gone.mp4"), None)]);
    assert_eq!(bare(&get(rig.public, &film).await), absent);
    assert_eq!(bare(&get(rig.public, &poster).await), absent);
    rig.node.press.set_clips(Vec::new());
    assert_eq!(bare(&get(rig.public, &film).await), absent);
    let ranged = exchange(
        rig.public,
        &request("GET", &film, &host, &[("range", "bytes=0-1")], b""),
    )
    .await;
    assert_eq!(bare(&ranged), absent);
    rig.node.stop().await;
}

/// The paths under which something is public, after a notice and a readout.
async fn published(rig: &mut Rig) -> [String; 2] {
    let call = rig.calls[0].clone();
    let held = format!(r#"{{"kind":"held","show":{ALL}}}"#);
    let view = done(&mut rig.one, &format!("/api/press/calls/{call}/notice"), &held).await;
    let notice = path_of(&view["notice"]["url"]);
    let view = done(
        &mut rig.one,
        &format!("/api/press/calls/{call}/readouts"),
        &draft(0, "Title", None),
    )
    .await;
    let id = view["readouts"][0]["id"].as_str().unwrap().to_owned();
    for act in ["approve", "publish"] {
        done(
            &mut rig.two,
            &format!("/api/press/readouts/{id}/{act}"),
            r#"{"version":1}"#,
        )
        .await;
    }
    [notice, format!("/en/readout/{id}")]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_path_has_one_spelling() {
    let mut rig = rig().await;
    let host = rig.public.to_string();
    let absent = bare(&get(rig.public, "/en/never").await);
    for path in published(&mut rig).await {
        assert_eq!(get(rig.public, &path).await.status, 200);
        assert_eq!(get(rig.public, &format!("{path}?a=/../b")).await.status, 200);
        let id = path.rsplit('/').next().unwrap();
        let coded: String = id.bytes().map(|b| format!("%{b:02x}")).collect();
        for other in [
            format!("/{path}"),
            format!("{path}/"),
            format!("{path}/."),
            format!("{path}%00"),
            format!("{path};x"),
            format!("{path}%2f"),
            path.replace(id, &id.to_uppercase().replace(|c: char| c.is_ascii_digit(), "0")),
            path.replace(id, &coded),
            path.replace("/en/", "/en//"),
            path.replace("/en/", "/EN/"),
            path.replace("/en/", "/ru/../en/"),
            path.replace("/en/", "/%65n/"),
            path.replace("/en/", "/en\\"),
            "/fonts/..%2f..%2fvisavis.toml".to_owned(),
            "/fonts/../../../../etc/passwd".to_owned(),
            "/clip/../visavis.db".to_owned(),
            "/clip/%2e%2e%2fvisavis.db".to_owned(),
            format!("/{}", "a/".repeat(4_000)),
        ] {
            assert_eq!(bare(&get(rig.public, &other).await), absent, "{other}");
        }
    }
    // What is no request line at all has an answer without a body, or none.
    for line in [
        "GET /en/\r\nx /never",
        "GET  /en/",
        "GET \u{202e}/en/",
        "get /en/",
        "GET \\en\\",
        "GET /en/#a b",
    ] {
        let answer = exchange(
            rig.public,
            format!("{line} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").as_bytes(),
        )
        .await;
        assert!(matches!(answer.status, 400 | 404 | 405 | 0), "{line}: {answer:?}");
        assert!(!answer.body.contains("<header"), "{line}");
    }
    rig.node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_word_of_a_reader_comes_back() {
    let mut rig = rig().await;
    let [notice, readout] = published(&mut rig).await;
    let host = rig.public.to_string();
    let long = "ru,".repeat(4_000);
    let evil = [
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "javascript"),
        ("forwarded", "host=evil.example"),
        ("x-original-url", "/evil.example"),
        ("accept-language", "ru;q=1\u{1}evil.example"),
        ("user-agent", "evil.example"),
        ("referer", "https://evil.example/"),
    ];
    for path in ["/", "/en/", "/en/feed.atom", "/never?evil.example", &notice, &readout] {
        for (host, along) in [
            ("evil.example", &evil[..]),
            (host.as_str(), &evil[..2]),
            ("x", &[("accept-language", long.as_str())]),
        ] {
            let answer = exchange(rig.public, &request("GET", path, host, along, b"")).await;
            assert!(matches!(answer.status, 200 | 302 | 400 | 404), "{path}: {answer:?}");
            let whole = answer.head.clone() + &answer.body;
            assert!(
                !whole.contains("evil") && !whole.contains("javascript"),
                "{path}: {whole}"
            );
        }
    }
    let home = exchange(rig.public, &request("GET", "/", "evil.example", &evil[..2], b"")).await;
    assert_eq!(home.header("location"), Some("/en/"), "{home:?}");
    // A body that a GET brings is not waited for, and a head beyond its bounds is refused.
    let start = Instant::now();
    let promised = exchange(
        rig.public,
        format!("GET /en/ HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: 9999999\r\n\r\n{{")
            .as_bytes(),
    )
    .await;
    assert_eq!(promised.status, 200);
    assert!(start.elapsed() < Duration::from_secs(5));
    let large = "x".repeat(20 * 1024);
    assert_eq!(
        exchange(rig.public, &request("GET", "/en/", &host, &[("x-large", &large)], b""))
            .await
            .status,
        431
    );
    rig.node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_that_would_steer_a_page_are_refused_at_the_desk_or_shown_as_they_are() {
    let mut rig = rig().await;
    let call = rig.calls[0].clone();
    let write = format!("/api/press/calls/{call}/readouts");
    for (field, words) in [
        ("title", "a\u{202e}b"),
        ("words", "gpj\u{202d}.exe"),
        ("by", "\u{2067}a senior official"),
        ("paragraphs", "a\u{1b}[2J"),
        ("paragraphs", "a\r\nSet-Cookie: x=1"),
        ("title", "a\u{200f}"),
        ("by", "a\u{0}"),
        ("words", "a\u{fffe}"),
    ] {
        let mut body: serde_json::Value = serde_json::from_str(&draft(0, "Title", None)).unwrap();
        let text = &mut body["texts"]["en"];
        match field {
            "paragraphs" => text["paragraphs"][0] = words.into(),
            "title" => text["title"] = words.into(),
            other => text["quotes"][0][other] = words.into(),
        }
        assert_eq!(
            press_rig::refused(&mut rig.one, &write, &body.to_string()).await,
            "press_text",
            "{field} {words:?}"
        );
    }
    let evil = r#"</title></p><script>alert(1)</script><img src=x onerror=alert(1)> ]]>&amp;"#;
    let mut body: serde_json::Value = serde_json::from_str(&draft(0, evil, None)).unwrap();
    body["texts"]["en"]["quotes"][0] = serde_json::json!({ "words": evil, "by": evil });
    let view = done(&mut rig.one, &write, &body.to_string()).await;
    let id = view["readouts"][0]["id"].as_str().unwrap().to_owned();
    for act in ["approve", "publish"] {
        done(
            &mut rig.two,
            &format!("/api/press/readouts/{id}/{act}"),
            r#"{"version":1}"#,
        )
        .await;
    }
    for path in [
        "/en/",
        "/ar/feed.atom",
        "/en/feed.atom",
        &format!("/en/readout/{id}"),
        &format!("/ru/readout/{id}"),
    ] {
        let body = get(rig.public, path).await.body;
        for piece in ["<script", "<img", "</title></p>", "alert(1)>", "]]>"] {
            assert!(!body.contains(piece), "{piece} in {path}: {body}");
        }
    }
    rig.node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ranges_that_no_player_asks_for_cost_nothing() {
    let rig = rig().await;
    let path = rig.folder.path().join("clip.mp4");
    std::fs::write(&path, vec![b'a'; 100_000]).unwrap();
    let sha256 = press::Sha256Hex::of([0xab; 32]);
    let film = format!("/clip/{}.mp4", sha256.as_str());
    rig.node
        .press
        .set_clips(vec![released(&rig.calls[0], &sha256, &path, None)]);
    let host = rig.public.to_string();
    let many = format!("bytes={}", vec!["0-99999"; 1_000].join(","));
    for (range, status, bytes) in [
        ("bytes=0-", 206, 100_000),
        ("bytes=99999-", 206, 1),
        ("bytes=-1", 206, 1),
        ("bytes=0-0", 206, 1),
        ("bytes=0-18446744073709551615", 206, 100_000),
        ("bytes=0-1,5-6", 416, 0),
        (many.as_str(), 416, 0),
        ("bytes=100000-", 416, 0),
        ("bytes=5-1", 416, 0),
        ("bytes=-0", 416, 0),
        ("bytes=18446744073709551616-", 416, 0),
        ("bytes=a-b", 416, 0),
        ("lines=0-1", 416, 0),
    ] {
        let answer = exchange(rig.public, &request("GET", &film, &host, &[("range", range)], b"")).await;
        assert_eq!((answer.status, answer.body.len()), (status, bytes), "{:.60}", range);
        assert!(
            answer.header("last-modified").is_none(),
            "when the file was made is nobody's affair"
        );
    }
    let tag = format!("\"{}\"", sha256.as_str());
    let same = exchange(
        rig.public,
        &request("GET", &film, &host, &[("range", "bytes=0-1"), ("if-range", &tag)], b""),
    )
    .await;
    assert_eq!((same.status, same.header("etag")), (206, Some(tag.as_str())));
    let other = exchange(
        rig.public,
        &request(
            "GET",
            &film,
            &host,
            &[("range", "bytes=0-1"), ("if-range", "\"x\"")],
            b"",
        ),
    )
    .await;
    assert_eq!((other.status, other.body.len()), (200, 100_000));
    let held = exchange(
        rig.public,
        &request("GET", &film, &host, &[("if-none-match", &tag)], b""),
    )
    .await;
    assert_eq!((held.status, held.body.len()), (304, 0));
    rig.node.stop().await;
}
