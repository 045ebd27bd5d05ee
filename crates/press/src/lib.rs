//! What a side says in public: the rules of a readout and of a call's notice, and the pages and the feed made of them.
//!
//! Driven by the node, which keeps the acts, says what time it is and carries the answers. Pure: an [`Edition`] goes in,
//! HTML or Atom comes out, without a script and without a word that the edition does not hold. It knows nothing of
//! seats, keys, chains or files, and decides nothing about a call.

mod acts;
mod edition;
mod feed;
mod index;
mod language;
mod page;
mod readout;
mod site;
mod suggest;
mod text;
mod when;
mod words;

pub use acts::{ACTS_MAX, Act, Acted, Mark, No, Notice, NoticeKind, NoticeState, Seat, Show, Stated};
pub use edition::{ClipView, Edition, Facts, Id, Medium, Party, PublicNotice, Sha256Hex, Took, Whose};
pub use feed::{FEED_ENTRIES_MAX, TYPE as FEED_TYPE};
pub use language::Language;
pub use page::preview;
pub use readout::{PublicReadout, ReadoutState, Version};
pub use site::{Answer, INDEX_MAX, NOTHING, STYLE, STYLE_AND_FONTS, answer};
pub use suggest::suggest;
pub use text::{
    ATTRIBUTION_BYTES_MAX, Fault, PARAGRAPH_BYTES_MAX, PARAGRAPHS_MAX, QUOTE_BYTES_MAX, QUOTES_MAX, Quote,
    TITLE_BYTES_MAX, Text, Texts,
};

#[cfg(test)]
mod tests;
