//! What sound looks like once it is opened: Opus (RFC 6716), alone or with the packets before it (RED, RFC 2198).

/// Samples of the longest packet, at 48 kHz: 120 ms (RFC 6716, section 3.1).
pub(crate) const SAMPLES_MAX: u32 = 5_760;
/// Longest packet kept in bytes.
const BYTES_MAX: usize = 1_400;
/// Blocks of redundancy looked at in one packet.
const BLOCKS_MAX: usize = 8;

/// How many samples at 48 kHz a packet holds (RFC 6716, section 3); none for what is no packet.
pub(crate) fn samples(packet: &[u8]) -> Option<u32> {
    if packet.len() > BYTES_MAX {
        return None;
    }
    let toc = *packet.first()?;
    let frame = match toc >> 3 {
        config @ 0..=11 => [480, 960, 1_920, 2_880][usize::from(config % 4)],
        config @ 12..=15 => [480, 960][usize::from(config % 2)],
        config => [120, 240, 480, 960][usize::from(config % 4)],
    };
    let frames = match toc & 3 {
        0 => 1,
        // Two of one size: an even number of bytes.
        1 if packet.len() % 2 == 1 => 2,
        2 if packet.len() > 1 => 2,
        3 => u32::from(*packet.get(1)? & 0x3f),
        _ => return None,
    };
    let all = frame * frames;
    (all > 0 && all <= SAMPLES_MAX).then_some(all)
}

/// A packet of silence of 20, 10, 5 or 2.5 ms: the longest that fits into `samples`.
pub(crate) fn silence(samples: i64) -> Option<(u32, [u8; 3])> {
    [(960, 31_u8), (480, 30), (240, 29), (120, 28)]
        .into_iter()
        .find(|(length, _)| i64::from(*length) <= samples)
        .map(|(length, config)| (length, [config << 3, 0xff, 0xfe]))
}

/// The packets in a payload of RED, each with how many ticks it lies before the payload's time stamp; the newest last.
pub(crate) fn blocks(payload: &[u8]) -> Option<Vec<(i64, &[u8])>> {
    let mut headers = Vec::new();
    let mut rest = payload;
    loop {
        match rest {
            [first, a, b, c, tail @ ..] if first & 0x80 != 0 && headers.len() < BLOCKS_MAX => {
                let offset = u16::from(*a) << 6 | u16::from(b >> 2);
                let length = usize::from(u16::from(b & 3) << 8 | u16::from(*c));
                headers.push((i64::from(offset), length));
                rest = tail;
            }
            [first, tail @ ..] if first & 0x80 == 0 => {
                rest = tail;
                break;
            }
            _ => return None,
        }
    }
    let mut blocks = Vec::with_capacity(headers.len() + 1);
    for (offset, length) in headers {
        let (block, tail) = rest.split_at_checked(length)?;
        if length > 0 {
            blocks.push((offset, block));
        }
        rest = tail;
    }
    blocks.push((0, rest));
    Some(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_follow_from_the_first_byte() {
        assert_eq!(samples(&[0xf8, 0xff, 0xfe]), Some(960));
        assert_eq!(samples(&[0xe0, 0]), Some(120));
        assert_eq!(samples(&[3 << 3, 0]), Some(2_880));
        assert_eq!(samples(&[0xfb, 3, 0]), Some(2_880));
        assert_eq!(samples(&[0xfb, 7, 0]), None, "140 ms");
        assert_eq!(samples(&[0xf9, 0]), None, "two frames in an odd number of bytes");
        assert_eq!(samples(&[]), None);
        for length in [960, 480, 240, 120] {
            let (said, packet) = silence(length).expect("silence");
            assert_eq!(samples(&packet), Some(said));
        }
        assert_eq!(silence(119), None);
    }

    #[test]
    fn redundancy_is_taken_apart() {
        let payload = [0x80 | 111, 0x0f, 0x00, 2, 111, 1, 2, 9, 9, 9];
        assert_eq!(blocks(&payload), Some(vec![(960, &[1_u8, 2][..]), (0, &[9, 9, 9][..])]));
        assert_eq!(blocks(&[111, 5]), Some(vec![(0, &[5_u8][..])]));
        assert_eq!(blocks(&[0x80 | 111, 0x0f, 0x00, 9, 111, 1]), None, "cut off");
        assert_eq!(blocks(&[]), None);
    }
}
