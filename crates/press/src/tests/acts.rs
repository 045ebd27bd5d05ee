//! Who may do what with a readout and a notice, in which order.

use super::*;

fn draft(texts: Texts, of: Facts) -> Act {
    Act::Draft { texts, facts: of }
}

fn english(title: &str) -> Texts {
    Texts::from([(Language::English, text(title))])
}

fn noted(title: &str, note: &str) -> Texts {
    let mut text = text(title);
    text.note = Some(note.to_owned());
    Texts::from([(Language::English, text)])
}

fn over() -> Facts {
    facts(Some(SEVENTH)).told(ALL)
}

const ONE: Seat<'_> = Seat {
    id: "one",
    key: "key of one",
};
const TWO: Seat<'_> = Seat {
    id: "two",
    key: "key of two",
};

#[test]
fn a_second_person_approves_and_nobody_publishes_before() {
    let mut acts = vec![act("one", 1, draft(english("First"), over()))];
    let state = ReadoutState::of(&acts);
    assert_eq!(state.may(&Act::Publish { version: 1 }, TWO), Err(No::Unapproved));
    assert_eq!(state.may(&Act::Approve { version: 1 }, ONE), Err(No::OwnDraft));
    let renamed = Seat {
        id: "other",
        key: "key of one",
    };
    let newly_enrolled = Seat { id: "one", key: "new" };
    assert_eq!(state.may(&Act::Approve { version: 1 }, renamed), Err(No::OwnDraft));
    assert_eq!(
        state.may(&Act::Approve { version: 1 }, newly_enrolled),
        Err(No::OwnDraft)
    );
    assert_eq!(state.may(&Act::Approve { version: 2 }, TWO), Err(No::Newer));
    assert_eq!(state.may(&Act::Approve { version: 1 }, TWO), Ok(()));
    assert_eq!(state.public(Id([1; 16])), None);

    acts.push(act("two", 2, Act::Approve { version: 1 }));
    let state = ReadoutState::of(&acts);
    assert_eq!(state.may(&Act::Approve { version: 1 }, TWO), Err(No::Approved));
    assert_eq!(state.public(Id([1; 16])), None, "approved is not published");
    acts.push(act("one", 3, Act::Publish { version: 1 }));
    let state = ReadoutState::of(&acts);
    assert_eq!(state.public(Id([1; 16])).unwrap().versions.len(), 1);
    assert_eq!(state.may(&Act::Publish { version: 1 }, ONE), Err(No::Published));
}

#[test]
fn acts_that_do_not_hold_change_nothing() {
    let acts = [
        act("one", 1, Act::Approve { version: 1 }),
        act("one", 2, draft(english("First"), over())),
        act("one", 3, Act::Approve { version: 1 }),
        act("one", 4, Act::Publish { version: 1 }),
        act("one", 5, Act::Hide {}),
    ];
    let state = ReadoutState::of(&acts);
    assert_eq!(
        state,
        ReadoutState::of(&acts[1..2]),
        "a store that was tampered with publishes nothing"
    );
}

#[test]
fn a_correction_says_what_it_changed_and_the_history_stays() {
    let mut acts = vec![
        act("one", 1, draft(english("First"), over())),
        act("two", 2, Act::Approve { version: 1 }),
        act("two", 3, Act::Publish { version: 1 }),
    ];
    let state = ReadoutState::of(&acts);
    assert_eq!(state.may(&draft(english("Second"), over()), ONE), Err(No::Note));
    let second = draft(noted("Second", "The hour was wrong."), over());
    assert_eq!(state.may(&second, ONE), Ok(()));
    acts.push(act("two", 4, second));
    assert_eq!(
        ReadoutState::of(&acts).public(Id([1; 16])).unwrap().versions.len(),
        1,
        "not yet"
    );
    acts.push(act("one", 5, Act::Approve { version: 2 }));
    acts.push(act("one", 6, Act::Publish { version: 2 }));
    let public = ReadoutState::of(&acts).public(Id([1; 16])).unwrap();
    assert_eq!((public.published(), public.updated()), (3, 6));
    let titles: Vec<_> = public
        .versions
        .iter()
        .map(|(_, texts, _)| texts[&Language::English].title.as_str())
        .collect();
    assert_eq!(titles, ["First", "Second"]);

    acts.push(act("one", 7, Act::Withdraw {}));
    let state = ReadoutState::of(&acts);
    assert_eq!(state.public(Id([1; 16])), None);
    assert_eq!(state.versions.len(), 2, "the desk keeps the history");
    for what in [
        draft(noted("Third", "x"), over()),
        Act::Publish { version: 2 },
        Act::Withdraw {},
    ] {
        assert_eq!(state.may(&what, ONE), Err(No::Withdrawn));
    }
    let first = ReadoutState::default();
    assert_eq!(
        first.may(&draft(noted("First", "Of what?"), over()), ONE),
        Err(No::Note)
    );
}

