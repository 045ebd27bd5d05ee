//! The public page of a whole node: what its desk writes and when it is public.
#![allow(clippy::unwrap_used, missing_docs)]

mod http_rig;
mod press_rig;

use std::path::Path;
use std::time::Duration;

use http_rig::get;
use node::config::{Config, Press, Tls};
use node::{Node, StartError};
use press_rig::{ALL, NONE, Rig, done, draft, path_of, refused, rig};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_readout_is_public_when_a_second_person_approved_it_and_somebody_published_it() {
    let mut rig = rig().await;
    let call = format!("/api/press/calls/{}", rig.calls[1]);
    let view = done(
        &mut rig.one,
        &format!("{call}/readouts"),
        &draft(0, "Readout & more", None),
    )
    .await;
    let readout = view["readouts"][0].clone();
    let id = readout["id"].as_str().unwrap().to_owned();
    let (page, api) = (format!("/en/readout/{id}"), format!("/api/press/readouts/{id}"));
    assert_eq!(readout["url"], Value::Null);
    assert!(!readout["may"].as_array().unwrap().contains(&json!("approve")));
    assert_eq!(readout["versions"][0]["facts"]["ended"], "2021-12-30T21:25:00Z");
    assert_eq!(get(rig.public, &page).await.status, 404);

    let version = r#"{"version":1}"#;
    assert_eq!(
        refused(&mut rig.one, &format!("{api}/approve"), version).await,
        "press_own_draft"
    );
    assert_eq!(
        refused(&mut rig.two, &format!("{api}/publish"), version).await,
        "press_unapproved"
    );
    assert_eq!(
        refused(&mut rig.two, &format!("{api}/approve"), r#"{"version":2}"#).await,
        "press_newer"
    );
    let preview = rig.two.ask("GET", &format!("{api}/preview/ru"), "").await.json();
    assert!(
        preview["html"].as_str().unwrap().contains("Readout &#38; more"),
        "{preview}"
    );
    done(&mut rig.two, &format!("{api}/approve"), version).await;
    assert_eq!(get(rig.public, &page).await.status, 404, "approved is not published");
    let view = done(&mut rig.one, &format!("{api}/publish"), version).await;
    assert_eq!(path_of(&view["readouts"][0]["url"]), page);
    let shown = get(rig.public, &page).await;
    assert_eq!(shown.status, 200);
    for words in [
        "Readout &#38; more",
        "They spoke &#60;b&#62;well&#60;/b&#62;.",
        "Friday 31 December 2021",
        "50 minutes",
    ] {
        assert!(shown.body.contains(words), "{words}: {}", shown.body);
    }
    assert!(
        !shown.body.contains("of a seat"),
        "who wrote it is the side's own affair"
    );

    // A correction: what stood there before stays to be read, and the page says what changed.
    assert_eq!(
        refused(&mut rig.two, &format!("{api}/draft"), &draft(1, "Second", None)).await,
        "press_note"
    );
    assert_eq!(
        refused(&mut rig.two, &format!("{api}/draft"), &draft(0, "Second", Some("x"))).await,
        "press_newer"
    );
    done(
        &mut rig.two,
        &format!("{api}/draft"),
        &draft(1, "Second", Some("The title.")),
    )
    .await;
    assert!(
        get(rig.public, &page)
            .await
            .body
            .contains("<h1 lang=\"en\" dir=\"ltr\">Readout")
    );
    done(&mut rig.one, &format!("{api}/approve"), r#"{"version":2}"#).await;
    let view = done(&mut rig.one, &format!("{api}/publish"), r#"{"version":2}"#).await;
    let corrected = get(rig.public, &page).await.body;
    assert!(corrected.contains("<h1 lang=\"en\" dir=\"ltr\">Second") && corrected.contains("The title."));
    assert!(
        corrected.contains("Readout &#38; more"),
        "the first version is in the history"
    );
    let versions = view["readouts"][0]["versions"].as_array().unwrap();
    assert_eq!(versions.len(), 2);
    assert_eq!(versions[0]["approved"]["seat"], "desk-two");
    assert_eq!(versions[1]["approved"]["seat"], "desk-one");

    done(&mut rig.one, &format!("{api}/withdraw"), "{}").await;
    assert_eq!(
        refused(&mut rig.two, &format!("{api}/publish"), r#"{"version":2}"#).await,
        "press_withdrawn"
    );
    assert_eq!(get(rig.public, &page).await.status, 404);
    rig.node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_calls_stand_on_the_page_with_the_times_of_both_capitals() {
    let mut rig = rig().await;
    let mut pages = Vec::new();
    for call in &rig.calls[..2] {
        let body = format!(r#"{{"kind":"held","show":{ALL}}}"#);
        let view = done(&mut rig.one, &format!("/api/press/calls/{call}/notice"), &body).await;
        assert_eq!(view["notice"]["stale"], false);
        pages.push(path_of(&view["notice"]["url"]));
    }
    for (page, words) in [
        (
            &pages[0],
            [
                "10:07\u{a0}a.m.",
                "12:08\u{a0}p.m.",
                "6:07\u{a0}p.m.",
                "8:08\u{a0}p.m.",
                "121 minutes",
            ],
        ),
        (
            &pages[1],
            [
                "3:35\u{a0}p.m.",
                "4:25\u{a0}p.m.",
                "11:35\u{a0}p.m.",
                "12:25\u{a0}a.m.",
                "Friday 31 December 2021",
            ],
        ),
    ] {
        let html = get(rig.public, page).await.body;
        for word in words {
            assert!(html.contains(word), "{page}: {word} in {html}");
        }
        assert!(html.contains("Strategic &#60;b&#62;stability") && html.contains("Moscow"));
    }
    let russian = get(rig.public, &pages[1].replace("/en/", "/ru/")).await;
    assert!(russian.body.contains("пятница, 31 декабря 2021 г.") && russian.body.contains("00:25"));
    assert_eq!(russian.header("content-language"), Some("ru"));

    // A side that tells the day alone tells neither the hours nor who asked.
    let quiet = format!(r#"{{"kind":"held","show":{NONE}}}"#);
    done(
        &mut rig.two,
        &format!("/api/press/calls/{}/notice", rig.calls[1]),
        &quiet,
    )
    .await;
    let html = get(rig.public, &pages[1]).await.body;
    // When it was published is told of any notice, and is today's time of day.
    let (before, rest) = html.split_once(r#"<p class="soft stamp">"#).unwrap();
    let told = before.to_owned() + rest.split_once("</p>").unwrap().1;
    assert!(told.contains("Thursday 30 December 2021"), "{told}");
    for hidden in ["a.m.", "p.m.", "Strategic"] {
        assert!(!told.contains(hidden), "{hidden} in {told}");
    }
    let feed = get(rig.public, "/en/feed.atom").await;
    assert_eq!(feed.header("content-type"), Some("application/atom+xml; charset=utf-8"));
    assert!(feed.body.contains(&pages[0]) && !feed.body.contains(&rig.calls[0]));

    done(&mut rig.one, &format!("/api/press/calls/{}/hide", rig.calls[1]), "{}").await;
    assert_eq!(get(rig.public, &pages[1]).await.status, 404);
    assert_eq!(
        refused(&mut rig.one, &format!("/api/press/calls/{}/hide", rig.calls[1]), "{}").await,
        "press_nothing"
    );
    rig.node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_announced_as_far_as_its_terms_allow() {
    let mut rig = rig().await;
    let path = |call: &str| format!("/api/press/calls/{call}/notice");
    let announce = |show: &str| format!(r#"{{"kind":"announced","show":{show}}}"#);
    let (open, closed, over) = (rig.calls[2].clone(), rig.calls[3].clone(), rig.calls[0].clone());
    assert_eq!(
        refused(&mut rig.one, &path(&closed), &announce(NONE)).await,
        "press_terms"
    );
    assert_eq!(
        refused(&mut rig.one, &path(&over), &announce(NONE)).await,
        "press_phase"
    );
    let held = format!(r#"{{"kind":"held","show":{ALL}}}"#);
    assert_eq!(refused(&mut rig.one, &path(&open), &held).await, "press_phase");
    let view = done(&mut rig.one, &path(&open), &announce(ALL)).await;
    assert_eq!(
        (&view["announce"], &view["may"]),
        (&json!("topics"), &json!(["announced"]))
    );
    let page = get(rig.public, &path_of(&view["notice"]["url"])).await;
    assert!(
        page.body.contains("Announced for") && page.body.contains("Strategic"),
        "{}",
        page.body
    );
    let overview = rig.two.ask("GET", "/api/press", "").await.json();
    assert_eq!(
        overview["calls"],
        json!([{ "call": open, "notice": "announced", "drafts": 0, "approved": 0, "published": 0 }])
    );
    // A readout may be prepared; it is not approved before the end.
    let view = done(
        &mut rig.one,
        &format!("/api/press/calls/{open}/readouts"),
        &draft(0, "Early", None),
    )
    .await;
    let id = view["readouts"][0]["id"].as_str().unwrap();
    let approve = format!("/api/press/readouts/{id}/approve");
    assert_eq!(
        refused(&mut rig.two, &approve, r#"{"version":1}"#).await,
        "press_not_over"
    );
    rig.node.stop().await;
}

/// A node that stopped in this process gives its UDP ports back a moment later, when the last who held them is gone.
async fn start_again(dir: &Path) -> Node {
    let wait = async {
        loop {
            match Node::start(dir).await {
                Ok(node) => return node,
                Err(StartError::Link { .. } | StartError::Media(_)) => {
                    tokio::time::sleep(Duration::from_millis(20)).await
                }
                Err(error) => panic!("{error}"),
            }
        }
    };
    let node = tokio::time::timeout(Duration::from_secs(30), wait).await;
    node.expect("the ports are free again")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_published_is_there_after_a_start_and_nothing_is_where_no_page_is_wanted() {
    let mut rig = rig().await;
    let call = rig.calls[1].clone();
    let body = format!(r#"{{"kind":"held","show":{ALL}}}"#);
    let view = done(&mut rig.one, &format!("/api/press/calls/{call}/notice"), &body).await;
    let page = path_of(&view["notice"]["url"]);
    let before = get(rig.public, &page).await;
    let Rig { node, folder, .. } = rig;
    node.stop().await;
    let dir = folder.path().join("side");
    let node = start_again(&dir).await;
    let public = node.press_url.clone().unwrap().replace("http://", "").parse().unwrap();
    assert_eq!(get(public, &page).await.body, before.body);
    node.stop().await;

    let mut config = Config::load(&dir).unwrap();
    config.press = None;
    config.save(&dir).unwrap();
    let node = start_again(&dir).await;
    assert_eq!(node.press_url, None);
    assert!(tokio::net::TcpStream::connect(public).await.is_err());
    node.stop().await;
    config.press = Some(Press {
        listen: "0.0.0.0:0".parse().unwrap(),
        public: None,
        tls: Tls::Off,
    });
    assert!(config.save(&dir).is_err(), "in clear on loopback alone");
}
