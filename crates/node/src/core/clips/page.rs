//! The public page's clips: those whose release stands now and was said by this side.

use call::SideId;

use super::{Core, release_of};
use crate::{
    clips::Kept,
    press::{ClipView, Released, Sha256Hex},
};

impl Core {
    /// Puts the clips on the page whose release stands, and takes all others off.
    pub(super) fn publish_clips(&self) {
        let mut released: Vec<Released> = Vec::new();
        for (id, held) in &self.clips.calls {
            let Some(call) = self.calls.get(id) else { continue };
            let clips = held.clips().filter(|(clip, cut_off)| {
                let recalled = held.recalling.contains_key(&clip.hash());
                !cut_off && !recalled
            });
            released.extend(clips.filter_map(|(clip, _)| self.released(call.state(), clip)));
        }
        released.sort_by(|a, b| {
            let newest = b.view.released.cmp(&a.view.released);
            newest.then_with(|| a.view.sha256.cmp(&b.view.sha256))
        });
        if *self.clips.press.clips() != released {
            self.clips.press.set_clips(released);
        }
    }

    fn released(&self, state: &call::State, clip: &Kept) -> Option<Released> {
        let own: SideId = self.own.id;
        let release = release_of(state, own, clip.hash()).filter(|release| release.standing)?;
        // What the other side alone has released is its own word, on its own page.
        release.by.iter().find(|mark| mark.side == own)?;
        let (path, poster) = clip.paths(&self.clips.data);
        Some(Released {
            view: ClipView {
                call: clip.footage().call.to_string(),
                sha256: Sha256Hex::of(clip.hash().0),
                file: clip.file.clone(),
                bytes: clip.bytes,
                seconds: u32::try_from((clip.ms + 500) / 1_000).unwrap_or(u32::MAX),
                poster: poster.is_some(),
                sides: clip.sides.clone(),
                signed_by: clip.signed_by.clone(),
                released: release.by.iter().map(|mark| mark.at.0).max().unwrap_or(0),
                // A release that was said before its embargo was over is void: there is none to wait for.
                embargo: None,
                corrects: release.instead.is_some(),
            },
            path,
            poster,
        })
    }
}
