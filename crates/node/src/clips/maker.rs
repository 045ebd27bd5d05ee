//! How a clip is made: by the programs that crate `clip` runs. A test makes them of nothing.

use std::{path::Path, sync::atomic::AtomicBool};

use clip::{Clip, Cut, Progress, Signer, Tools};

use super::{Job, KeptCut, What};

/// What the thread makes clips with. All of it may take minutes.
pub(crate) trait Maker: Send {
    /// Whether the programs are there; the code where they are not.
    fn look(&mut self) -> Result<(), &'static str>;

    /// Makes a clip in a folder. `parent` is the file of the clip that it is to be a shorter whole of.
    ///
    /// # Errors
    /// The code for the desk.
    fn make(
        &mut self,
        job: &Job,
        parent: Option<&Path>,
        folder: &Path,
        progress: &mut dyn FnMut(Progress),
        stop: &AtomicBool,
    ) -> Result<Clip, &'static str>;
}

/// The programs, once they were found, and this side's signature.
pub(crate) struct Programs {
    tools: Option<Tools>,
    signer: Signer,
}

impl Programs {
    /// Not looked for yet.
    pub(crate) fn new(signer: Signer) -> Self {
        Self { tools: None, signer }
    }
}

impl Maker for Programs {
    fn look(&mut self) -> Result<(), &'static str> {
        match Tools::find() {
            Ok(tools) => self.tools = Some(tools),
            Err(error) => {
                tracing::warn!(%error, "no clips can be made");
                self.tools = None;
            }
        }
        self.tools.as_ref().map(|_| ()).ok_or(super::NO_TOOLS)
    }

    fn make(
        &mut self,
        job: &Job,
        parent: Option<&Path>,
        folder: &Path,
        progress: &mut dyn FnMut(Progress),
        stop: &AtomicBool,
    ) -> Result<Clip, &'static str> {
        let tools = self.tools.as_ref().ok_or(super::NO_TOOLS)?;
        let (facts, signer) = (&job.facts, &self.signer);
        let made = match (&job.what, parent) {
            (What::Shorter(wish), Some(parent)) => {
                let (from, to) = wish.span();
                clip::shorten(tools, parent, from, to, facts, signer, folder, progress, stop)
            }
            (What::Cut(cut), _) => {
                let cut = match cut {
                    KeptCut::Pool => Cut::Pool,
                    KeptCut::Side(side) => Cut::Side(job.side(*side).ok_or(super::FAILED)?),
                };
                clip::make(tools, &cut, &job.sources, facts, signer, folder, progress, stop)
            }
            (What::Shorter(_), None) => return Err(super::FAILED),
        };
        made.map_err(|error| {
            tracing::error!(%error, call = ?job.of.call, footage = job.of.number, "a clip could not be made");
            error.code()
        })
    }
}
