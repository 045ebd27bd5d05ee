//! Takes of real VP9 and Opus, sealed as terminals seal them, in virtual time; read back by ffmpeg.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss
)]

mod hostile;
mod media;
mod rig;
mod rough;
mod story;
