//! What stands on the pages, and what does not.

use super::*;

const NOW: i64 = THIRTIETH.1 + 86_400_000 * 10;

fn page(edition: &Edition, path: &str) -> String {
    match answer(edition, path, "", NOW) {
        Answer::Page { html, .. } => html,
        other => panic!("{path}: {other:?}"),
    }
}

/// A page as its reader sees it: without tags, marks and line breaks.
fn read(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            '\u{2068}' | '\u{2069}' => {}
            _ if inside => {}
            c => text.push(if c == '\u{a0}' { ' ' } else { c }),
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn both_calls_have_the_right_days_and_times_in_both_capitals() {
    let edition = edition();
    let first = format!("call/{}", Id([1; 16]));
    let second = format!("call/{}", Id([2; 16]));
    for (path, words) in [
        (
            format!("/en/{first}"),
            "Began Moscow Tuesday 7 December 2021 6:07 p.m. Washington Tuesday 7 December 2021 10:07 a.m. \
             Ended Moscow Tuesday 7 December 2021 8:08 p.m. Washington Tuesday 7 December 2021 12:08 p.m. \
             Lasted 121 minutes Asked for by Moscow",
        ),
        (
            format!("/en/{second}"),
            "First announced for Moscow Thursday 30 December 2021 10:35 p.m. Washington Thursday 30 December 2021 2:35 p.m. \
             Announced for Moscow Thursday 30 December 2021 11:30 p.m. Washington Thursday 30 December 2021 3:30 p.m. \
             Began Moscow Thursday 30 December 2021 11:35 p.m. Washington Thursday 30 December 2021 3:35 p.m. \
             Ended Moscow Friday 31 December 2021 12:25 a.m. Washington Thursday 30 December 2021 4:25 p.m. \
             Lasted 50 minutes",
        ),
        (
            format!("/ru/{first}"),
            "Начало Moscow вторник, 7 декабря 2021 г. 18:07 Washington вторник, 7 декабря 2021 г. 10:07 \
             Окончание Moscow вторник, 7 декабря 2021 г. 20:08 Washington вторник, 7 декабря 2021 г. 12:08 \
             Продолжительность 121 минута",
        ),
        (
            format!("/ru/{second}"),
            "Окончание Moscow пятница, 31 декабря 2021 г. 00:25 Washington четверг, 30 декабря 2021 г. 16:25 \
             Продолжительность 50 минут",
        ),
        (
            format!("/ar/{second}"),
            "النهاية Moscow الجمعة 31 ديسمبر 2021 00:25 Washington الخميس 30 ديسمبر 2021 16:25 المدة 50 دقيقة",
        ),
    ] {
        let text = read(&page(&edition, &path));
        assert!(text.contains(words), "{path}: {text}");
    }
    let listed = read(&page(&edition, "/en/"));
    assert!(
        listed.contains(
            "Moscow Thursday 30 December 2021 11:35 p.m. – Friday 31 December 2021 12:25 a.m. \
             Washington Thursday 30 December 2021 3:35 p.m. – 4:25 p.m. 50 minutes · Asked for by Moscow"
        ),
        "{listed}"
    );
    for tag in ["en", "ru", "ar"] {
        let html = page(&edition, &format!("/{tag}/"));
        let (later, earlier) = (html.find(&second).unwrap(), html.find(&first).unwrap());
        assert!(later < earlier, "the newest stands first");
    }
    let english = page(&edition, &format!("/en/{second}"));
    assert!(english.contains(r#"content="2021-12-30T20:35:00Z""#), "{english}");
}

#[test]
fn every_page_is_in_its_language_and_runs_its_way() {
    let mut edition = edition();
    edition.clips.push(clip(&"a".repeat(64)));
    for language in Language::ALL {
        let tag = language.tag();
        for path in [
            String::new(),
            format!("call/{}", Id([1; 16])),
            format!("readout/{}", Id([7; 16])),
            format!("clip/{}", "ab".repeat(32)),
        ] {
            let html = page(&edition, &format!("/{tag}/{path}"));
            let head = format!(r#"<html lang="{tag}" dir="{}">"#, language.direction());
            assert!(html.contains(&head), "{path}");
            for other in Language::ALL {
                let link = format!(r#"href="/{}/{path}""#, other.tag());
                assert!(html.contains(&link), "{tag}/{path} leads to {link}");
            }
            assert!(!html.contains("<script") && !html.contains("style="), "{path}");
            assert!(
                !html.contains("{{") && !html.contains("{%") && !html.contains("{}"),
                "{path}"
            );
        }
    }
    assert_eq!(
        answer(&edition, "/", "ru-RU, en;q=0.5", NOW),
        Answer::Elsewhere("/ru/".to_owned())
    );
    assert_eq!(answer(&edition, "/", "", NOW), Answer::Elsewhere("/en/".to_owned()));
}

#[test]
fn what_somebody_calls_himself_is_text_and_nothing_else() {
    let evil = r#"</title><script src="https://evil.example/x.js"></script><img src=x onerror='alert(1)'> "'&"#;
    let hostile = |party: &mut Party| {
        party.name = evil.to_owned();
        party.place = evil.to_owned();
    };
    let mut edition = edition();
    hostile(&mut edition.side);
    for (_, notice) in &mut edition.notices {
        hostile(&mut notice.facts.ours);
        hostile(&mut notice.facts.far);
        notice.facts.topics = vec![evil.to_owned()];
    }
    let evil_text = Text {
        title: evil.to_owned(),
        paragraphs: vec![evil.to_owned()],
        quotes: vec![Quote {
            words: evil.to_owned(),
            by: evil.to_owned(),
        }],
        note: Some(evil.to_owned()),
    };
    let (_, readout) = &mut edition.readouts[0];
    let mut facts = readout.versions[0].2.clone();
    hostile(&mut facts.ours);
    hostile(&mut facts.far);
    facts.topics = vec![evil.to_owned()];
    for _ in 0..2 {
        let texts = Texts::from([(Language::English, evil_text.clone())]);
        readout.versions.push((SEVENTH.1 + 9, texts, facts.clone()));
    }
    let mut clip = clip(&"a".repeat(64));
    clip.sides = vec![evil.to_owned(), "Washington".to_owned()];
    clip.signed_by = evil.to_owned();
    clip.file = evil.to_owned();
    edition.clips.push(clip);
    let mut paths: Vec<String> = vec![String::new(), format!("clip/{}", "ab".repeat(32))];
    paths.extend([1_u8, 2].map(|id| format!("call/{}", Id([id; 16]))));
    paths.push(format!("readout/{}", Id([7; 16])));
    for language in Language::ALL {
        for path in &paths {
            let html = page(&edition, &format!("/{}/{path}", language.tag()));
            for piece in ["<script", "<img", "onerror='", "</title><", "\"'&\""] {
                assert!(!html.contains(piece), "{path} has {piece}");
            }
            let quotes = html.matches('<').count();
            assert_eq!(
                quotes,
                html.matches('>').count(),
                "{path}: every bracket is the page's own"
            );
        }
        let Answer::Feed { xml, .. } = answer(&edition, &format!("/{}/feed.atom", language.tag()), "", NOW) else {
            panic!("a feed");
        };
        assert!(!xml.contains("<script") && !xml.contains("<img"), "{xml}");
        assert!(xml.parse::<atom_syndication::Feed>().is_ok());
    }
    let html = preview(
        &edition.readouts[0].1.versions[1].1,
        &facts,
        None,
        NOW,
        Language::Arabic,
    );
    assert!(!html.contains("<script") && html.contains("&#60;script"), "{html}");
}

#[test]
fn no_mark_in_foreign_words_turns_a_page_or_a_feed() {
    // Overrides, embeddings, isolates, marks, separators, tags, controls: what pretends to be other words than it is.
    let marks = "\u{202e}\u{202d}\u{202a}\u{202b}\u{202c}\u{2066}\u{2067}\u{200e}\u{200f}\u{61c}\u{200b}\u{2028}\u{2029}\u{2060}\u{feff}\u{e0041}\u{1b}\u{0}\u{85}";
    let name = format!("Mos{marks}\u{2069}cow");
    let mut edition = edition();
    edition.side.name.clone_from(&name);
    for (_, notice) in &mut edition.notices {
        for party in [&mut notice.facts.ours, &mut notice.facts.far] {
            party.name.clone_from(&name);
            party.place.clone_from(&name);
        }
        notice.facts.topics = vec![format!("{marks}gpj.ytiruces")];
    }
    let (_, readout) = &mut edition.readouts[0];
    let (_, texts, facts) = &mut readout.versions[0];
    let text = texts.get_mut(&Language::English).unwrap();
    text.quotes[0].by = format!("a{marks}b");
    text.paragraphs[0] = format!("c{marks}d");
    facts.far.name.clone_from(&name);
    let mut clip = clip(&"a".repeat(64));
    clip.signed_by.clone_from(&name);
    edition.clips.push(clip);
    let mut all = Vec::new();
    for language in Language::ALL {
        for path in [
            String::new(),
            format!("call/{}", Id([1; 16])),
            format!("readout/{}", Id([7; 16])),
            format!("clip/{}", "ab".repeat(32)),
        ] {
            all.push(page(&edition, &format!("/{}/{path}", language.tag())));
        }
        let Answer::Feed { xml, .. } = answer(&edition, &format!("/{}/feed.atom", language.tag()), "", NOW) else {
            panic!("a feed");
        };
        assert!(xml.parse::<atom_syndication::Feed>().is_ok());
        all.push(xml);
    }
    for whole in all {
        for mark in marks.chars() {
            assert!(!whole.contains(mark), "{mark:?} in {whole}");
        }
        let depth = whole.chars().try_fold(0_i32, |depth, c| match c {
            '\u{2068}' => Some(depth + 1),
            '\u{2069}' => (depth > 0).then_some(depth - 1),
            _ => Some(depth),
        });
        assert_eq!(
            depth.map(|depth| depth < 3),
            Some(true),
            "a name ends its own isolation: {whole}"
        );
    }
}

#[test]
fn a_clip_under_embargo_is_not_there_before_its_time() {
    let mut edition = edition();
    let absent = edition.clone();
    let mut under = clip(&"a".repeat(64));
    under.embargo = Some(NOW + 1);
    edition.clips.push(under);
    let hash = "ab".repeat(32);
    for path in [
        "/en/".to_owned(),
        "/ar/feed.atom".to_owned(),
        format!("/en/call/{}", Id([1; 16])),
        format!("/en/clip/{hash}"),
        format!("/clip/{hash}.mp4"),
        format!("/clip/{hash}.jpg"),
    ] {
        assert_eq!(
            answer(&edition, &path, "", NOW),
            answer(&absent, &path, "", NOW),
            "{path}"
        );
        assert_ne!(
            answer(&edition, &path, "", NOW + 1),
            answer(&absent, &path, "", NOW + 1),
            "{path}"
        );
    }
}

#[test]
fn fonts_that_the_style_names_are_answered_and_nothing_of_the_style_is_elsewhere() {
    let urls: Vec<&str> = STYLE_AND_FONTS
        .split("url(\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(urls.len() > 12);
    for url in urls {
        assert!(matches!(answer(&edition(), url, "", NOW), Answer::Font(_)), "{url}");
    }
    assert!(!STYLE_AND_FONTS.contains("//") && !STYLE_AND_FONTS.contains("@import"));
}

#[test]
fn what_is_not_public_is_not_there() {
    let mut edition = edition();
    edition.clips.push(clip(&"a".repeat(64)));
    edition.clips[0].poster = false;
    let (zero, one) = ("0".repeat(32), "01".repeat(16));
    for path in [
        "",
        "/nothing",
        "/en",
        "/fr/",
        "//",
        "/en//",
        "/EN/",
        "/api/press",
        "/api/me",
        "/desk/desk",
        "/readyz",
        "/pages.css",
        "/en/feed.atom/",
        "/en/../en/",
        "/style.css/",
        "/fonts/x.woff2",
        "/fonts/../assets/index.js",
        "/fonts/ibm-plex-sans/-normal.woff2",
        &format!("/en/call/{zero}"),
        &format!("/en/call/{}", one.to_uppercase().replace("01", "0A")),
        &format!("/en/call/{one}/"),
        &format!("/en/call/{}", "a".repeat(64)),
        &format!("/en/readout/{one}"),
        &format!("/en/clip/{}", "AB".repeat(32)),
        &format!("/clip/{}.mp4", "cd".repeat(32)),
        &format!("/clip/{}.jpg", "ab".repeat(32)),
        &format!("/clip/{}", "ab".repeat(32)),
        &format!("/clip/{}.mp4.mp4", "ab".repeat(32)),
    ] {
        assert_eq!(answer(&edition, path, "", NOW), Answer::Nothing, "{path}");
    }
    assert_eq!(
        answer(&edition, &format!("/clip/{}.mp4", "ab".repeat(32)), "", NOW),
        Answer::Clip(Sha256Hex::of([0xab; 32]))
    );
    let html = page(&edition, "/en/");
    assert!(
        !html.contains(&"a".repeat(64)) && !html.contains(&"b".repeat(64)),
        "calls' own ids are not told"
    );
}

#[test]
fn a_correction_stands_with_what_was_said_before() {
    let mut edition = edition();
    let (_, readout) = &mut edition.readouts[0];
    let mut later = text("Readout, corrected");
    later.note = Some("The first version named the wrong hour.".to_owned());
    let facts = readout.versions[0].2.clone();
    let texts = Texts::from([(Language::English, later)]);
    readout.versions.push((SEVENTH.1 + 7_200_000, texts, facts));
    let text = read(&page(&edition, &format!("/en/readout/{}", Id([7; 16]))));
    for words in [
        "Readout, corrected",
        "Corrections Tuesday 7 December 2021, 2:08 p.m. Washington The first version named the wrong hour.",
        "As published on Tuesday 7 December 2021, 12:08 p.m. Washington Readout of the call",
        "Changed Tuesday 7 December 2021, 2:08 p.m. Washington",
        "A good talk. a senior official",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let arabic = page(&edition, &format!("/ar/readout/{}", Id([7; 16])));
    assert!(arabic.contains(r#"<h1 lang="en" dir="ltr">"#) && arabic.contains("هذا النص غير منشور بالعربية"));
}

#[test]
fn announcements_stand_first_until_their_day_is_over() {
    let mut edition = edition();
    let (_, notice) = &mut edition.notices[1];
    notice.kind = NoticeKind::Announced;
    notice.facts = facts(None).told(ALL);
    let coming = |edition: &Edition, now: i64| {
        let Answer::Page { html, .. } = answer(edition, "/en/", "", now) else {
            panic!("a page")
        };
        let announced = html.find("id=\"past\"").unwrap();
        html[..announced].contains(&Id([2; 16]).to_string())
    };
    assert!(coming(&edition, THIRTIETH.0));
    assert!(
        !coming(&edition, THIRTIETH.0 + 2 * 86_400_000),
        "nobody said that it took place"
    );
    edition.notices[1].1.kind = NoticeKind::Off;
    let page_of_call = format!("/en/call/{}", Id([2; 16]));
    for now in [THIRTIETH.0, THIRTIETH.0 + 2 * 86_400_000] {
        for path in ["/en/", &page_of_call] {
            let Answer::Page { html, .. } = answer(&edition, path, "", now) else {
                panic!("a page")
            };
            assert!(html.contains("This call was called off."), "{path} at {now}");
        }
    }
}

#[test]
fn the_feed_is_atom_and_an_entry_keeps_its_id_when_it_changes() {
    let feed = |edition: &Edition, tag: &str| {
        let Answer::Feed { xml, .. } = answer(edition, &format!("/{tag}/feed.atom"), "", NOW) else {
            panic!("a feed");
        };
        xml.parse::<atom_syndication::Feed>().unwrap()
    };
    let mut edition = edition();
    edition.clips.push(clip(&"a".repeat(64)));
    let before = feed(&edition, "en");
    assert_eq!(before.entries.len(), 4);
    assert!(
        before.entries.windows(2).all(|pair| pair[0].updated >= pair[1].updated),
        "the newest first"
    );
    let ids: std::collections::BTreeSet<_> = before.entries.iter().map(|entry| entry.id.clone()).collect();
    assert_eq!(ids.len(), 4);
    assert!(ids.iter().all(|id| id.starts_with("urn:uuid:") && id.len() == 45));
    let links: Vec<_> = before.entries.iter().flat_map(|entry| &entry.links).collect();
    assert!(
        links.iter().all(|link| link.href.starts_with("https://press.example/")),
        "{links:?}"
    );
    assert_eq!(before.updated.to_rfc3339(), "2021-12-30T21:25:00+00:00");

    let held = before
        .entries
        .iter()
        .find(|entry| entry.title.value.contains("Took place"))
        .unwrap();
    let summary = held.summary.as_ref().unwrap().value.replace('\u{a0}', " ");
    assert!(
        summary.contains("11:35 p.m. – Friday 31 December 2021, 12:25 a.m. (Moscow)") && summary.contains("50 minutes"),
        "{summary}"
    );

    let (_, readout) = &mut edition.readouts[0];
    let (_, texts, facts) = readout.versions[0].clone();
    readout.versions.push((NOW, texts, facts));
    let after = feed(&edition, "en");
    let ids_after: std::collections::BTreeSet<_> = after.entries.iter().map(|entry| entry.id.clone()).collect();
    assert_eq!(ids_after, ids);
    assert!(after.updated > before.updated && after.entries[0].published < Some(after.entries[0].updated));
    assert_eq!(after.id, before.id);
    let russian = feed(&edition, "ru");
    assert!(russian.entries.iter().all(|entry| !ids.contains(&entry.id)) && russian.id != before.id);
}

#[test]
fn a_first_draft_says_the_facts_and_passes_its_own_bounds() {
    let texts: Texts = Language::ALL
        .into_iter()
        .map(|language| (language, suggest(&facts(Some(THIRTIETH)).told(ALL), language)))
        .collect();
    let english = &texts[&Language::English].paragraphs[0];
    assert_eq!(
        english.replace('\u{a0}', " "),
        "Washington and Moscow spoke by video, Thursday 30 December 2021, 11:35 p.m. – Friday 31 December 2021, 12:25 a.m. \
         (Moscow), Thursday 30 December 2021, 3:35 p.m. – 4:25 p.m. (Washington), 50 minutes. The call was asked for by \
         Moscow. Topics: Strategic stability; Europe."
    );
    let facts = facts(Some(THIRTIETH)).told(ALL);
    let seat = Seat { id: "a", key: "b" };
    assert_eq!(ReadoutState::default().may(&Act::Draft { texts, facts }, seat), Ok(()));
}
