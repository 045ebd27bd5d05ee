//! Forms that must be refused. All but the few that say so carry a signature that is right for their bytes, so that
//! nothing but the reader's strictness stands in their way.

mod terms;

use super::world::{START, World, demo_key};
use crate::cbor::Writer;
use crate::{LineId, SecretKey, Signer, Statement};

fn cbor(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut out = Writer::default();
    write(&mut out);
    out.0
}

/// A COSE_Sign1 in pieces, each already encoded.
#[derive(Clone)]
struct Envelope {
    tag: Vec<u8>,
    array: Vec<u8>,
    protected: Vec<u8>,
    unprotected: Vec<u8>,
    payload: Vec<u8>,
    signature: Option<Vec<u8>>,
    tail: Vec<u8>,
}

impl Envelope {
    fn new(payload: &[u8]) -> Self {
        Self {
            tag: vec![0xd2],
            array: vec![0x84],
            protected: header(&demo_key_a()),
            unprotected: vec![0xa0],
            payload: payload.to_vec(),
            signature: None,
            tail: Vec::new(),
        }
    }

    fn seal(&self) -> Vec<u8> {
        let to_sign = cbor(|out| {
            out.array(4)
                .text("Signature1")
                .bytes(&self.protected)
                .bytes(&[])
                .bytes(&self.payload);
        });
        let signature = demo_key_a().sign(&to_sign);
        let mut bytes = [&self.tag[..], &self.array].concat();
        bytes.extend(cbor(|out| {
            out.bytes(&self.protected);
        }));
        bytes.extend(&self.unprotected);
        bytes.extend(cbor(|out| {
            out.bytes(&self.payload);
        }));
        bytes.extend(self.signature.clone().unwrap_or_else(|| {
            cbor(|out| {
                out.bytes(&signature);
            })
        }));
        bytes.extend(&self.tail);
        bytes
    }
}

fn demo_key_a() -> SecretKey {
    let mut keys = World::new(2).keys;
    keys.swap_remove(0)
}

fn header(key: &SecretKey) -> Vec<u8> {
    cbor(|out| {
        out.map(2).uint(1).nint(7).uint(4).bytes(&key.key().0);
    })
}

/// A payload in pieces: the map's head, then key and value, each encoded.
#[derive(Clone)]
struct Payload {
    head: Vec<u8>,
    fields: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Payload {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head.clone();
        for (key, value) in &self.fields {
            bytes.extend(key);
            bytes.extend(value);
        }
        bytes
    }

    /// The same with another value under one key.
    fn with(&self, key: usize, write: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut other = self.clone();
        other.fields[key].1 = cbor(write);
        other.bytes()
    }

    fn raw(&self, key: usize, value: &[u8]) -> Vec<u8> {
        let mut other = self.clone();
        other.fields[key].1 = value.to_vec();
        other.bytes()
    }
}

/// A plain statement: an End in second place.
fn end() -> Payload {
    let world = World::new(2);
    let (side, far) = (world.sides[0], world.sides[1]);
    let values = [
        cbor(|out| {
            out.text("visavis statement 1");
        }),
        cbor(|out| {
            out.array(2).uint(1).bytes(&[7; 32]);
        }),
        cbor(|out| {
            out.bytes(&side.0);
        }),
        vec![2],
        cbor(|out| {
            out.bytes(&[8; 32]);
        }),
        cbor(|out| {
            out.array(1).array(3).bytes(&far.0).uint(1).bytes(&[9; 32]);
        }),
        cbor(|out| {
            out.uint(START.unsigned_abs());
        }),
        vec![16],
        vec![0xa0],
    ];
    Payload {
        head: vec![0xa9],
        fields: (0u8..).map(|key| vec![key]).zip(values).collect(),
    }
}

