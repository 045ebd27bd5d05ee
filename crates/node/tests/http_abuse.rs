//! What strangers send to the port: sizes, shapes, slowness, foreign hosts and origins, text that would steer a terminal.
#![allow(clippy::unwrap_used, missing_docs)]

mod http_rig;

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http_rig::{JSON, Options, PATIENCE, Rig, exchange, exchange_over, get, post, request};
use node::api::Role;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_huge_head_is_refused_with_431() {
    let rig = Rig::new().await;
    let host = rig.address.to_string();
    let large = "x".repeat(20 * 1024);
    assert_eq!(
        exchange(rig.address, &request("GET", "/", &host, &[("x-large", &large)], b""))
            .await
            .status,
        431
    );
    let many: Vec<(String, String)> = (0..80).map(|n| (format!("x-{n}"), "1".to_owned())).collect();
    let many: Vec<(&str, &str)> = many
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        exchange(rig.address, &request("GET", "/", &host, &many, b""))
            .await
            .status,
        431
    );
    let endless = [&b"GET / HTTP/1.1\r\nx: "[..], &vec![b'a'; 4 << 20]].concat();
    let start = Instant::now();
    let refused = exchange(rig.address, &endless).await;
    // The reset that follows may overtake the answer; what counts is that the connection ends at once.
    assert!(matches!(refused.status, 431 | 0), "{refused:?}");
    assert!(start.elapsed() < Duration::from_secs(5));
    let path = format!("/{}", "a".repeat(20 * 1024));
    assert!(matches!(get(rig.address, &path).await.status, 414 | 431));
    assert_eq!(get(rig.address, "/livez").await.status, 200);
}

