//! Who gets in, and who does not: enrolment, sign-in, proofs, roles.
#![allow(clippy::unwrap_used, missing_docs)]

mod http_rig;

use http_rig::{Client, JSON, Rig, exchange, get, post, request};
use node::api::Role;
use serde_json::json;

#[tokio::test]
async fn an_enrolment_link_works_once_and_in_time() {
    let rig = Rig::new().await;
    let token = rig.link("desk", Role::Operator).await;
    let client = Client::new(rig.address, "desk");

    let stranger = client.enrol(&"0".repeat(64)).await;
    assert_eq!((stranger.status, stranger.error().as_str()), (403, "enrol_unknown"));
    assert_eq!(client.enrol("").await.error(), "enrol_unknown");

    let mut unsigned = client.enrol_body(&token);
    unsigned["signature"] = json!("00".repeat(64));
    assert_eq!(
        post(rig.address, "/api/enrol", &unsigned).await.error(),
        "enrol_signature"
    );
    // The neutral element: a signature over anything "holds" for it where nobody looks.
    unsigned["key"] = json!(format!("01{}", "00".repeat(31)));
    unsigned["signature"] = json!(format!("01{}", "00".repeat(63)));
    assert_eq!(
        post(rig.address, "/api/enrol", &unsigned).await.error(),
        "enrol_signature"
    );

    let done = client.enrol(&token).await;
    assert_eq!(done.status, 200, "wrong tries cost nothing: {done:?}");
    assert_eq!(done.json()["side"]["key"], json!("cd".repeat(32)));
    assert_eq!(
        done.json()["seat"],
        json!({ "id": "desk", "name": "Name", "role": "operator", "place": "Room" })
    );
    assert_eq!(client.enrol(&token).await.error(), "enrol_used");
    assert_eq!(
        Client::new(rig.address, "desk").enrol(&token).await.error(),
        "enrol_used"
    );

    let late = rig.link("late", Role::Aide).await;
    rig.clock.advance(24 * 3_600_000);
    assert_eq!(
        Client::new(rig.address, "late").enrol(&late).await.error(),
        "enrol_late"
    );
}

#[tokio::test]
async fn a_new_link_ends_what_the_old_key_could_do() {
    let rig = Rig::new().await;
    let mut lost = rig.seat("desk", Role::Operator).await;
    assert_eq!(lost.ask("GET", "/api/me", "").await.status, 200);
    let token = rig.link("desk", Role::Operator).await;
    assert_eq!(
        lost.ask("GET", "/api/me", "").await.status,
        200,
        "until the link is used"
    );
    assert_eq!(Client::new(rig.address, "desk").enrol(&token).await.status, 200);
    assert_eq!(lost.ask("GET", "/api/me", "").await.status, 401);
    assert_eq!(lost.sign_in(&"ab".repeat(32)).await.error(), "signin_refused");
}

#[tokio::test]
async fn only_the_key_signs_in() {
    let rig = Rig::new().await;
    let mut desk = rig.seat("desk", Role::Operator).await;
    let side = "ab".repeat(32);

    let mut thief = Client::new(rig.address, "desk");
    assert_eq!(thief.sign_in(&side).await.error(), "signin_refused");
    let mut nobody = Client::new(rig.address, "nobody");
    let refused = nobody.sign_in(&side).await;
    assert_eq!(
        (refused.status, refused.error().as_str()),
        (403, "signin_refused"),
        "as for a seat that exists"
    );
    assert_eq!(nobody.challenge().await.len(), 64);
    assert_eq!(Client::new(rig.address, "../\u{1b}").challenge().await.len(), 64);

    // What another node had signed is worth nothing here, nor is a challenge twice, late, or another seat's.
    assert_eq!(desk.clone().sign_in(&"ac".repeat(32)).await.error(), "signin_refused");
    let challenge = desk.challenge().await;
    let body = desk.signin_body(&side, &challenge);
    assert_eq!(post(rig.address, "/api/signin", &body).await.status, 200);
    let again = post(rig.address, "/api/signin", &body).await;
    assert_eq!((again.status, again.error().as_str()), (400, "challenge_late"));
    let foreign = nobody.challenge().await;
    assert_eq!(
        post(rig.address, "/api/signin", &desk.signin_body(&side, &foreign))
            .await
            .error(),
        "challenge_late"
    );
    let old = desk.challenge().await;
    rig.clock.advance(61_000);
    assert_eq!(
        post(rig.address, "/api/signin", &desk.signin_body(&side, &old))
            .await
            .error(),
        "challenge_late"
    );
    assert_eq!(desk.sign_in(&side).await.status, 200);
}

