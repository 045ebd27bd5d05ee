//! Clips across a start of the node: what was made, what is wanted, what was recalled.

use api::{ClipDone, ClipState, ClipWorkState, ClipsView, Release, Until};

use super::{
    super::ClipAct,
    clips::{
        CLOSED, MS, clips, find, finished, hold, maker_says, no, of, of_clip, on_page, recall, recorder_says, release,
        shelve, state, until_clips,
    },
    *,
};
use crate::{
    clips::{self as made, Found, Kept, KeptBy, KeptCut, News, Wish},
    recorder::{self as recording, FootageOf},
};

/// Whether its file was found: before that it is one of which only the hash is known.
fn is_here(view: &ClipsView, clip: &str) -> bool {
    view.clips.iter().any(|one| one.sha256 == clip && one.here)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_and_released_is_there_after_a_start_and_what_is_damaged_is_not() {
    let mut world = World::new().await;
    let id = world.shot(Release::Either, Until::None).await;
    let held = hold(&world, &world.a, &id, &[b"one", b"two", b"three"]).await;
    let [one, two, three] = &held[..] else { panic!() };
    for clip in [one, two] {
        of_clip(&world.a, &id, release(clip, None)).await.unwrap();
    }
    let dir = world.root.path().join("a");
    let folder = made::folder(&dir, of(&id));
    finished(&world, CLOSED).write(&of(&id).folder(&dir)).unwrap();
    world.a.stop().await;
    std::fs::write(folder.join(format!("{two}.mp4")), b"twi").unwrap();
    std::fs::write(folder.join(format!("{three}.json")), b"{\"version\":1}").unwrap();
    std::fs::create_dir(folder.join("7-0.part")).unwrap();
    std::fs::write(folder.join("7-0.part").join("film.mp4"), b"half").unwrap();
    world.a = start_again(&dir).await;
    up(&world.a).await;
    let view = until_clips(&world.a, &id, |view| is_here(view, one)).await;
    let shown = find(&view, one);
    assert_eq!((shown.state, shown.here), (ClipState::Released, true));
    assert_eq!(shown.acts.last().unwrap().name.as_deref(), Some("EXAMPLE desk"));
    assert_eq!(on_page(&world.a), std::slice::from_ref(one));
    // Its release stands and may be taken back, but there is no film of it.
    assert!(!find(&view, two).here && find(&view, two).may.recall);
    assert_eq!(state(&view, three), None);
    assert!(
        folder.join(format!("{three}.mp4")).exists(),
        "what is damaged is left where it is"
    );
    assert!(!folder.join("7-0.part").exists());
    let file = |name: String| {
        let id = id.clone();
        world.a.core.ask(move |reply| Ask::ClipFile { id, name, reply })
    };
    assert!(file(format!("{one}.mp4")).await.unwrap().is_ok());
    for name in [
        format!("{two}.mp4"),
        format!("{three}.mp4"),
        format!("../{one}.mp4"),
        one.clone(),
        format!("{one}.json"),
    ] {
        assert!(file(name.clone()).await.unwrap().is_err(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recall_takes_effect_before_the_own_head_is_known_and_is_said_when_it_is() {
    let mut world = World::new().await;
    let id = world.shot(Release::Either, Until::None).await;
    let clip = &hold(&world, &world.a, &id, &[b"one"]).await[0];
    of_clip(&world.a, &id, release(clip, None)).await.unwrap();
    let [a, b] = ["a", "b"].map(|dir| world.root.path().join(dir));
    finished(&world, CLOSED).write(&of(&id).folder(&a)).unwrap();
    world.a.stop().await;
    world.b.stop().await;
    world.a = start_again(&a).await;
    until_clips(&world.a, &id, |view| state(view, clip) == Some(ClipState::Released)).await;
    assert_eq!(on_page(&world.a), std::slice::from_ref(clip));
    assert_eq!(
        no(of_clip(&world.a, &id, release(clip, None)).await),
        "own_head_unknown"
    );
    let said = view(&world.a, &id).await.unwrap().timeline.len();
    let after = of_clip(&world.a, &id, recall(clip)).await.unwrap();
    assert_eq!(
        (state(&after, clip), on_page(&world.a).len()),
        (Some(ClipState::Recalled), 0)
    );
    assert_eq!(
        view(&world.a, &id).await.unwrap().timeline.len(),
        said,
        "nothing is signed"
    );
    // A start does not bring it back.
    world.a.stop().await;
    world.a = start_again(&a).await;
    let again = until_clips(&world.a, &id, |view| is_here(view, clip)).await;
    assert_eq!(
        (state(&again, clip), on_page(&world.a).len()),
        (Some(ClipState::Recalled), 0)
    );
    world.b = start_again(&b).await;
    let recalled = |call: &CallView| call.timeline.iter().any(|statement| statement.kind == "recall");
    until(&world.b, &id, recalled).await;
    let view = clips(&world.a, &id).await.unwrap();
    let last = find(&view, clip).acts.last().unwrap();
    assert_eq!(
        (last.act, last.name.as_deref()),
        (ClipDone::Recalled, Some("EXAMPLE desk"))
    );
    assert!(on_page(&world.a).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shorter_whole_is_asked_for_within_bounds_and_outlives_a_stop() {
    let mut world = World::new().await;
    let id = world.shot(Release::Either, Until::None).await;
    let clip = hold(&world, &world.a, &id, &[b"one"]).await[0].clone();
    let shorter = |from_ms, to_ms| ClipAct::Shorten {
        clip: clip.clone(),
        from_ms,
        to_ms,
    };
    maker_says(&world.a, News::Programs(Some("clip_no_tools"))).await;
    assert_eq!(no(of_clip(&world.a, &id, shorter(0, 5_000)).await), "clip_no_tools");
    maker_says(&world.a, News::Programs(None)).await;
    for (from, to) in [
        (0, 999),
        (5_000, 4_000),
        (0, MS),
        (0, MS + 1),
        (59_500, 60_500),
        (u64::MAX, 0),
        (0, u64::MAX),
    ] {
        assert_eq!(
            no(of_clip(&world.a, &id, shorter(from, to)).await),
            "clip_short",
            "{from}..{to}"
        );
    }
    let unknown = ClipAct::Shorten {
        clip: "0".repeat(64),
        from_ms: 0,
        to_ms: 5_000,
    };
    assert_eq!(no(of_clip(&world.a, &id, unknown).await), "clip_unknown");
    // What is wanted is on the disk before anybody is answered (full(4)).
    let dir = world.root.path().join("a");
    let full = made::folder(&dir, of(&id)).join(format!("{clip}-1000-5000.wish.part"));
    std::os::unix::fs::symlink("/dev/full", full).unwrap();
    assert_eq!(
        no(of_clip(&world.a, &id, shorter(1_000, 5_000)).await),
        "clip_disk_full"
    );
    assert!(clips(&world.a, &id).await.unwrap().work.is_empty());
    let asked = of_clip(&world.a, &id, shorter(1_000, 5_000)).await.unwrap();
    assert_eq!(asked.work.len(), 1);
    assert_eq!(asked.work[0].shortens.as_ref(), Some(&clip));
    let again = of_clip(&world.a, &id, shorter(1_000, 5_000)).await.unwrap();
    assert_eq!(again.work.len(), 1, "the same again is the one that waits");
    // Nothing can be cut of what is no film: that is said, and tried again after a start.
    let failed = |view: &ClipsView| matches!(&view.work[..], [work] if work.state == ClipWorkState::Failed);
    until_clips(&world.a, &id, failed).await;
    finished(&world, CLOSED).write(&of(&id).folder(&dir)).unwrap();
    world.a.stop().await;
    world.a = start_again(&dir).await;
    let view = until_clips(&world.a, &id, failed).await;
    assert_eq!(view.work[0].shortens.as_ref(), Some(&clip));
    for from_ms in 1..200 {
        let asked = of_clip(&world.a, &id, shorter(from_ms, 5_000)).await;
        match asked {
            // Tools that are not there are said first.
            Err(ApiError::Refusal(body)) if body.refusal == "clip_no_tools" => {
                maker_says(&world.a, News::Programs(None)).await;
            }
            Err(_) => {
                assert_eq!(no(asked), "clip_busy");
                assert!(from_ms > 40, "{from_ms}");
                return;
            }
            Ok(_) => {}
        }
    }
    panic!("there is no bound");
}

#[tokio::test(flavor = "multi_thread")]
async fn wishes_of_footage_that_is_being_finished_wait_for_it() {
    let world = World::new().await;
    let id = world.shot(Release::Either, Until::None).await;
    let kept = shelve(&world, &world.a, &id, b"one", KeptCut::Pool);
    let of = FootageOf { number: 2, ..of(&id) };
    let mut kept_of = serde_json::to_value(&kept).unwrap();
    kept_of["footage"] = 2.into();
    let kept: Kept = serde_json::from_value(kept_of).unwrap();
    let wish = Wish {
        clip: api::Hex32(kept.hash().0),
        from_ms: 0,
        to_ms: 2_000,
        by: KeptBy {
            seat: "desk".into(),
            name: "Desk".into(),
        },
    };
    let found = Found {
        finished: None,
        clips: vec![kept],
        wishes: vec![wish],
        recalls: Vec::new(),
    };
    maker_says(&world.a, News::Found(of, Box::new(found))).await;
    let view = clips(&world.a, &id).await.unwrap();
    assert!(view.clips.is_empty(), "until it is known when it was closed");
    assert_eq!((view.work.len(), view.work[0].state), (1, ClipWorkState::Waiting));
    recorder_says(&world.a, recording::News::Finished(of, finished(&world, CLOSED))).await;
    let view = clips(&world.a, &id).await.unwrap();
    assert_eq!(
        (view.clips.len(), view.work.len()),
        (1, 3),
        "two cuts, and what was wanted"
    );
}