#[tokio::test]
async fn a_large_body_is_refused_with_413() {
    let rig = Rig::new().await;
    let host = rig.address.to_string();
    let body = format!(r#"{{"seat":"{}"}}"#, "a".repeat(64 * 1024));
    let declared = request("POST", "/api/signin/challenge", &host, &[JSON], body.as_bytes());
    assert_eq!(exchange(rig.address, &declared).await.status, 413);
    let mut chunked =
        format!("POST /api/signin/challenge HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
            .into_bytes();
    for _ in 0..80 {
        chunked.extend_from_slice(format!("400\r\n{}\r\n", "a".repeat(0x400)).as_bytes());
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    assert_eq!(exchange(rig.address, &chunked).await.status, 413);
    let mut desk = rig.seat("desk", Role::Operator).await;
    assert_eq!(desk.ask("POST", "/api/test/desk", &body).await.status, 413);
    let fits = format!(r#"{{"seat":"{}"}}"#, "a".repeat(60 * 1024));
    assert_eq!(desk.ask("POST", "/api/test/desk", &fits).await.status, 200);
}

#[tokio::test]
async fn bodies_that_are_not_exactly_the_json_asked_for_are_refused() {
    let rig = Rig::new().await;
    let host = rig.address.to_string();
    let mut desk = rig.seat("desk", Role::Operator).await;
    for body in [
        r#"{"seat":"a","seat":"a"}"#,
        r#"{"seat":"a","role":"operator"}"#,
        r#"{"seat":null}"#,
        r#"{"seat":"a"}{}"#,
        "[]",
        "",
        "\u{0}",
        r#"{"seat":"\ud800"}"#,
    ] {
        let answer = desk.ask("POST", "/api/test/desk", body).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "malformed"), "{body}");
        let open = request("POST", "/api/signin/challenge", &host, &[JSON], body.as_bytes());
        assert_eq!(exchange(rig.address, &open).await.status, 400, "{body}");
    }
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-16",
        "application/jsonx",
    ] {
        let open = request(
            "POST",
            "/api/signin/challenge",
            &host,
            &[("content-type", kind)],
            br#"{"seat":"a"}"#,
        );
        let answer = exchange(rig.address, &open).await;
        assert_eq!((answer.status, answer.error().as_str()), (415, "media_type"), "{kind}");
    }
    let none = request("POST", "/api/signin/challenge", &host, &[], br#"{"seat":"a"}"#);
    assert_eq!(exchange(rig.address, &none).await.status, 415);
}

#[tokio::test]
async fn every_answer_carries_the_policy() {
    let rig = Rig::new().await;
    let host = rig.address.to_string();
    let mut desk = rig.seat("desk", Role::Operator).await;
    let wrong_host = exchange(rig.address, &request("GET", "/", "a\u{ff}", &[], b"")).await;
    assert!(matches!(wrong_host.status, 400 | 421));
    for (answer, status) in [
        (get(rig.address, "/").await, 200),
        (get(rig.address, "/trust").await, 200),
        (get(rig.address, "/desk/desk").await, 200),
        (get(rig.address, "/terminal/no-such-seat").await, 200),
        (get(rig.address, "/enrol").await, 200),
        (get(rig.address, "/pages.css").await, 200),
        (get(rig.address, "/livez").await, 200),
        (get(rig.address, "/readyz").await, 503),
        (get(rig.address, "/trust/ca.pem").await, 404),
        (get(rig.address, "/no/such").await, 404),
        (get(rig.address, "/index.html").await, 404),
        (get(rig.address, "/assets/none.js").await, 404),
        (get(rig.address, "/%2e%2e/%2e%2e/etc/passwd").await, 404),
        (get(rig.address, "/assets/..%2fCargo.toml").await, 404),
        (get(rig.address, "/api/none").await, 404),
        (get(rig.address, "/api/me").await, 401),
        (get(rig.address, "/api/signin").await, 405),
        (post(rig.address, "/", &json!({})).await, 405),
        (post(rig.address, "/api/signin", &json!({})).await, 400),
        (desk.ask("GET", "/api/test/terminal/x", "").await, 403),
        (desk.ask("GET", "/api/me", "").await, 200),
    ] {
        assert_eq!(answer.status, status, "{answer:?}");
        let policy = answer
            .header("content-security-policy")
            .unwrap_or_else(|| panic!("{answer:?}"));
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'") && policy.contains("frame-ancestors 'none'")
        );
        assert!(!policy.contains("unsafe") && !policy.contains('*'));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert!(answer.header("cache-control").is_some() && answer.header("permissions-policy").is_some());
        assert!(answer.header("server").is_none() && answer.header("access-control-allow-origin").is_none());
    }
    let me = desk.ask("GET", "/api/me", "").await;
    assert_eq!(me.header("cache-control"), Some("no-store"));
    // What hyper says by itself has no body that a browser could run.
    let garbage = exchange(rig.address, format!("NONSENSE\r\nhost: {host}\r\n\r\n").as_bytes()).await;
    assert_eq!((garbage.status, garbage.body.as_str()), (400, ""));
}

#[tokio::test]
async fn pages_speak_the_language_asked_for_and_escape_names() {
    let rig = Rig::new().await;
    rig.gate.set_ready(true);
    rig.clock.advance(2_000);
    let page = get(rig.address, "/").await;
    assert!(page.body.contains("Side &lt;b&gt;A&lt;/b&gt;") && !page.body.contains("<b>A"));
    assert!(
        page.body.contains("23:35 MSK") && page.body.contains("The node is at work."),
        "{}",
        page.body
    );
    assert!(!page.body.contains("<script") && !page.body.contains("style=") && !page.body.contains("http:"));
    let russian = request(
        "GET",
        "/trust",
        &rig.address.to_string(),
        &[("accept-language", "ru-RU,ru;q=0.9,en;q=0.1")],
        b"",
    );
    let page = exchange(rig.address, &russian).await;
    assert!(page.body.contains("lang=\"ru\"") && page.body.contains("Доверие к этому узлу"));
    assert_eq!(page.header("vary"), Some("Accept-Language"));
    let arabic = request(
        "GET",
        "/",
        &rig.address.to_string(),
        &[("accept-language", "ar-EG,ar;q=0.9,en;q=0.1")],
        b"",
    );
    let page = exchange(rig.address, &arabic).await;
    assert!(page.body.contains("<html lang=\"ar\" dir=\"rtl\">") && page.body.contains("العقدة تعمل."));
    assert_eq!(get(rig.address, "/readyz").await.status, 200);
    rig.store.close().await;
    rig.clock.advance(2_000);
    assert_eq!(
        get(rig.address, "/readyz").await.status,
        503,
        "a node without its store is not ready"
    );
    assert_eq!(get(rig.address, "/livez").await.status, 200);
}

#[tokio::test]
async fn the_description_lists_what_is_there() {
    let rig = Rig::new().await;
    let mut desk = rig.seat("desk", Role::Operator).await;
    let description = desk.ask("GET", "/api/openapi.json", "").await.json();
    for listed in &rig.listed {
        let operation = &description["paths"][listed.path][listed.method.as_str().to_lowercase()];
        assert_eq!(operation["summary"], json!(listed.summary), "{}", listed.path);
        assert_eq!(operation.get("x-roles").is_some(), listed.roles.is_some());
    }
    let text = description.to_string();
    for part in text.split("\"#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(
            description["components"]["schemas"].get(name).is_some(),
            "{name} is referred to and not described"
        );
    }
    assert!(description["components"]["schemas"].get("CallView").is_some());
}