#[tokio::test]
async fn the_cookie_is_named_by_node_and_seat_and_hidden_from_pages() {
    let rig = Rig::new().await;
    let mut desk = rig.seat("desk", Role::Operator).await;
    let answer = desk.sign_in(&"ab".repeat(32)).await;
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("visavis-abababab-desk="), "{cookie}");
    for word in ["HttpOnly", "SameSite=Strict", "Path=/api"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "plain HTTP on loopback");
}

#[tokio::test]
async fn a_copied_cookie_admits_nobody() {
    let rig = Rig::new().await;
    let mut desk = rig.seat("desk", Role::Operator).await;
    let aide = rig.seat("aide", Role::Aide).await;
    let host = rig.address.to_string();

    let bare = request(
        "GET",
        "/api/me",
        &host,
        &[("cookie", &desk.cookie), ("visavis-seat", "desk")],
        b"",
    );
    assert_eq!(exchange(rig.address, &bare).await.status, 401);
    // The thief knows cookie and session name, and signs with a key of his own; or with another enrolled seat's.
    for key in [Client::new(rig.address, "x").key, aide.key.clone()] {
        let thief = Client { key, ..desk.clone() };
        let proof = thief.proof(1, "GET", "/api/me", b"");
        assert_eq!(thief.with_proof(&proof, "GET", "/api/me", b"").await.status, 401);
    }
    // An own session does not speak for another seat.
    let mixed = Client {
        seat: "desk".to_owned(),
        ..aide.clone()
    };
    assert_eq!(
        mixed
            .with_proof(&mixed.proof(1, "GET", "/api/me", b""), "GET", "/api/me", b"")
            .await
            .status,
        401
    );
    let tossed = Client {
        cookie: format!("{}; {}", desk.cookie, desk.cookie),
        ..desk.clone()
    };
    assert_eq!(
        tossed
            .with_proof(&tossed.proof(1, "GET", "/api/me", b""), "GET", "/api/me", b"")
            .await
            .status,
        401
    );
    // None of it hurt the one whose session it is.
    assert_eq!(desk.ask("GET", "/api/me", "").await.status, 200);
}

