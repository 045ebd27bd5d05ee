//! Languages as an MP4 file says them: three letters of ISO 639-2/T (ISO/IEC 14496-12, 8.4.2).

/// Two letters of ISO 639-1 and the three of ISO 639-2/T.
const THREE: [(&str, &str); 64] = [
    ("af", "afr"),
    ("am", "amh"),
    ("ar", "ara"),
    ("az", "aze"),
    ("be", "bel"),
    ("bg", "bul"),
    ("bn", "ben"),
    ("bs", "bos"),
    ("ca", "cat"),
    ("cs", "ces"),
    ("da", "dan"),
    ("de", "deu"),
    ("el", "ell"),
    ("en", "eng"),
    ("es", "spa"),
    ("et", "est"),
    ("fa", "fas"),
    ("fi", "fin"),
    ("fr", "fra"),
    ("ga", "gle"),
    ("he", "heb"),
    ("hi", "hin"),
    ("hr", "hrv"),
    ("hu", "hun"),
    ("hy", "hye"),
    ("id", "ind"),
    ("is", "isl"),
    ("it", "ita"),
    ("ja", "jpn"),
    ("ka", "kat"),
    ("kk", "kaz"),
    ("km", "khm"),
    ("ko", "kor"),
    ("ku", "kur"),
    ("ky", "kir"),
    ("lo", "lao"),
    ("lt", "lit"),
    ("lv", "lav"),
    ("mk", "mkd"),
    ("mn", "mon"),
    ("ms", "msa"),
    ("my", "mya"),
    ("nb", "nob"),
    ("ne", "nep"),
    ("nl", "nld"),
    ("no", "nor"),
    ("pl", "pol"),
    ("ps", "pus"),
    ("pt", "por"),
    ("ro", "ron"),
    ("ru", "rus"),
    ("sk", "slk"),
    ("sl", "slv"),
    ("so", "som"),
    ("sq", "sqi"),
    ("sr", "srp"),
    ("sv", "swe"),
    ("sw", "swa"),
    ("th", "tha"),
    ("tr", "tur"),
    ("uk", "ukr"),
    ("ur", "urd"),
    ("vi", "vie"),
    ("zh", "zho"),
];

/// The three letters for a BCP 47 tag or an ISO 639 code; `und` where there are none.
pub(crate) fn three_letters(tag: &str) -> &str {
    let first = tag.split(['-', '_']).next().unwrap_or("");
    let lower = first.to_ascii_lowercase();
    if let Some((_, three)) = THREE.iter().find(|(two, _)| *two == lower) {
        return three;
    }
    if first.len() == 3 && first == lower && first.bytes().all(|letter| letter.is_ascii_lowercase()) {
        return first;
    }
    "und"
}

#[cfg(test)]
mod tests {
    use super::three_letters;

    #[test]
    fn a_tag_becomes_three_letters() {
        for (tag, three) in [
            ("ru", "rus"),
            ("en-US", "eng"),
            ("AR", "ara"),
            ("zh_Hant", "zho"),
            ("fra", "fra"),
            ("xx", "und"),
            ("", "und"),
            ("four", "und"),
        ] {
            assert_eq!(three_letters(tag), three, "{tag}");
        }
    }
}