#[tokio::test]
async fn garbage_ends_its_own_connection_alone() {
    for authority in [false, true] {
        let rig = Rig::with(Options {
            authority,
            ..Options::default()
        })
        .await;
        let bystander = TcpStream::connect(rig.address).await.unwrap();
        for garbage in [
            b"\x00\x01\x02\x03\xff\xfe\r\n\r\n".to_vec(),
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(),
            b"\x16\x03\x01\xff\xff\x01\0\0\0".to_vec(),
            b"\x16\x03\x01\0\x05\x01\0\0\x01\x03".to_vec(),
            b"GET / HTTP/9.9\r\n\r\n".to_vec(),
            b"POST /api/enrol HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n".to_vec(),
            b"POST /api/enrol HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n".to_vec(),
            vec![b'A'; 400_000],
            vec![0; 400_000],
        ] {
            let stream = TcpStream::connect(rig.address).await.unwrap();
            assert!(exchange_over(stream, &garbage).await.is_some(), "left open: {:?}", &garbage[..9]);
        }
        if !authority {
            assert_eq!(get(rig.address, "/livez").await.status, 200);
        }
        drop(bystander);
    }
}

#[tokio::test]
async fn the_slow_are_sent_away_in_time() {
    let rig = Rig::new().await;
    let host = rig.address.to_string();
    let within = |start: Instant| assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    // Nothing at all; a head that never ends, fed byte by byte; a body that never comes.
    let start = Instant::now();
    assert!(
        exchange_over(TcpStream::connect(rig.address).await.unwrap(), b"")
            .await
            .is_some()
    );
    within(start);

    let start = Instant::now();
    let mut drip = TcpStream::connect(rig.address).await.unwrap();
    drip.write_all(format!("GET / HTTP/1.1\r\nhost: {host}\r\n").as_bytes())
        .await
        .unwrap();
    let mut fed = 0;
    while drip.write_all(b"x: y\r\n").await.is_ok() && start.elapsed() < PATIENCE {
        fed += 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    within(start);
    assert!(fed > 2, "it was not the first byte that was refused");

    let start = Instant::now();
    let promised = format!(
        "POST /api/enrol HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{{"
    );
    assert_eq!(exchange(rig.address, promised.as_bytes()).await.status, 408);
    within(start);

    // A connection that asked once and then falls silent.
    let start = Instant::now();
    let asked = exchange(
        rig.address,
        format!("GET /livez HTTP/1.1\r\nhost: {host}\r\n\r\n").as_bytes(),
    )
    .await;
    assert_eq!(asked.status, 200);
    within(start);
    assert_eq!(get(rig.address, "/livez").await.status, 200);
}

#[tokio::test]
async fn one_that_takes_nothing_is_cut_off() {
    let mut limits = http_rig::short_limits();
    limits.stalled = Duration::from_millis(500);
    let rig = Rig::with(Options {
        limits: Some(limits),
        ..Options::default()
    })
    .await;
    let mut stream = TcpStream::connect(rig.address).await.unwrap();
    // Pipelined requests whose answers are never read fill both buffers.
    let one = format!("GET /trust HTTP/1.1\r\nhost: {}\r\n\r\n", rig.address);
    let many = one.repeat(200);
    let start = Instant::now();
    let cut = async { while stream.write_all(many.as_bytes()).await.is_ok() {} };
    assert!(tokio::time::timeout(PATIENCE, cut).await.is_ok(), "served for ever");
    assert!(start.elapsed() >= Duration::from_millis(400));
}

#[tokio::test]
async fn connections_are_counted() {
    let mut limits = http_rig::short_limits();
    (limits.connections, limits.connections_per_address) = (8, 4);
    limits.head = Duration::from_secs(10);
    let rig = Rig::with(Options {
        limits: Some(limits),
        ..Options::default()
    })
    .await;
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(TcpStream::connect(rig.address).await.unwrap());
    }
    // The accepting task takes them in order: once the fifth is closed, the four before it are counted.
    let mut fifth = TcpStream::connect(rig.address).await.unwrap();
    let closed = tokio::time::timeout(PATIENCE, fifth.read(&mut [0; 1])).await.unwrap();
    assert!(matches!(closed, Ok(0) | Err(_)));
    drop(held);
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(heard) = exchange_over(
            TcpStream::connect(rig.address).await.unwrap(),
            &request("GET", "/livez", &rig.address.to_string(), &[], b""),
        )
        .await
            && !heard.is_empty()
        {
            return;
        }
    }
    panic!("places were not given back");
}