pub fn refused() -> Vec<(String, Vec<u8>)> {
    let good = end();
    Statement::parse(&Envelope::new(&good.bytes()).seal()).unwrap();
    let mut cases = Vec::new();
    envelopes(&good.bytes(), &mut |name, bytes| cases.push((name.to_owned(), bytes)));
    let mut payload = |name: &str, payload: Vec<u8>| cases.push((name.to_owned(), Envelope::new(&payload).seal()));
    forms(&good, &mut payload);
    values(&good, &mut payload);
    bodies(&good, &mut payload);
    terms::offers(&mut payload);
    terms::tails(&mut payload);
    cases
}

fn envelopes(payload: &[u8], case: &mut impl FnMut(&str, Vec<u8>)) {
    let good = Envelope::new(payload);
    let key = demo_key_a().key();
    let mut with = |name: &str, change: &dyn Fn(&mut Envelope)| {
        let mut other = good.clone();
        change(&mut other);
        case(name, other.seal());
    };
    with("envelope: no tag", &|e| e.tag.clear());
    with("envelope: the tag of COSE_Mac0", &|e| e.tag = vec![0xd1]);
    with("envelope: the tag in two bytes", &|e| e.tag = vec![0xd8, 0x12]);
    with("envelope: tagged twice", &|e| e.tag = vec![0xd2, 0xd2]);
    with("envelope: array of indefinite length", &|e| {
        e.array = vec![0x9f];
        e.tail = vec![0xff];
    });
    with("envelope: the array's length in two bytes", &|e| {
        e.array = vec![0x98, 4]
    });
    with("envelope: five items", &|e| {
        e.array = vec![0x85];
        e.tail = vec![0xf6];
    });
    with("envelope: a byte after the end", &|e| e.tail = vec![0]);
    with("envelope: something in the unprotected header", &|e| {
        e.unprotected = cbor(|out| {
            out.map(1).uint(4).bytes(&key.0);
        });
    });
    with("envelope: the unprotected header of indefinite length", &|e| {
        e.unprotected = vec![0xbf, 0xff]
    });
    let headers: [(&str, Vec<u8>); 10] = [
        ("header: empty", Vec::new()),
        ("header: an empty map", vec![0xa0]),
        (
            "header: no algorithm",
            cbor(|out| {
                out.map(1).uint(4).bytes(&key.0);
            }),
        ),
        (
            "header: no key",
            cbor(|out| {
                out.map(1).uint(1).nint(7);
            }),
        ),
        (
            "header: another algorithm",
            cbor(|out| {
                out.map(2).uint(1).nint(6).uint(4).bytes(&key.0);
            }),
        ),
        (
            "header: keys in the other order",
            cbor(|out| {
                out.map(2).uint(4).bytes(&key.0).uint(1).nint(7);
            }),
        ),
        (
            "header: one more key",
            cbor(|out| {
                out.map(3).uint(1).nint(7).uint(3).uint(0).uint(4).bytes(&key.0);
            }),
        ),
        (
            "header: the algorithm twice",
            cbor(|out| {
                out.map(3).uint(1).nint(7).uint(1).nint(7).uint(4).bytes(&key.0);
            }),
        ),
        (
            "header: the algorithm in two bytes",
            [
                &[0xa2, 1, 0x38, 7, 4][..],
                &cbor(|out| {
                    out.bytes(&key.0);
                }),
            ]
            .concat(),
        ),
        (
            "header: a byte after the map",
            [&header(&demo_key_a())[..], &[0]].concat(),
        ),
    ];
    for (name, header) in headers {
        with(name, &|e| e.protected = header.clone());
    }
    with("header: a key of 31 bytes", &|e| {
        e.protected = cbor(|out| {
            out.map(2).uint(1).nint(7).uint(4).bytes(&key.0[1..]);
        });
    });
    with("envelope: the signature in 63 bytes", &|e| {
        e.signature = Some(cbor(|out| {
            out.bytes(&[0; 63]);
        }));
    });
    with("envelope: the signature's length in two bytes too many", &|e| {
        e.signature = Some([&[0x59, 0, 64][..], &[0; 64]].concat());
    });
    signatures(payload, case);
}

