//! The clear VP9 payload descriptor (RFC 9628, section 4.2), and which pictures can be decoded when others were lost.

use std::collections::VecDeque;

/// Pictures remembered as decodable; no reference reaches further back.
const HISTORY: usize = 128;
/// Pictures in a group of the scalability structure, and references of one: more is malformed.
const GROUP_MAX: usize = 64;
const REFERENCES_MAX: usize = 3;

/// What one packet's descriptor says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Descriptor {
    /// First and last packet of its frame.
    pub start: bool,
    pub end: bool,
    /// Temporal layer; 0 where the stream has none.
    pub layer: u8,
    /// Upper layers need nothing from before this picture.
    pub step_up: bool,
    /// Number of the last picture of the base layer, modulo 256.
    pub base: Option<u8>,
    /// The picture's number and how many such numbers there are.
    pub picture: Option<(u16, u16)>,
    /// How far back its references lie, when the stream says so picture by picture.
    pub references: Option<Vec<u8>>,
    /// References of each picture of a group that begins with this one.
    pub group: Option<Vec<Vec<u8>>>,
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }
}

/// Reads a descriptor and gives what follows it; none when it is cut off, malformed, or nothing follows.
pub(crate) fn parse(payload: &[u8]) -> Option<(Descriptor, &[u8])> {
    let mut input = Reader(payload);
    let flags = input.byte()?;
    let has = |bit: u8| flags & bit != 0;
    let flexible = has(0x10);
    let mut out = Descriptor {
        start: has(0x08),
        end: has(0x04),
        step_up: true,
        ..Descriptor::default()
    };
    if has(0x80) {
        let first = input.byte()?;
        out.picture = Some(if first & 0x80 != 0 {
            (u16::from(first & 0x7f) << 8 | u16::from(input.byte()?), 1 << 15)
        } else {
            (u16::from(first), 1 << 7)
        });
    }
    if has(0x20) {
        let indices = input.byte()?;
        out.layer = indices >> 5;
        out.step_up = indices & 0x10 != 0;
        if !flexible {
            out.base = Some(input.byte()?);
        }
    }
    if flexible && has(0x40) {
        let mut references = Vec::new();
        loop {
            let reference = input.byte()?;
            references.push(reference >> 1);
            if reference & 1 == 0 {
                break;
            }
            if references.len() == REFERENCES_MAX {
                return None;
            }
        }
        out.references = Some(references);
    }
    if has(0x02) {
        out.group = structure(&mut input)?;
    }
    (!input.0.is_empty()).then_some((out, input.0))
}

/// The scalability structure: the references of each picture of its group, if it says any.
#[allow(clippy::option_option)]
fn structure(input: &mut Reader<'_>) -> Option<Option<Vec<Vec<u8>>>> {
    let head = input.byte()?;
    if head & 0x10 != 0 {
        for _ in 0..4 * (usize::from(head >> 5) + 1) {
            input.byte()?;
        }
    }
    if head & 0x08 == 0 {
        return Some(None);
    }
    let pictures = usize::from(input.byte()?);
    if pictures > GROUP_MAX {
        return None;
    }
    let mut group = Vec::with_capacity(pictures);
    for _ in 0..pictures {
        let references = (input.byte()? >> 2) & 3;
        group.push((0..references).map(|_| input.byte()).collect::<Option<Vec<u8>>>()?);
    }
    Some((!group.is_empty()).then_some(group))
}

/// Decides which pictures a decoder can make use of.
pub(crate) struct Chain {
    /// Nothing can be decoded before a key frame.
    needs_key: bool,
    /// Pictures were lost since the last key frame.
    damaged: bool,
    /// Layers from this one on miss something.
    broken: u8,
    base: Option<u8>,
    decodable: VecDeque<u16>,
    /// The group that applies, and the picture that it began with.
    group: Option<(u16, Vec<Vec<u8>>)>,
}

/// No layer is broken.
const WHOLE: u8 = 8;

impl Chain {
    pub(crate) fn new() -> Self {
        Self {
            needs_key: true,
            damaged: false,
            broken: WHOLE,
            base: None,
            decodable: VecDeque::new(),
            group: None,
        }
    }

    /// Whether nothing can pass before a key frame does.
    pub(crate) fn needs_key(&self) -> bool {
        self.needs_key
    }

    /// A picture that is known to be missing: it did not open, or was refused.
    pub(crate) fn missed(&mut self, lost: &Descriptor) {
        self.damaged = true;
        self.broken = self.broken.min(lost.layer);
        if lost.layer == 0 {
            self.base = lost.base;
        }
    }