#[test]
fn a_readout_of_a_call_that_is_not_over_is_not_approved() {
    let mut running = facts(Some(SEVENTH));
    running.took = Some(Took::Times {
        begun: SEVENTH.0,
        ended: None,
    });
    for (of, show) in [(facts(None), ALL), (running.clone(), ALL), (running, LEAST)] {
        let acts = [act("one", 1, draft(english("Early"), of.told(show)))];
        let state = ReadoutState::of(&acts);
        assert_eq!(state.may(&Act::Approve { version: 1 }, TWO), Err(No::NotOver));
    }
    let acts = [act("one", 1, draft(english("Day"), facts(Some(SEVENTH)).told(LEAST)))];
    assert_eq!(ReadoutState::of(&acts).may(&Act::Approve { version: 1 }, TWO), Ok(()));
}

#[test]
fn texts_have_bounds_and_no_marks_that_turn_a_line() {
    let state = ReadoutState::default();
    let refused = |change: fn(&mut Text)| {
        let mut text = text("Title");
        change(&mut text);
        let texts = Texts::from([(Language::Arabic, text)]);
        state.may(&draft(texts, over()), ONE).unwrap_err()
    };
    let language = Language::Arabic;
    let field = |no: No| match no {
        No::Text(Fault::Text { field, .. } | Fault::TooLong { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    assert_eq!(state.may(&draft(Texts::new(), over()), ONE), Err(No::Text(Fault::None)));
    assert_eq!(field(refused(|t| t.title = "a\u{202e}b".to_owned())), "title");
    assert_eq!(field(refused(|t| t.title = " ".to_owned())), "title");
    assert_eq!(field(refused(|t| t.paragraphs.clear())), "paragraphs");
    assert_eq!(field(refused(|t| t.paragraphs = vec!["a\nb".to_owned()])), "paragraphs");
    assert_eq!(
        field(refused(|t| t.paragraphs = vec!["x".to_owned(); PARAGRAPHS_MAX + 1])),
        "paragraphs"
    );
    assert_eq!(field(refused(|t| t.quotes[0].by.clear())), "attribution");
    assert_eq!(
        field(refused(|t| t.quotes = vec![t.quotes[0].clone(); QUOTES_MAX + 1])),
        "quotes"
    );
    let max = TITLE_BYTES_MAX;
    assert_eq!(
        refused(|t| t.title = "x".repeat(TITLE_BYTES_MAX + 1)),
        No::Text(Fault::TooLong {
            language,
            field: "title",
            max
        })
    );
}

#[test]
fn terms_say_what_may_be_announced() {
    let asked = Show { asked: true, ..LEAST };
    let topics = Show { topics: true, ..LEAST };
    for (terms, show, outcome) in [
        (Notice::Nothing, LEAST, Err(No::Terms)),
        (Notice::Call, LEAST, Ok(())),
        (Notice::Call, asked, Err(No::Terms)),
        (Notice::Call, topics, Err(No::Terms)),
        (Notice::Topics, ALL, Ok(())),
    ] {
        let allows = NoticeState::allows(NoticeKind::Announced, show, terms, Stated::Agreed);
        assert_eq!(allows, outcome, "{terms:?} {show:?}");
    }
    // Calling off says no more than announcing could.
    for (terms, show, outcome) in [
        (Notice::Nothing, LEAST, Ok(())),
        (Notice::Call, topics, Err(No::Terms)),
        (Notice::Topics, ALL, Ok(())),
    ] {
        let allows = NoticeState::allows(NoticeKind::Off, show, terms, Stated::Off);
        assert_eq!(allows, outcome, "{terms:?} {show:?}");
    }
    for stated in [Stated::Proposed, Stated::Running, Stated::Over, Stated::Off] {
        let allows = NoticeState::allows(NoticeKind::Announced, LEAST, Notice::Topics, stated);
        assert_eq!(allows, Err(No::Phase), "{stated:?}");
    }
    assert_eq!(
        NoticeState::allows(NoticeKind::Held, ALL, Notice::Nothing, Stated::Over),
        Ok(())
    );
    assert_eq!(
        NoticeState::allows(NoticeKind::Held, ALL, Notice::Topics, Stated::Running),
        Err(No::Phase)
    );
}

#[test]
fn a_notice_remembers_what_was_announced_until_it_is_taken_off() {
    let state = |kind, facts: Facts| Act::State { kind, facts };
    let announced = |at: i64| {
        let mut facts = facts(None);
        facts.planned = Some(at);
        facts.told(LEAST)
    };
    let mut acts = vec![
        act("one", 1, state(NoticeKind::Announced, announced(100))),
        act("one", 2, state(NoticeKind::Announced, announced(100))),
        act("two", 3, state(NoticeKind::Announced, announced(200))),
        act("one", 4, state(NoticeKind::Held, facts(Some(SEVENTH)).told(ALL))),
    ];
    let public = NoticeState::of(&acts).public(Id([1; 16])).unwrap();
    assert_eq!(
        (public.announced, public.published, public.updated),
        (vec![100, 200], 1, 4)
    );
    acts.push(act("one", 5, Act::Hide {}));
    let hidden = NoticeState::of(&acts);
    assert_eq!(hidden.public(Id([1; 16])), None);
    assert_eq!(hidden.may(&Act::Hide {}), Err(No::Nothing));
    let off = state(NoticeKind::Off, announced(200));
    assert_eq!(
        hidden.may(&off),
        Err(No::Nothing),
        "what is not on the page is not called off"
    );
    acts.push(act("one", 6, state(NoticeKind::Held, facts(Some(SEVENTH)).told(LEAST))));
    let public = NoticeState::of(&acts).public(Id([1; 16])).unwrap();
    assert_eq!(
        (public.announced, public.published),
        (vec![], 6),
        "what was taken off stays off"
    );
}

#[test]
fn what_closes_is_let_in_where_nothing_else_is_any_more() {
    let held = || Act::State {
        kind: NoticeKind::Held,
        facts: facts(Some(SEVENTH)).told(ALL),
    };
    let acts: Vec<Acted> = (0..ACTS_MAX)
        .map(|at| act("one", i64::try_from(at).unwrap(), held()))
        .collect();
    let full = NoticeState::of(&acts);
    assert_eq!(full.may(&held()), Err(No::Full));
    assert_eq!(full.may(&Act::Hide {}), Ok(()));

    let drafts = (0..ACTS_MAX).map(|at| act("one", i64::try_from(at).unwrap(), draft(english("Again"), over())));
    let full = ReadoutState::of(&drafts.collect::<Vec<_>>());
    assert_eq!(full.may(&Act::Approve { version: 256 }, TWO), Err(No::Full));
    assert_eq!(full.may(&Act::Withdraw {}, TWO), Ok(()));
}

#[test]
fn times_that_are_not_told_stand_nowhere() {
    let told = facts(Some(THIRTIETH)).told(LEAST);
    assert_eq!(
        told.took,
        Some(Took::Day {
            ours: "2021-12-30".to_owned(),
            far: "2021-12-30".to_owned()
        })
    );
    assert_eq!(
        (told.minutes, told.asked, told.planned, told.topics.len()),
        (None, None, None, 0)
    );
    let stored = String::from_utf8(
        act(
            "one",
            1,
            Act::State {
                kind: NoticeKind::Held,
                facts: told,
            },
        )
        .to_bytes(),
    )
    .unwrap();
    assert!(
        !stored.contains("1640896500000") && !stored.contains("Strategic"),
        "{stored}"
    );
}

#[test]
fn acts_are_stored_and_read_back() {
    let texts = Texts::from([(Language::Arabic, text("عنوان")), (Language::English, text("Title"))]);
    for what in [
        draft(texts, over()),
        Act::Approve { version: 3 },
        Act::Publish { version: 3 },
        Act::Withdraw {},
        Act::State {
            kind: NoticeKind::Off,
            facts: facts(None),
        },
        Act::Hide {},
    ] {
        let acted = act("one", 5, what);
        assert_eq!(Acted::from_bytes(&acted.to_bytes()), Some(acted));
    }
    assert_eq!(
        Acted::from_bytes(br#"{"by":{"seat":"a","name":"A","key":"","at":1},"what":{"act":"x"}}"#),
        None
    );
}
