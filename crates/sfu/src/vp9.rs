//! The clear VP9 payload descriptor (RFC 9628, section 4.2): the only bytes of a payload that are ever read.

/// What forwarding needs to know of a picture packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Descriptor {
    /// Not predicted from earlier pictures (P = 0) and of the lowest layers: part of a key frame.
    pub key: bool,
    /// First packet of its frame (B).
    pub start: bool,
    /// Temporal layer; 0 when the stream has none.
    pub layer: u8,
    /// A receiver may step up to this layer at this frame (U).
    pub step_up: bool,
}

/// Reads the descriptor; `None` when the payload is too short for what its flags announce.
pub(crate) fn parse(payload: &[u8]) -> Option<Descriptor> {
    let flags = *payload.first()?;
    let (picture_id, predicted, layers, start) = (
        flags & 0x80 != 0,
        flags & 0x40 != 0,
        flags & 0x20 != 0,
        flags & 0x08 != 0,
    );
    let mut at = 1;
    if picture_id {
        // The picture id is 7 or 15 bits, told by its own first bit.
        at += if *payload.get(at)? & 0x80 != 0 { 2 } else { 1 };
    }
    let (mut layer, mut step_up, mut spatial) = (0, true, 0);
    if layers {
        let indices = *payload.get(at)?;
        layer = indices >> 5;
        step_up = indices & 0x10 != 0;
        spatial = (indices >> 1) & 0x07;
        at += 1;
    }
    // A descriptor without a single byte of picture after it carries nothing.
    if payload.len() <= at {
        return None;
    }
    Some(Descriptor {
        key: !predicted && layer == 0 && spatial == 0,
        start,
        layer,
        step_up,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_chromium_sends() {
        // I P L F B E V Z: key frame with 15-bit picture id, layer indices and scalability structure.
        let key = [0b1010_1010, 0x80, 0x01, 0b0001_0000, 0x07, 0x18, 0x00];
        assert_eq!(
            parse(&key),
            Some(Descriptor {
                key: true,
                start: true,
                layer: 0,
                step_up: true
            })
        );
        // Second temporal layer, not the first packet, no step up.
        let upper = [0b1110_0000, 0x80, 0x02, 0b0100_0000, 0x07, 0xff];
        assert_eq!(
            parse(&upper),
            Some(Descriptor {
                key: false,
                start: false,
                layer: 2,
                step_up: false
            })
        );
    }

    #[test]
    fn short_picture_id_and_no_layers() {
        assert_eq!(
            parse(&[0b1000_1000, 0x11, 0xaa]),
            Some(Descriptor {
                key: true,
                start: true,
                layer: 0,
                step_up: true
            })
        );
        assert_eq!(
            parse(&[0b0100_1000, 0xaa]),
            Some(Descriptor {
                key: false,
                start: true,
                layer: 0,
                step_up: true
            })
        );
    }

    #[test]
    fn truncated_descriptors_are_refused() {
        for bytes in [&[][..], &[0x80], &[0x80, 0x80], &[0xa0, 0x80, 0x01], &[0x20], &[0x08]] {
            assert_eq!(parse(bytes), None, "{bytes:?}");
        }
    }
}
