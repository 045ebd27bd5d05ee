//! A whole node seen from its port: whom every route admits, and what ids tell.
#![allow(clippy::unwrap_used, missing_docs)]

mod http_rig;

use http_rig::{Client, JSON, exchange, get, request};
use node::Node;
use node::api::Role;
use node::config::{Clips, Config, Http, Link, Media, Ring, Seats, Tls};
use node::enrol::{self, NewSeat};

const ROLES: [Role; 6] = [
    Role::Principal,
    Role::Aide,
    Role::Interpreter,
    Role::Operator,
    Role::Press,
    Role::Recorder,
];

fn config() -> Config {
    let free = "127.0.0.1:0".parse().unwrap();
    Config {
        name: "Side A".to_owned(),
        place: "Paris".to_owned(),
        zone: "Europe/Paris".to_owned(),
        http: Http {
            listen: free,
            public: None,
            tls: Tls::Off,
        },
        media: Media {
            listen: free,
            addresses: Vec::new(),
        },
        link: Link {
            listen: free,
            addresses: Vec::new(),
        },
        ring: Ring::default(),
        seats: Seats::default(),
        clips: Clips::default(),
        press: None,
    }
}

async fn node_with_seats(folder: &std::path::Path) -> (Node, Vec<(Role, Client)>) {
    node::setup::init(folder, config(), &[]).unwrap();
    let node = Node::start(folder).await.unwrap();
    // The operator's command opens the same store beside the running node.
    let store = node::shell::open_store(folder).await.unwrap();
    let mut clients = Vec::new();
    for role in ROLES {
        let new = NewSeat {
            id: role.as_str().parse().unwrap(),
            name: "Name",
            role,
            place: "Room",
        };
        let now_ms = node::http::Clock::system().utc_ms();
        let link = enrol::issue(&store, &node.url, &new, now_ms, enrol::LINK_MS)
            .await
            .unwrap();
        let token = link.as_str().split_once('#').unwrap().1.to_owned();
        let mut client = Client::new(node.http, role.as_str());
        let side = client.enrol(&token).await.json()["side"]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(client.sign_in(&side).await.status, 200);
        clients.push((role, client));
    }
    store.close().await;
    (node, clients)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_of_a_node_admits_its_roles_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (node, mut clients) = node_with_seats(&folder.path().join("side")).await;
    assert_eq!(get(node.http, "/readyz").await.status, 200);
    let operator = &mut clients.iter_mut().find(|(role, _)| *role == Role::Operator).unwrap().1;
    let description = operator.ask("GET", "/api/openapi.json", "").await.json();
    let (mut routes, mut refusals) = (0, 0);
    for (path, operations) in description["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let method = method.to_uppercase();
            let real = path.replace("{id}", &"0".repeat(64));
            let real = real.replace("{sha256}", &"0".repeat(64)).replace("{file}", "0.mp4");
            let body = if method == "POST" { "{}" } else { "" };
            let bare = request(&method, &real, &node.http.to_string(), &[JSON], body.as_bytes());
            let status = exchange(node.http, &bare).await.status;
            let Some(roles) = operation.get("x-roles") else {
                assert!(
                    ["/api/enrol", "/api/signin", "/api/signin/challenge"].contains(&path.as_str()),
                    "{path} is open"
                );
                continue;
            };
            routes += 1;
            assert_eq!(status, 401, "{method} {path} without a proof");
            if path == "/api/signout" {
                continue;
            }
            let roles: Vec<Role> = serde_json::from_value(roles.clone()).unwrap();
            for (role, client) in &mut clients {
                let status = client.ask(&method, &real, body).await.status;
                assert_eq!(
                    status == 403,
                    !roles.contains(role),
                    "{method} {path} as {role}: {status}"
                );
                assert!(status < 500, "{method} {path} as {role}: {status}");
                refusals += u32::from(status == 403);
            }
        }
    }
    assert!(routes >= 18 && refusals > 50, "{routes} routes, {refusals} refusals");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_alone_check_seats_mute_them_and_begin() {
    let folder = tempfile::tempdir().unwrap();
    let (node, mut clients) = node_with_seats(&folder.path().join("side")).await;
    let nobody = "0".repeat(64);
    for (path, good, bad) in [
        ("check", r#"{"on":true}"#, r#"{"on":1}"#),
        (
            "check-seat",
            r#"{"seat":"principal"}"#,
            r#"{"seat":"principal","side":"far"}"#,
        ),
        ("preflight", "{}", r#"{"seats":[]}"#),
        ("begin", r#"{"anyway":true}"#, r#"{"anyway":null}"#),
        ("begin", "{}", r#"{"anyway":true,"now":1}"#),
        (
            "seat",
            r#"{"seat":"principal","do":"mute"}"#,
            r#"{"seat":"principal","do":"unmute"}"#,
        ),
        ("topic", r#"{"topic":null}"#, "{}"),
        ("topic", r#"{"topic":0}"#, r#"{"topic":-1}"#),
    ] {
        let path = format!("/api/calls/{nobody}/{path}");
        for (role, client) in &mut clients {
            let (of_good, of_bad) = if *role == Role::Operator {
                (404, 400)
            } else {
                (403, 403)
            };
            assert_eq!(
                client.ask("POST", &path, good).await.status,
                of_good,
                "{path} as {role}"
            );
            assert_eq!(
                client.ask("POST", &path, bad).await.status,
                of_bad,
                "{path} {bad} as {role}"
            );
        }
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_tell_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (node, mut clients) = node_with_seats(&folder.path().join("side")).await;
    let operator = &mut clients.iter_mut().find(|(role, _)| *role == Role::Operator).unwrap().1;
    let mut answers = Vec::new();
    for id in [
        "0".repeat(64),
        "f".repeat(64),
        "F".repeat(64),
        "0".repeat(63),
        "x".to_owned(),
        "%00".to_owned(),
        "a%2Fb".to_owned(),
    ] {
        for ending in ["", "/record"] {
            let answer = operator.ask("GET", &format!("/api/calls/{id}{ending}"), "").await;
            answers.push((answer.status, answer.body));
        }
        let answer = operator.ask("POST", &format!("/api/calls/{id}/end"), "{}").await;
        answers.push((answer.status, answer.body));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(answers[0], (404, r#"{"error":"not_found"}"#.to_owned()));
    node.stop().await;
}