    /// Unknown pictures are missing before this one.
    pub(crate) fn gap(&mut self, next: &Descriptor) {
        self.damaged = true;
        // The number of the base layer tells whether one of its pictures is among them.
        let base_whole = match (self.base, next.base) {
            (Some(last), Some(base)) => base == if next.layer == 0 { last.wrapping_add(1) } else { last },
            _ => false,
        };
        self.broken = self.broken.min(u8::from(base_whole));
    }

    /// Decides on a picture that opened. `key` as its own header says.
    pub(crate) fn take(&mut self, picture: &Descriptor, key: bool) -> bool {
        if let (Some(group), Some((number, _))) = (&picture.group, picture.picture) {
            self.group = Some((number, group.clone()));
        } else if key {
            self.group = None;
        }
        if picture.layer == 0 {
            self.base = picture.base;
        }
        if key {
            self.needs_key = false;
            self.damaged = false;
            self.broken = WHOLE;
            self.decodable.clear();
        } else if self.needs_key || (self.damaged && !self.decodes(picture)) {
            // A base picture that fails takes the rest with it, whatever the stream says of references.
            self.needs_key |= picture.layer == 0;
            return false;
        }
        if picture.step_up && picture.layer < self.broken {
            self.broken = WHOLE;
        }
        if let Some((number, _)) = picture.picture {
            if self.decodable.len() == HISTORY {
                self.decodable.pop_front();
            }
            self.decodable.push_back(number);
        }
        true
    }

    fn decodes(&self, picture: &Descriptor) -> bool {
        let Some((number, range)) = picture.picture else {
            return picture.layer < self.broken;
        };
        let group = self.group.as_ref().and_then(|(first, group)| {
            let at = (number.wrapping_sub(*first) & (range - 1)) as usize % group.len().max(1);
            group.get(at)
        });
        match picture.references.as_ref().or(group) {
            Some(references) => references.iter().all(|back| {
                self.decodable
                    .contains(&(number.wrapping_sub(u16::from(*back)) & (range - 1)))
            }),
            None => picture.layer < self.broken,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_what_chromium_sends() {
        // I, L, B, V; a picture number of 15 bits, the layers, one size, a group of one picture.
        let head = [0b1010_1010, 0x80, 0x01, 0b0001_0000, 0x07];
        let structure = [0x18, 0x05, 0x00, 0x02, 0xd0, 0x01, 0x14, 0x04];
        let key = [&head[..], &structure, &[0xaa]].concat();
        let (read, rest) = parse(&key).unwrap();
        assert!(read.start && !read.end && read.step_up && read.layer == 0);
        assert_eq!((read.picture, read.base), (Some((1, 1 << 15)), Some(7)));
        assert_eq!((read.group, rest), (Some(vec![vec![4]]), &[0xaa][..]));
        assert!(parse(&[0b1000_0000, 0x80]).is_none(), "cut off");
        assert!(parse(&[0b0000_1000]).is_none(), "nothing follows");
    }

    fn plain(layer: u8, base: u8, step_up: bool) -> Descriptor {
        Descriptor {
            layer,
            base: Some(base),
            step_up,
            ..Descriptor::default()
        }
    }

    #[test]
    fn a_lost_upper_picture_costs_its_layer_until_one_may_step_up() {
        let mut chain = Chain::new();
        assert!(!chain.take(&plain(0, 0, false), false));
        assert!(chain.take(&plain(0, 1, false), true));
        assert!(chain.take(&plain(2, 1, false), false));
        chain.gap(&plain(0, 2, false));
        assert!(chain.take(&plain(0, 2, false), false), "the base layer is whole");
        assert!(!chain.take(&plain(2, 2, false), false));
        assert!(chain.take(&plain(0, 3, true), false));
        assert!(chain.take(&plain(2, 3, false), false));
    }

    #[test]
    fn a_lost_base_picture_waits_for_a_key_frame() {
        let mut chain = Chain::new();
        assert!(chain.take(&plain(0, 1, true), true));
        chain.gap(&plain(0, 3, true));
        assert!(!chain.take(&plain(0, 3, true), false));
        assert!(chain.needs_key());
        assert!(!chain.take(&plain(0, 4, true), false));
        assert!(chain.take(&plain(0, 5, true), true));
        assert!(!chain.needs_key());
    }

    #[test]
    fn references_say_exactly_what_a_loss_costs() {
        let numbered = |number: u16, layer: u8, references: &[u8]| Descriptor {
            layer,
            picture: Some((number, 128)),
            references: Some(references.to_vec()),
            ..Descriptor::default()
        };
        let mut chain = Chain::new();
        assert!(chain.take(&numbered(126, 0, &[]), true));
        chain.missed(&numbered(127, 2, &[1]));
        assert!(chain.take(&numbered(0, 1, &[2]), false));
        assert!(!chain.take(&numbered(1, 2, &[1, 2]), false));
        assert!(chain.take(&numbered(2, 0, &[4]), false));
    }
}