#[tokio::test]
async fn other_hosts_are_turned_away() {
    let rig = Rig::with(Options {
        hosts: vec!["127.0.0.1".to_owned(), "localhost".to_owned()],
        ..Options::default()
    })
    .await;
    for (host, status) in [
        ("127.0.0.1:1", 200),
        ("LOCALHOST", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example:80", 421),
        ("", 421),
    ] {
        let answer = exchange(rig.address, &request("GET", "/livez", host, &[], b"")).await;
        assert_eq!(answer.status, status, "{host}");
        assert!(answer.header("content-security-policy").is_some());
    }
}

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn names_cannot_steer_a_log() {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let rig = Rig::new().await;
    let name = "Desk\u{1b}[2J\nERROR forged\u{202e}";
    let token = rig.link("desk", Role::Operator).await;
    rig.store
        .put_seat(&"desk".parse().unwrap(), name, "operator", "Room", 0)
        .await
        .unwrap();
    assert_eq!(
        http_rig::Client::new(rig.address, "desk").enrol(&token).await.status,
        200
    );
    let mut stranger = http_rig::Client::new(rig.address, "x\u{1b}[31m\r\nINFO all is well");
    assert_eq!(stranger.sign_in(&"ab".repeat(32)).await.status, 403);
    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("a seat was enrolled") && log.contains("a sign-in was refused"),
        "{log}"
    );
    assert!(log.contains(r"\u{1b}[2J\u{a}ERROR forged\u{202e}"), "{log}");
    assert!(
        !log.contains('\u{1b}') && !log.contains('\u{202e}') && !log.contains('\r'),
        "{log:?}"
    );
    assert_eq!(log.lines().count(), 2, "{log}");
}