#[tokio::test]
async fn a_proof_is_for_one_request() {
    let rig = Rig::new().await;
    let mut desk = rig.seat("desk", Role::Operator).await;
    let path = "/api/test/desk?a=b%20c";
    let body = br#"{"seat":"x"}"#;
    let proof = desk.proof(5, "POST", path, body);
    for (method, path, body) in [
        ("POST", "/api/test/desk?a=b%20d", &body[..]),
        ("POST", "/api/test/desk", body),
        ("POST", "/api/test/desk?a=b+c", body),
        ("POST", path, br#"{"seat":"y"}"#),
        ("POST", path, b""),
        ("GET", path, body),
    ] {
        let status = desk.with_proof(&proof, method, path, body).await.status;
        assert!(matches!(status, 401 | 405), "{method} {path}: {status}");
    }
    assert_eq!(desk.with_proof(&proof, "POST", path, body).await.status, 200);
    assert_eq!(
        desk.with_proof(&proof, "POST", path, body).await.status,
        401,
        "replayed"
    );
    // Requests in flight may overtake each other, within the window.
    for (counter, status) in [(70, 200), (7, 200), (7, 401), (6, 401), (69, 200), (71, 200), (70, 401)] {
        let proof = desk.proof(counter, "GET", "/api/me", b"");
        assert_eq!(
            desk.with_proof(&proof, "GET", "/api/me", b"").await.status,
            status,
            "{counter}"
        );
    }
    desk.counter = 100;
    assert_eq!(desk.ask("GET", "/api/me", "").await.status, 200);
}

#[tokio::test]
async fn proofs_of_other_shapes_are_refused() {
    let rig = Rig::new().await;
    let mut desk = rig.seat("desk", Role::Operator).await;
    let good = desk.proof(1, "GET", "/api/me", b"");
    let signature = good.split_once('.').unwrap().1;
    for proof in [
        String::new(),
        "1".to_owned(),
        "1.".to_owned(),
        format!("01.{signature}"),
        format!("+1.{signature}"),
        format!(" 1 .{signature}"),
        format!("1.{}", signature.to_uppercase()),
        format!("1.{signature}00"),
        format!("0.{signature}"),
        format!("18446744073709551617.{signature}"),
        format!("9007199254740993.{signature}"),
        format!("1.{}", "00".repeat(64)),
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJkZXNrIn0.".to_owned(),
    ] {
        assert_eq!(
            desk.with_proof(&proof, "GET", "/api/me", b"").await.status,
            401,
            "{proof}"
        );
    }
    let host = rig.address.to_string();
    let twice = [
        ("cookie", desk.cookie.as_str()),
        ("visavis-seat", "desk"),
        ("visavis-proof", &good),
        ("visavis-proof", &good),
    ];
    assert_eq!(
        exchange(rig.address, &request("GET", "/api/me", &host, &twice, b""))
            .await
            .status,
        401
    );
    assert_eq!(desk.ask("GET", "/api/me", "").await.status, 200);
}

#[tokio::test]
async fn every_route_says_whom_it_admits_and_means_it() {
    let rig = Rig::new().await;
    let all = [
        Role::Principal,
        Role::Aide,
        Role::Interpreter,
        Role::Operator,
        Role::Press,
        Role::Recorder,
    ];
    let mut clients = Vec::new();
    for role in all {
        clients.push((role, rig.seat(role.as_str(), role).await));
    }
    let open: Vec<_> = rig
        .listed
        .iter()
        .filter(|listed| listed.roles.is_none())
        .map(|listed| listed.path)
        .collect();
    assert_eq!(
        open,
        ["/api/enrol", "/api/signin/challenge", "/api/signin"],
        "before sign-in, and nothing else"
    );
    let mut refused = 0;
    for listed in rig.listed.iter().filter(|listed| listed.path != "/api/signout") {
        let Some(roles) = listed.roles else { continue };
        let path = listed.path.replace("{id}", &"0".repeat(64));
        let body = if listed.method == "POST" { "{}" } else { "" };
        let bare = request(
            listed.method.as_str(),
            &path,
            &rig.address.to_string(),
            &[JSON],
            body.as_bytes(),
        );
        assert_eq!(exchange(rig.address, &bare).await.status, 401, "{path} without a proof");
        for (role, client) in &mut clients {
            let status = client.ask(listed.method.as_str(), &path, body).await.status;
            assert_eq!(status == 403, !roles.contains(role), "{path} as {role}: {status}");
            refused += usize::from(status == 403);
        }
    }
    assert!(refused > 15, "the table is not empty");
}

#[tokio::test]
async fn the_session_says_who_acts_not_the_body() {
    let rig = Rig::new().await;
    let mut desk = rig.seat("desk", Role::Operator).await;
    let answer = desk.ask("POST", "/api/test/desk", r#"{"seat":"principal"}"#).await;
    assert_eq!(answer.json(), json!({ "acts": "desk", "said": "principal" }));
    let seats = desk.ask("GET", "/api/seats", "").await;
    assert_eq!(
        seats.json(),
        json!([{ "id": "desk", "name": "Name", "role": "operator", "place": "Room" }])
    );
    assert_eq!(desk.ask("POST", "/api/signout", "{}").await.status, 200);
    assert_eq!(desk.ask("GET", "/api/me", "").await.status, 401);
}

#[tokio::test]
async fn clocks_that_disagree_do_not_matter() {
    let rig = Rig::new().await;
    let mut desk = rig.seat("desk", Role::Operator).await;
    // The node's clock jumps an hour ahead of the browser's; the browser's own never enters anything.
    rig.clock.advance(3_600_000);
    let answer = desk.ask("GET", "/api/me", "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json()["now"],
        json!("2021-12-30T21:35:00Z"),
        "so that the browser can show the difference"
    );
    assert_eq!(desk.sign_in(&"ab".repeat(32)).await.status, 200);
    rig.clock.advance(12 * 3_600_000);
    assert_eq!(desk.ask("GET", "/api/me", "").await.status, 401, "idle for too long");
}

#[tokio::test]
async fn tries_are_counted_before_anything_is_proven() {
    let mut limits = http_rig::short_limits();
    limits.pace = node::http::Pace {
        burst: 5,
        per_second: 1,
    };
    let rig = Rig::with(http_rig::Options {
        limits: Some(limits),
        ..Default::default()
    })
    .await;
    let mut statuses = Vec::new();
    for _ in 0..8 {
        statuses.push(
            post(rig.address, "/api/signin/challenge", &json!({ "seat": "desk" }))
                .await
                .status,
        );
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429, 429, 429]);
    assert_eq!(
        get(rig.address, "/livez").await.status,
        200,
        "what costs nothing is not counted"
    );
    rig.clock.advance(1_000);
    assert_eq!(
        post(rig.address, "/api/signin/challenge", &json!({ "seat": "desk" }))
            .await
            .status,
        200
    );
}
