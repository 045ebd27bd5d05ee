//! Clips as both nodes' statements make them: released, consented to, taken back, corrected, cut off; what is there after
//! a start. The clips are made by hand, and so is what the recorder tells of its files.

use std::path::PathBuf;

use api::{ClipDone, ClipState, ClipView, ClipWorkState, ClipsView, Embargo, Release, ToBrowser, Until};
use call::{CallId, Hash, SideId};
use recorder::{Final, Made, Pictures};
use sha2::{Digest as _, Sha256};

use super::{
    super::{ClipAct, Order as CoreOrder},
    delivery::{Terminal, open_role},
    *,
};
use crate::{
    clips::{self, Draft, Kept, KeptCut, News},
    recorder::{self as recording, Finished, FootageOf},
};

/// When the footage of these tests was opened.
pub(super) const OPENED: i64 = 1_640_896_600_000;
/// When its files begin, and for how long they play.
pub(super) const BEGINS: i64 = OPENED + 500;
pub(super) const MS: u64 = 60_000;
/// When it was closed.
pub(super) const CLOSED: i64 = OPENED + 65_000;

/// What a call's terms say of release.
fn terms(world: &World, release: Release, until: Until) -> api::Terms {
    let mut terms = world.footage_terms();
    let footage = terms.footage.as_mut().unwrap();
    footage.release = release;
    footage.embargo = Embargo { until, at: None };
    if release == Release::Either {
        footage.releasers = vec![world.a.side.to_string(), world.b.side.to_string()];
    }
    terms
}

impl World {
    /// A call whose footage was open on such terms and is closed.
    pub(super) async fn shot(&self, release: Release, embargo: Until) -> String {
        let id = self.session_of(terms(self, release, embargo), || ()).await;
        self.open_again(&id).await;
        act(&self.a, &id, Act::Close { pressed: None }).await.unwrap();
        until_closed(self, &id).await;
        for node in [&self.a, &self.b] {
            // Nothing was sent, so nothing was taken; from here on a test says what was.
            until(node, &id, |call| {
                let recorder = call.footage.as_ref().unwrap().recorder.as_ref();
                recorder.is_some_and(|recorder| recorder.state == api::RecorderState::Done)
            })
            .await;
            assert!(clips(node, &id).await.unwrap().work.is_empty());
        }
        id
    }
}

async fn until_closed(world: &World, id: &str) {
    for node in [&world.a, &world.b] {
        until(node, id, |call| {
            let footage = call.footage.as_ref().unwrap();
            !footage.open && !footage.own_half && !footage.far_half
        })
        .await;
    }
}

pub(super) fn of(id: &str) -> FootageOf {
    FootageOf {
        call: CallId::from(id.parse::<Hash>().unwrap()),
        number: 1,
    }
}

/// The recorder's final files of both principals, closed then.
pub(super) fn finished(world: &World, closed: i64) -> Finished {
    let file = |side: SideId, person: u16| Final {
        person: call::terms::PersonId(person),
        side,
        path: PathBuf::from(format!("{person}-final.mp4")),
        bytes: 1_000,
        begins: Duration::from_millis(500),
        length: Duration::from_millis(MS),
        pictures: Some(Pictures {
            count: 1_500,
            width: 640,
            height: 360,
        }),
        sound: Duration::from_millis(MS),
    };
    Finished::of(&Made {
        call: Hash([0; 32]),
        started: call::Timestamp(OPENED),
        press: Some(Duration::from_millis(u64::try_from(closed - OPENED).unwrap())),
        files: vec![file(world.a.side, 1), file(world.b.side, 2)],
    })
}

pub(super) async fn recorder_says(node: &Node, news: recording::News) {
    assert!(node.core.order(CoreOrder::RecorderNews(Box::new(news))).await);
}

pub(super) async fn maker_says(node: &Node, news: News) {
    assert!(node.core.order(CoreOrder::ClipNews(Box::new(news))).await);
}

