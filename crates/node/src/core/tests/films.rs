//! Clips made by the programs themselves, on a node's own disk.

use api::{ClipCut, ClipDone, ClipsView, Release, Until};

use super::{
    super::ClipAct,
    clips::{BEGINS, OPENED, clips, finished, of, of_clip, on_page, recorder_says, release},
    *,
};
use crate::{clips as made, recorder as recording};

/// What a recorder leaves of one person: VP9 and Opus, drawn by ffmpeg.
fn draw(path: &std::path::Path, colour: &str, tone: u32, seconds: u32) {
    let picture = format!("color=c={colour}:s=320x180:r=30:d={seconds}");
    let sound = format!("sine=f={tone}:r=48000:d={seconds}");
    let drawn = std::process::Command::new("ffmpeg")
        .args([
            "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &sound,
        ])
        .args([
            "-c:v",
            "libvpx-vp9",
            "-deadline",
            "realtime",
            "-cpu-used",
            "8",
            "-c:a",
            "libopus",
            "-f",
            "mp4",
        ])
        .arg(path)
        .status();
    assert!(drawn.expect("ffmpeg is installed (tools/setup test)").success());
}

/// Waits as long as programs may take on a machine that does other things too.
async fn until_made(node: &Node, id: &str, holds: impl Fn(&ClipsView) -> bool) -> ClipsView {
    for _ in 0..1_200 {
        let view = clips(node, id).await.ok().filter(&holds);
        if let Some(view) = view {
            return view;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let view = clips(node, id).await.ok();
    panic!("never made: {}", serde_json::to_string_pretty(&view).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn real_films_are_cut_across_a_stop_signed_released_and_made_shorter() {
    let mut world = World::new().await;
    let id = world.shot(Release::Either, Until::None).await;
    let dir = world.root.path().join("a");
    let folder = of(&id).folder(&dir);
    draw(&folder.join("1-final.mp4"), "0x9a4a2c", 440, 3);
    draw(&folder.join("2-final.mp4"), "0x2a4e8c", 880, 3);
    let mut files = finished(&world, OPENED + 4_000);
    files.begins = BEGINS;
    files.write(&folder).unwrap();
    recorder_says(&world.a, recording::News::Finished(of(&id), files)).await;
    until_made(&world.a, &id, |view| view.work.iter().any(|work| work.stage.is_some())).await;
    world.a.stop().await;
    let left = std::fs::read_dir(made::folder(&dir, of(&id))).unwrap().flatten();
    let parts = left
        .filter(|entry| entry.path().extension().is_some_and(|end| end == "part"))
        .count();
    assert_eq!(parts, 0, "what is stopped leaves nothing behind");
    world.a = start_again(&dir).await;
    up(&world.a).await;
    let view = until_made(&world.a, &id, |view| view.clips.len() == 3 && view.work.is_empty()).await;
    assert_eq!(view.programs, None);
    let pool = view.clips.iter().find(|clip| clip.cut == Some(ClipCut::Pool)).unwrap();
    assert!(pool.here && pool.poster && pool.ms.is_some_and(|ms| (2_900..3_100).contains(&ms)));
    assert_eq!(pool.from.as_deref(), Some(api::time_text(BEGINS).as_str()));
    let root = std::fs::read_to_string(dir.join(clip::ROOT_CERTIFICATE)).unwrap();
    for one in &view.clips {
        let path = made::folder(&dir, of(&id)).join(format!("{}.mp4", one.sha256));
        let verdict = clip::verify(&path, &[&root]).unwrap();
        assert!(matches!(verdict, clip::Verdict::Valid { .. }), "{verdict:?}");
        assert_eq!(one.signed_by.as_deref(), Some("Washington"));
    }
    of_clip(&world.a, &id, release(&pool.sha256, None)).await.unwrap();
    assert_eq!(on_page(&world.a), std::slice::from_ref(&pool.sha256));

    let shorter = ClipAct::Shorten {
        clip: pool.sha256.clone(),
        from_ms: 1_000,
        to_ms: 2_000,
    };
    of_clip(&world.a, &id, shorter).await.unwrap();
    let view = until_made(&world.a, &id, |view| view.clips.len() == 4 && view.work.is_empty()).await;
    let short = view.clips.iter().find(|clip| clip.shortens.is_some()).unwrap();
    assert_eq!(short.shortens.as_ref(), Some(&pool.sha256));
    assert_eq!((short.ms, short.acts[0].act), (Some(1_000), ClipDone::Shortened));
    assert_eq!(short.by.as_ref().map(|by| by.name.as_str()), Some("EXAMPLE desk"));
    assert_eq!(short.from.as_deref(), Some(api::time_text(BEGINS + 1_000).as_str()));
    of_clip(&world.a, &id, release(&short.sha256, Some(&pool.sha256)))
        .await
        .unwrap();
    assert_eq!(on_page(&world.a), std::slice::from_ref(&short.sha256));
}