fn signatures(payload: &[u8], case: &mut impl FnMut(&str, Vec<u8>)) {
    let good = Envelope::new(payload).seal();
    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    case("signature: one bit flipped", flipped);
    let mut other = good.clone();
    let end = other.len();
    // S + L: the same signature to a reader that does not look at S's size.
    let order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    let order: [u8; 32] = crate::unhex(order).unwrap();
    let mut carry = 0u16;
    for (byte, add) in other[end - 32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    case("signature: S not reduced", other);
    // A key of small order, whose signature of all zeroes but one is right for every message unless one looks.
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut small = Envelope::new(payload);
    small.protected = cbor(|out| {
        out.map(2).uint(1).nint(7).uint(4).bytes(&identity);
    });
    let mut signature = [0; 64];
    signature[0] = 1;
    small.signature = Some(cbor(|out| {
        out.bytes(&signature);
    }));
    case("signature: a key of small order", small.seal());
    let mut strange = Envelope::new(payload);
    strange.protected = header(&demo_key(9));
    case("signature: another key's", strange.seal());
}

fn forms(good: &Payload, case: &mut impl FnMut(&str, Vec<u8>)) {
    let mut missing = good.clone();
    missing.head = vec![0xa8];
    missing.fields.pop();
    case("payload: a key missing", missing.bytes());
    let mut unknown = good.clone();
    unknown.head = vec![0xaa];
    unknown.fields.push((vec![9], vec![0]));
    case("payload: an unknown key", unknown.bytes());
    let mut twice = good.clone();
    twice.head = vec![0xaa];
    let again = twice.fields[7].clone();
    twice.fields.insert(8, again);
    case("payload: a key twice", twice.bytes());
    let mut swapped = good.clone();
    swapped.fields.swap(6, 7);
    case("payload: keys out of order", swapped.bytes());
    let mut endless = good.clone();
    endless.head = vec![0xbf];
    endless.fields.push((vec![0xff], Vec::new()));
    case("payload: map of indefinite length", endless.bytes());
    let mut long = good.clone();
    long.head = vec![0xb8, 9];
    case("payload: the map's length in two bytes", long.bytes());
    let mut text = good.clone();
    text.fields[3].0 = vec![0x61, b'3'];
    case("payload: a key that is a text", text.bytes());
    let mut wide = good.clone();
    wide.fields[3].0 = vec![0x18, 3];
    case("payload: a key in two bytes", wide.bytes());
    let mut tail = good.bytes();
    tail.push(0);
    case("payload: a byte after the map", tail);
    case("payload: empty", Vec::new());
    case("payload: an array", vec![0x80]);
    case("payload: cut short", good.bytes()[..good.bytes().len() - 1].to_vec());
}

fn values(good: &Payload, case: &mut impl FnMut(&str, Vec<u8>)) {
    let far = World::new(2).sides[1];
    let mine = World::new(2).sides[0];
    case(
        "format: another",
        good.with(0, |out| {
            out.text("visavis statement 2");
        }),
    );
    case(
        "format: bytes",
        good.with(0, |out| {
            out.bytes(b"visavis statement 1");
        }),
    );
    case(
        "subject: neither call nor line",
        good.with(1, |out| {
            out.array(2).uint(3).bytes(&[7; 32]);
        }),
    );
    case(
        "subject: 31 bytes",
        good.with(1, |out| {
            out.array(2).uint(1).bytes(&[7; 31]);
        }),
    );
    case(
        "subject: none for a statement that starts no call",
        good.raw(1, &[0xf6]),
    );
    case(
        "subject: a line for a call's statement",
        good.with(1, |out| {
            out.array(2).uint(2).bytes(&[7; 32]);
        }),
    );
    case(
        "side: 33 bytes",
        good.with(2, |out| {
            out.bytes(&[7; 33]);
        }),
    );
    case("number: 0", good.raw(3, &[0]));
    case("number: 4097", good.raw(3, &[0x19, 0x10, 1]));
    case("number: in two bytes", good.raw(3, &[0x18, 2]));
    case("number: negative", good.raw(3, &[0x21]));
    case("number: a float", good.raw(3, &[0xf9, 0x40, 0]));
    case("number: a bignum", good.raw(3, &[0xc2, 0x41, 2]));
    case("number: true", good.raw(3, &[0xf5]));
    case("previous: none for number 2", good.raw(4, &[0xf6]));
    case("previous: undefined", good.raw(4, &[0xf7]));
    let mut first = good.clone();
    first.fields[3].1 = vec![1];
    case("previous: one for number 1", first.bytes());
    case(
        "seen: oneself",
        good.with(5, |out| {
            out.array(1).array(3).bytes(&mine.0).uint(1).bytes(&[9; 32]);
        }),
    );
    case(
        "seen: number 0",
        good.with(5, |out| {
            out.array(1).array(3).bytes(&far.0).uint(0).bytes(&[9; 32]);
        }),
    );
    let two = |low: [u8; 32], high: [u8; 32]| {
        move |out: &mut Writer| {
            out.array(2).array(3).bytes(&low).uint(1).bytes(&[9; 32]);
            out.array(3).bytes(&high).uint(1).bytes(&[9; 32]);
        }
    };
    case("seen: a side twice", good.with(5, two(far.0, far.0)));
    case("seen: out of order", good.with(5, two([0xff; 32], far.0)));
    case(
        "seen: sixteen sides",
        good.with(5, |out| {
            out.array(16);
            for side in 0..16 {
                out.array(3).bytes(&[side; 32]).uint(1).bytes(&[9; 32]);
            }
        }),
    );
    case("at: negative", good.raw(6, &[0x20]));
    case(
        "at: after the year 9999",
        good.with(6, |out| {
            out.uint(253_402_300_800_000);
        }),
    );
    case("at: a float", good.raw(6, &[0xfb, 0x42, 0x77, 0xe0, 0, 0, 0, 0, 0]));
    case("at: a tagged time", good.raw(6, &[0xc1, 0]));
    case("kind: 0", good.raw(7, &[0]));
    case("kind: 20", good.raw(7, &[20]));
    case("kind: a rekey in a call", good.raw(7, &[17]));
}

fn bodies(good: &Payload, case: &mut impl FnMut(&str, Vec<u8>)) {
    let body = |kind: u8, write: &dyn Fn(&mut Writer)| {
        let mut other = good.clone();
        other.fields[7].1 = vec![kind];
        other.fields[8].1 = cbor(|out| write(out));
        other.bytes()
    };
    case(
        "body: something in an End",
        body(16, &|out| {
            out.map(1).uint(1).uint(0);
        }),
    );
    case(
        "body: null",
        body(16, &|out| {
            out.null();
        }),
    );
    case(
        "body: an Agree to nothing",
        body(2, &|out| {
            out.map(0);
        }),
    );
    case(
        "body: an Agree to null",
        body(2, &|out| {
            out.map(1).uint(1).null();
        }),
    );
    case(
        "body: an Agree with one more key",
        body(2, &|out| {
            out.map(2).uint(1).bytes(&[1; 32]).uint(2).uint(0);
        }),
    );
    case(
        "body: a Vouch for person 65536",
        body(8, &|out| {
            out.map(2).uint(1).bytes(&[1; 32]).uint(2).uint(65_536);
        }),
    );
    case(
        "body: a Vouch without a person",
        body(8, &|out| {
            out.map(1).uint(1).bytes(&[1; 32]);
        }),
    );
    let admit = |title: &'static [u8]| {
        body(9, &move |out| {
            out.map(2)
                .uint(1)
                .bytes(&[1; 32])
                .uint(2)
                .map(6)
                .uint(1)
                .uint(5)
                .uint(2)
                .bytes(&[2; 32]);
            out.uint(3).uint(1).uint(4);
            out.0.push(0x60 | u8::try_from(title.len()).unwrap());
            out.0.extend_from_slice(title);
            out.uint(5).text("Room").uint(6).null();
        })
    };
    case("body: a title that is not UTF-8", admit(&[0xff, 0xfe]));
    case("body: a title in overlong UTF-8", admit(&[0xc0, 0xaf]));
    case("body: a title with a line break", admit(b"a\nb"));
    case("body: a title with an escape", admit(b"\x1b[31m"));
    case("body: a title that turns the direction", admit("\u{202e}a".as_bytes()));
    case("body: an empty title", admit(b""));
    let admit = |role: u64, languages: Option<[&'static str; 2]>, most: u64| {
        body(9, &move |out| {
            out.map(2).uint(1).bytes(&[1; 32]).uint(2);
            out.map(usize::try_from(most).unwrap())
                .uint(1)
                .uint(5)
                .uint(2)
                .bytes(&[2; 32]);
            out.uint(3).uint(role).uint(4).text("Title").uint(5).text("Room");
            match languages {
                Some([from, to]) => out.uint(6).map(2).uint(1).text(from).uint(2).text(to),
                None if most == 6 => out.uint(6).null(),
                None => out,
            };
        })
    };
    case("body: a person without a word on interpreting", admit(1, None, 5));
    case("body: a principal who interprets", admit(1, Some(["en", "ru"]), 6));
    case(
        "body: interpreting into the same language",
        admit(3, Some(["en", "en"]), 6),
    );
    case("body: interpreting from no language", admit(3, Some(["", "ru"]), 6));
    case(
        "body: interpreting into what is no tag",
        admit(3, Some(["en", "ru_RU"]), 6),
    );
    case(
        "body: a Preflight of no seat",
        body(7, &|out| {
            out.map(2).uint(1).bytes(&[1; 32]).uint(2).array(0);
        }),
    );
    let seats = |keys: [u8; 2], flags: u64, loss: u64| {
        body(7, &move |out| {
            out.map(2).uint(1).bytes(&[1; 32]).uint(2).array(2);
            for key in keys {
                out.map(5)
                    .uint(1)
                    .bytes(&[key; 32])
                    .uint(2)
                    .uint(flags)
                    .uint(3)
                    .uint(1)
                    .uint(4)
                    .uint(loss);
                out.uint(5).null();
            }
        })
    };
    case("body: a Preflight with seats out of order", seats([2, 1], 7, 0));
    case("body: a Preflight with a seat twice", seats([1, 1], 7, 0));
    case("body: a Preflight with unknown flags", seats([1, 2], 8, 0));
    case("body: a Preflight that lost more than all", seats([1, 2], 7, 1_001));
    case(
        "body: a Lost since before 1970",
        body(14, &|out| {
            out.map(2).uint(1).bytes(&[1; 32]).uint(2).nint(0);
        }),
    );
    case(
        "body: a Release without a word on what it corrects",
        body(18, &|out| {
            out.map(1).uint(1).bytes(&[1; 32]);
        }),
    );
    case(
        "body: a Release in the place of itself",
        body(18, &|out| {
            out.map(2).uint(1).bytes(&[1; 32]).uint(2).bytes(&[1; 32]);
        }),
    );
    case(
        "body: a Release of no clip",
        body(18, &|out| {
            out.map(2).uint(1).null().uint(2).null();
        }),
    );
    case(
        "body: a Recall of 31 bytes",
        body(19, &|out| {
            out.map(1).uint(1).bytes(&[1; 31]);
        }),
    );
    let line = LineId([3; 32]);
    let mut rekey = good.clone();
    rekey.fields[1].1 = cbor(|out| {
        out.array(2).uint(2).bytes(&line.0);
    });
    rekey.fields[7].1 = vec![17];
    rekey.fields[8].1 = cbor(|out| {
        out.map(2).uint(1).bytes(&[1; 32]).uint(2).bytes(&[0; 63]);
    });
    case("body: a Rekey whose proof is 63 bytes", rekey.bytes());
}