/// A clip of that content, as if it had just been made; its files lie where they belong.
pub(super) fn shelve(world: &World, node: &Node, id: &str, content: &[u8], cut: KeptCut) -> Kept {
    let dir = world
        .root
        .path()
        .join(if node.side == world.a.side { "a" } else { "b" });
    let folder = clips::folder(&dir, of(id));
    std::fs::create_dir_all(&folder).unwrap();
    let sha256: [u8; 32] = Sha256::digest(content).into();
    let name = |ending: &str| folder.join(format!("{}.{ending}", Hash(sha256)));
    std::fs::write(name("mp4"), content).unwrap();
    std::fs::write(name("jpg"), b"poster").unwrap();
    let draft = Draft {
        cut,
        stem: "2021-12-30-pool".into(),
        from: BEGINS,
        closed: CLOSED,
        shortens: None,
        by: None,
        signed_by: node.name.clone(),
        sounds: vec!["EXAMPLE principal".into()],
        sides: vec![world.a.name.clone(), world.b.name.clone()],
    };
    let made = clip::Clip {
        path: name("mp4"),
        poster: Some(name("jpg")),
        sha256,
        bytes: content.len() as u64,
        length: Duration::from_millis(MS),
        time_stamp: None,
    };
    let kept = Kept::of(of(id), &draft, &made, now_ms());
    kept.write(&folder).unwrap();
    kept
}

/// Has a node hold clips of the footage, one of each content.
pub(super) async fn hold(world: &World, node: &Node, id: &str, contents: &[&[u8]]) -> Vec<String> {
    let mut names = Vec::new();
    let mut clips = Vec::new();
    for content in contents {
        let kept = shelve(world, node, id, content, KeptCut::Pool);
        names.push(kept.hash().to_string());
        clips.push(kept);
    }
    for side in [world.a.side, world.b.side] {
        let content = [b"side", &side.0[..]].concat();
        clips.push(shelve(world, node, id, &content, KeptCut::of_side(side)));
    }
    for kept in clips {
        maker_says(node, News::Made(0, of(id), Box::new(kept))).await;
    }
    recorder_says(node, recording::News::Finished(of(id), finished(world, CLOSED))).await;
    names
}

fn seat(role: Role) -> Box<crate::http::Seat> {
    Box::new(crate::http::Seat {
        id: "desk".parse().unwrap(),
        name: "EXAMPLE desk".into(),
        role,
        place: String::new(),
        key: [7; 32],
    })
}

pub(super) async fn clips(node: &Node, id: &str) -> Result<ClipsView, ApiError> {
    let (id, role) = (id.to_owned(), Role::Operator);
    let answer = node.core.ask(|reply| Ask::Clips { id, role, reply }).await.unwrap();
    answer.map(|view| *view)
}

pub(super) async fn until_clips(node: &Node, id: &str, holds: impl Fn(&ClipsView) -> bool) -> ClipsView {
    let wait = async {
        loop {
            if let Some(view) = clips(node, id).await.ok().filter(&holds) {
                return view;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    match tokio::time::timeout(PATIENCE, wait).await {
        Ok(view) => view,
        Err(_) => panic!(
            "{} never showed the clips so: {}",
            node.name,
            clips(node, id)
                .await
                .map(|view| serde_json::to_string_pretty(&view).unwrap())
                .unwrap_or_default()
        ),
    }
}

pub(super) async fn of_clip(node: &Node, id: &str, act: ClipAct) -> Result<ClipsView, ApiError> {
    let (id, seat) = (id.to_owned(), seat(Role::Operator));
    let answer = node.core.ask(|reply| Ask::ClipAct { id, seat, act, reply });
    answer.await.unwrap().map(|view| *view)
}

pub(super) fn release(clip: &str, instead: Option<&str>) -> ClipAct {
    ClipAct::Release {
        clip: clip.into(),
        instead: instead.map(str::to_owned),
    }
}

pub(super) fn recall(clip: &str) -> ClipAct {
    ClipAct::Recall { clip: clip.into() }
}

pub(super) fn no(outcome: Result<ClipsView, ApiError>) -> String {
    match outcome {
        Err(ApiError::Refusal(body)) => body.refusal,
        Err(other) => panic!("no refusal: {other:?}"),
        Ok(view) => panic!("no refusal: {}", serde_json::to_string(&view).unwrap()),
    }
}

pub(super) fn find<'a>(view: &'a ClipsView, clip: &str) -> &'a ClipView {
    view.clips.iter().find(|one| one.sha256 == clip).expect("it is listed")
}

pub(super) fn state(view: &ClipsView, clip: &str) -> Option<ClipState> {
    view.clips.iter().find(|one| one.sha256 == clip).map(|one| one.state)
}

/// What is on a node's public page.
pub(super) fn on_page(node: &Node) -> Vec<String> {
    let clips = node.press.clips();
    clips.iter().map(|clip| clip.view.sha256.as_str().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_side_releases_alone_is_on_its_page_until_it_takes_it_back() {
    let world = World::new().await;
    let id = world.shot(Release::Either, Until::None).await;
    let clip = &hold(&world, &world.a, &id, &[b"one"]).await[0];
    let view = clips(&world.a, &id).await.unwrap();
    assert_eq!(
        (view.clips.len(), view.work.len()),
        (3, 0),
        "all cuts are there already"
    );
    let kept = find(&view, clip);
    assert_eq!(
        (kept.state, &kept.may.release, kept.may.recall),
        (ClipState::Kept, &None, false)
    );
    assert_eq!(kept.ms, Some(MS));
    assert_eq!(
        kept.file.as_deref(),
        Some(format!("2021-12-30-pool-{}.mp4", &clip[..8]).as_str())
    );
    assert!(on_page(&world.a).is_empty());

    let view = of_clip(&world.a, &id, release(clip, None)).await.unwrap();
    assert_eq!(
        on_page(&world.a),
        std::slice::from_ref(clip),
        "before anybody is answered"
    );
    let shown = find(&view, clip);
    assert_eq!(shown.state, ClipState::Released);
    assert_eq!(shown.may.release.as_deref(), Some("said_already"));
    let acts: Vec<(ClipDone, Option<&str>)> = shown.acts.iter().map(|act| (act.act, act.name.as_deref())).collect();
    assert_eq!(
        acts,
        [(ClipDone::Made, None), (ClipDone::Released, Some("EXAMPLE desk"))]
    );
    let on = world.a.press.clips()[0].view.clone();
    assert_eq!((on.call.as_str(), on.seconds, on.corrects), (id.as_str(), 60, false));
    assert_eq!((on.signed_by.as_str(), on.poster), ("Washington", true));

    // The other side hears of its hash alone; it has no say in it, and nothing of it is on its page.
    let far = until_clips(&world.b, &id, |view| state(view, clip).is_some()).await;
    let far = find(&far, clip);
    assert!(!far.here && far.file.is_none() && far.state == ClipState::Released && !far.may.recall);
    assert_eq!(no(of_clip(&world.b, &id, recall(clip)).await), "not_released");
    assert!(on_page(&world.b).is_empty());

    let view = of_clip(&world.a, &id, recall(clip)).await.unwrap();
    assert_eq!(state(&view, clip), Some(ClipState::Recalled));
    assert!(on_page(&world.a).is_empty());
    until_clips(&world.b, &id, |view| state(view, clip).is_none()).await;
    let [of_a, of_b] = world.records(&id).await;
    assert_eq!((of_a.outcome(), of_b.outcome()), (Outcome::Trusted, Outcome::Trusted));
    assert_eq!(of_a.state(), of_b.state());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_both_is_on_the_page_once_both_have_said_it_and_either_takes_it_off() {
    let world = World::new().await;
    let id = world.shot(Release::Both, Until::None).await;
    let clip = &hold(&world, &world.a, &id, &[b"one"]).await[0];
    let own = &hold(&world, &world.b, &id, &[b"two"]).await[0];
    assert_eq!(no(of_clip(&world.b, &id, release(own, None)).await), "not_a_releaser");
    assert_eq!(no(of_clip(&world.b, &id, release(clip, None)).await), "clip_unknown");
    let view = of_clip(&world.a, &id, release(clip, None)).await.unwrap();
    assert_eq!(state(&view, clip), Some(ClipState::Ours));
    assert!(on_page(&world.a).is_empty(), "half a release shows nothing");
    let far = until_clips(&world.b, &id, |view| state(view, clip) == Some(ClipState::Theirs)).await;
    let far = find(&far, clip);
    assert!(!far.here && far.may.release.is_none() && far.may.recall && !far.may.shorten);
    until(&world.b, &id, |call| call.summary.attention).await;
    until(&world.a, &id, |call| !call.summary.attention).await;

    let view = of_clip(&world.b, &id, release(clip, None)).await.unwrap();
    assert_eq!(state(&view, clip), Some(ClipState::Released));
    assert!(on_page(&world.b).is_empty(), "its file is not there");
    until(&world.b, &id, |call| !call.summary.attention).await;
    until_clips(&world.a, &id, |view| state(view, clip) == Some(ClipState::Released)).await;
    assert_eq!(on_page(&world.a), std::slice::from_ref(clip));

    of_clip(&world.b, &id, recall(clip)).await.unwrap();
    until_clips(&world.a, &id, |view| state(view, clip) == Some(ClipState::Recalled)).await;
    assert!(on_page(&world.a).is_empty());
    // Again it takes both.
    of_clip(&world.a, &id, release(clip, None)).await.unwrap();
    assert!(on_page(&world.a).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_released_before_its_embargo_is_over() {
    let world = World::new().await;
    let id = world.shot(Release::Either, Until::End).await;
    let clip = &hold(&world, &world.a, &id, &[b"one"]).await[0];
    assert_eq!(no(of_clip(&world.a, &id, release(clip, None)).await), "embargoed");
    let view = clips(&world.a, &id).await.unwrap();
    assert_eq!(find(&view, clip).may.release.as_deref(), Some("embargoed"));
    act(&world.b, &id, Act::End).await.unwrap();
    until_clips(&world.a, &id, |view| find(view, clip).may.release.is_none()).await;
    of_clip(&world.a, &id, release(clip, None)).await.unwrap();
    assert_eq!(on_page(&world.a), std::slice::from_ref(clip));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_takes_the_place_of_a_clip_on_the_page_for_good() {
    let world = World::new().await;
    let id = world.shot(Release::Either, Until::None).await;
    let held = hold(&world, &world.a, &id, &[b"one", b"two"]).await;
    let [old, new] = &held[..] else { panic!() };
    assert_eq!(
        no(of_clip(&world.a, &id, release(new, Some(old))).await),
        "unknown_clip"
    );
    let view = of_clip(&world.a, &id, release(old, None)).await.unwrap();
    assert_eq!(find(&view, new).may.correct, std::slice::from_ref(old));
    assert!(find(&view, old).may.correct.is_empty());
    let view = of_clip(&world.a, &id, release(new, Some(old))).await.unwrap();
    assert_eq!(
        (state(&view, old), state(&view, new)),
        (Some(ClipState::Replaced), Some(ClipState::Released))
    );
    assert_eq!(find(&view, new).instead.as_ref(), Some(old));
    assert_eq!(on_page(&world.a), std::slice::from_ref(new));
    assert!(world.a.press.clips()[0].view.corrects);
    assert_eq!(no(of_clip(&world.a, &id, release(old, None)).await), "clip_replaced");
    of_clip(&world.a, &id, recall(new)).await.unwrap();
    assert!(on_page(&world.a).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn footage_that_was_closed_earlier_takes_what_shows_more_off_the_page_and_is_cut_anew() {
    let world = World::new().await;
    let id = world.shot(Release::Either, Until::None).await;
    let clip = &hold(&world, &world.a, &id, &[b"one"]).await[0];
    of_clip(&world.a, &id, release(clip, None)).await.unwrap();
    assert_eq!(on_page(&world.a), std::slice::from_ref(clip));
    // It ends a second and more before that: nothing of it is of after the close.
    let later = call::Timestamp(OPENED + 62_000);
    recorder_says(&world.a, recording::News::Shortening(of(&id), later)).await;
    clips(&world.a, &id).await.unwrap();
    assert_eq!(on_page(&world.a), std::slice::from_ref(clip));

    let earlier = OPENED + 30_000;
    recorder_says(&world.a, recording::News::Shortening(of(&id), call::Timestamp(earlier))).await;
    let view = clips(&world.a, &id).await.unwrap();
    assert!(on_page(&world.a).is_empty());
    let shown = find(&view, clip);
    assert_eq!(
        (shown.state, shown.may.release.as_deref()),
        (ClipState::CutOff, Some("clip_cut_off"))
    );
    assert!(
        shown.may.recall && !shown.may.shorten,
        "the record may still say that it is taken back"
    );
    assert!(view.work.is_empty(), "nothing is cut before the files are shorter");
    let shorter = ClipAct::Shorten {
        clip: clip.clone(),
        from_ms: 0,
        to_ms: 10_000,
    };
    assert_eq!(no(of_clip(&world.a, &id, shorter).await), "clip_cut_off");
    of_clip(&world.a, &id, recall(clip)).await.unwrap();
    assert_eq!(no(of_clip(&world.a, &id, release(clip, None)).await), "clip_cut_off");

    recorder_says(&world.a, recording::News::Finished(of(&id), finished(&world, earlier))).await;
    // There are no such files on this disk: each cut fails, says why, and is tried again when somebody wants it.
    let failed = |view: &ClipsView| {
        view.work.len() == 3
            && view
                .work
                .iter()
                .all(|work| work.state == ClipWorkState::Failed && work.why.is_some())
    };
    until_clips(&world.a, &id, failed).await;
    of_clip(&world.a, &id, ClipAct::Again).await.unwrap();
    until_clips(&world.a, &id, failed).await;
    // And one that comes of it is a clip like any other.
    let mut anew = shelve(&world, &world.a, &id, b"shorter", KeptCut::Pool);
    (anew.ms, anew.closed) = (29_000, earlier);
    let anew_hash = anew.hash().to_string();
    maker_says(&world.a, News::Made(0, of(&id), Box::new(anew))).await;
    of_clip(&world.a, &id, release(&anew_hash, None)).await.unwrap();
    assert_eq!(on_page(&world.a), [anew_hash]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_close_that_is_known_before_the_files_are_made_is_waited_for() {
    let world = World::new().await;
    let id = world.shot(Release::Either, Until::None).await;
    let earlier = OPENED + 30_000;
    recorder_says(&world.a, recording::News::Shortening(of(&id), call::Timestamp(earlier))).await;
    recorder_says(&world.a, recording::News::Finished(of(&id), finished(&world, CLOSED))).await;
    assert!(clips(&world.a, &id).await.unwrap().work.is_empty());
    recorder_says(&world.a, recording::News::Finished(of(&id), finished(&world, earlier))).await;
    assert_eq!(clips(&world.a, &id).await.unwrap().work.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_footage_has_no_clips_and_a_press_officer_releases_none() {
    let world = World::new().await;
    let bare = world.session().await;
    assert!(matches!(clips(&world.a, &bare).await, Err(ApiError::NotFound)));
    assert!(matches!(
        clips(&world.a, &"0".repeat(64)).await,
        Err(ApiError::NotFound)
    ));
    let id = world.shot(Release::Either, Until::None).await;
    let clip = &hold(&world, &world.a, &id, &[b"one"]).await[0];
    let (asked, role) = (id.clone(), Role::Press);
    let shown = world.a.core.ask(|reply| Ask::Clips { id: asked, role, reply });
    let shown = shown.await.unwrap().ok().unwrap();
    let may = &find(&shown, clip).may;
    assert_eq!(
        (may.release.as_deref(), may.recall, may.shorten),
        (Some("role"), false, true)
    );
    for clip in ["", "x", &clip[..63], &clip.to_uppercase(), "../../etc/passwd"] {
        for act in [release(clip, None), recall(clip)] {
            let outcome = of_clip(&world.a, &id, act).await;
            assert!(matches!(outcome, Err(ApiError::NotFound)), "{clip}");
        }
    }
    assert_eq!(no(of_clip(&world.a, &id, release(clip, Some("x"))).await), "text");
}

#[tokio::test(flavor = "multi_thread")]
async fn desks_are_told_that_clips_changed_at_a_pace_and_terminals_are_not() {
    let clock = Clock::by_hand(now_ms());
    let world = World::by(&clock, ["Washington", "Moscow"]).await;
    let id = world.shot(Release::Either, Until::None).await;
    hold(&world, &world.a, &id, &[b"one"]).await;
    let key = Key::generate().unwrap().key();
    let mut desk = open_role(&world.a, &id, ("desk", Role::Press), key).await;
    // What the making of these clips left to be told is told.
    clock.advance(60_000);
    tokio::time::sleep(Duration::from_millis(600)).await;
    clock.advance(60_000);
    let mut terminal = world.terminal(&world.a, &id, "principal").await;
    let told = async |who: &mut Terminal| {
        let all = who.rest().await;
        all.iter()
            .filter(|message| matches!(message, ToBrowser::Clips { call } if *call == id))
            .count()
    };
    told(&mut desk).await;
    for content in 0..20_u8 {
        let kept = shelve(&world, &world.a, &id, &[content], KeptCut::Pool);
        maker_says(&world.a, News::Made(0, of(&id), Box::new(kept))).await;
    }
    world.a.core.ask(Ask::Lines).await.unwrap();
    assert_eq!(told(&mut desk).await, 1, "once in no time");
    clock.advance(500);
    tokio::time::sleep(Duration::from_millis(600)).await;
    world.a.core.ask(Ask::Lines).await.unwrap();
    assert_eq!(told(&mut desk).await, 1, "and once more when the pace allows");
    assert_eq!(told(&mut terminal).await, 0);
}
