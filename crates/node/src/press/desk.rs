//! The desk's routes about the public page. Each act is checked, stored, logged with its seat, and only then public.

use axum::Json;
use axum::extract::{Path, State};
use call::CallId;
use press::{Act, Acted, Id, Language, Mark, No, NoticeKind, NoticeState, PublicReadout, ReadoutState};
use store::PressKind;

use super::Press;
use super::book::{Book, Item};
use super::convert::{self, OfCall};
use crate::api::{
    Args, EmptyRequest, PressCallView, PressClipView, PressDraftRequest, PressNoticeKind, PressNoticeRequest,
    PressNoticeView, PressPreview, PressReadoutView, PressSummary, PressVerb, PressVersion, PressVersionRequest,
    PressView, RefusalBody, Scalar,
};
use crate::core::{Ask, Handle};
use crate::http::{ApiError, DESK, Route, Routes, Seat, Strict};

type Answer<T> = Result<Json<T>, ApiError>;

/// Most readouts of one call.
const READOUTS_MAX: usize = 16;

/// Adds the routes about the public page.
pub(crate) fn routes(routes: Routes<Handle>, press: &Press) -> Routes<Handle> {
    about_readouts(about_calls(routes, press), press)
}

fn act(path: &'static str, summary: &'static str) -> Route {
    Route::post(path, DESK, summary).gives::<PressCallView>()
}

fn about_calls(routes: Routes<Handle>, press: &Press) -> Routes<Handle> {
    let [p0, p1, p2, p3, p4] = std::array::from_fn(|_| press.clone());
    routes
        .add(
            Route::get("/api/press", DESK, "What there is on the public page").gives::<PressView>(),
            move || async move { p0.overview().await },
        )
        .add(
            Route::get("/api/press/calls/{id}", DESK, "What is said of a call").gives::<PressCallView>(),
            move |State(core): State<Handle>, seat: Seat, Path(id): Path<String>| async move {
                p1.view(&core, &seat, &id).await
            },
        )
        .add(
            act("/api/press/calls/{id}/notice", "Say something of a call on the page").takes::<PressNoticeRequest>(),
            move |State(core): State<Handle>, seat: Seat, Path(id): Path<String>, Strict(asked): Strict<_>| async move {
                p2.notice(&core, &seat, &id, asked).await
            },
        )
        .add(
            act("/api/press/calls/{id}/hide", "Take what is said of a call off the page").takes::<EmptyRequest>(),
            move |State(core): State<Handle>, seat: Seat, Path(id): Path<String>, Strict(asked): Strict<_>| async move {
                p3.hide(&core, &seat, &id, asked).await
            },
        )
        .add(
            act("/api/press/calls/{id}/readouts", "Write a readout").takes::<PressDraftRequest>(),
            move |State(core): State<Handle>, seat: Seat, Path(id): Path<String>, Strict(asked): Strict<_>| async move {
                p4.write(&core, &seat, &id, asked).await
            },
        )
}

fn about_readouts(routes: Routes<Handle>, press: &Press) -> Routes<Handle> {
    let [p5, p6, p7, p8, p9] = std::array::from_fn(|_| press.clone());
    routes
        .add(
            act("/api/press/readouts/{id}/draft", "Write the next version").takes::<PressDraftRequest>(),
            move |State(core): State<Handle>, seat: Seat, Path(id): Path<String>, Strict(asked): Strict<_>| async move {
                p5.draft(&core, &seat, &id, asked).await
            },
        )
        .add(
            act("/api/press/readouts/{id}/approve", "Approve it as a second person").takes::<PressVersionRequest>(),
            move |State(core): State<Handle>, seat: Seat, Path(id): Path<String>, Strict(asked): Strict<_>| async move {
                let PressVersionRequest { version } = asked;
                p6.act(&core, &seat, &id, Act::Approve { version }).await
            },
        )
        .add(
            act(
                "/api/press/readouts/{id}/publish",
                "Put an approved version on the page",
            )
            .takes::<PressVersionRequest>(),
            move |State(core): State<Handle>, seat: Seat, Path(id): Path<String>, Strict(asked): Strict<_>| async move {
                let PressVersionRequest { version } = asked;
                p7.act(&core, &seat, &id, Act::Publish { version }).await
            },
        )
        .add(
            act("/api/press/readouts/{id}/withdraw", "Take a readout back for good").takes::<EmptyRequest>(),
            move |State(core): State<Handle>, seat: Seat, Path(id): Path<String>, Strict(asked): Strict<_>| async move {
                let EmptyRequest {} = asked;
                p8.act(&core, &seat, &id, Act::Withdraw {}).await
            },
        )
        .add(
            Route::get(
                "/api/press/readouts/{id}/preview/{language}",
                DESK,
                "The newest version as it would stand on its page",
            )
            .gives::<PressPreview>(),
            move |Path((id, language)): Path<(String, String)>| async move { p9.preview(&id, &language).await },
        )
}

fn refused(no: No) -> ApiError {
    let mut args = Args::new();
    if let No::Text(fault) = no {
        let (language, field, max) = match fault {
            press::Fault::None => (None, "texts", None),
            press::Fault::Text { language, field } => (Some(language), field, None),
            press::Fault::TooLong { language, field, max } => (Some(language), field, Some(max)),
        };
        args.insert("field".to_owned(), Scalar::Text(field.to_owned()));
        if let Some(language) = language {
            args.insert("language".to_owned(), Scalar::Text(language.tag().to_owned()));
        }
        if let Some(max) = max.and_then(|max| i64::try_from(max).ok()) {
            args.insert("max".to_owned(), Scalar::Number(max));
        }
    }
    let refusal = no.code().to_owned();
    ApiError::Refusal(RefusalBody { refusal, args })
}

fn hands(seat: &Seat) -> (String, String) {
    (seat.id.to_string(), hex::encode(seat.key))
}

impl Press {
    async fn overview(&self) -> Answer<PressView> {
        let book = self.0.book.lock().await;
        let mut calls: Vec<PressSummary> = Vec::new();
        for (_, item) in book.items() {
            let call = item.call.to_string();
            let at = calls.iter().position(|summary| summary.call == call);
            let at = at.unwrap_or_else(|| {
                calls.push(PressSummary {
                    call,
                    notice: None,
                    drafts: 0,
                    approved: 0,
                    published: 0,
                });
                calls.len() - 1
            });
            if let Some(summary) = calls.get_mut(at) {
                summarize(item, summary);
            }
        }
        let url = self.0.url.clone();
        Ok(Json(PressView { url, calls }))
    }

    /// What the record says of a call.
    async fn of_call(&self, core: &Handle, seat: &Seat, id: &str) -> Result<(CallId, OfCall), ApiError> {
        let call = id.parse().map_err(|_| ApiError::NotFound)?;
        let (id, role) = (id.to_owned(), seat.role);
        let view = core.ask(|reply| Ask::Call { id, role, reply }).await??;
        let lines = core.ask(Ask::Lines).await?;
        Ok((call, convert::of_call(&view, &lines, &self.0.side)))
    }

    async fn view(&self, core: &Handle, seat: &Seat, id: &str) -> Answer<PressCallView> {
        let (call, record) = self.of_call(core, seat, id).await?;
        let book = self.0.book.lock().await;
        Ok(Json(self.shown(&book, seat, call, &record)))
    }

    fn shown(&self, book: &Book, seat: &Seat, call: CallId, record: &OfCall) -> PressCallView {
        let (id, key) = hands(seat);
        let hands = press::Seat { id: &id, key: &key };
        let of_call = |item: &&(Id, Item)| item.call_is(call);
        let readouts = book.items().filter(of_call);
        let readouts = readouts.map(|(id, item)| self.readout_view(*id, &item.readout(), hands, record));
        let notice = book.notice(call);
        let state = notice.map_or_else(NoticeState::default, |(_, item)| item.notice());
        let clips = self.clips();
        let clips = clips.iter().filter(|clip| clip.view.call == call.to_string());
        PressCallView {
            call: call.to_string(),
            url: self.0.url.clone(),
            facts: convert::facts_view(&record.facts),
            announce: convert::announce_view(record.announce),
            may: may_say(&state, record),
            notice: notice.and_then(|(id, item)| self.notice_view(id, item, record)),
            readouts: readouts.collect(),
            clips: clips.map(|clip| self.clip_view(&clip.view)).collect(),
            suggested: convert::suggested(&record.facts),
        }
    }

    pub(super) fn address(&self, path: &str) -> Option<String> {
        self.0.url.as_ref().map(|url| format!("{url}/en/{path}"))
    }

    fn clip_view(&self, clip: &press::ClipView) -> PressClipView {
        PressClipView {
            url: self.address(&format!("clip/{}", clip.sha256.as_str())),
            sha256: clip.sha256.as_str().to_owned(),
            file: clip.file.clone(),
            seconds: clip.seconds,
        }
    }

    fn notice_view(&self, id: Id, item: &Item, record: &OfCall) -> Option<PressNoticeView> {
        let state = item.notice();
        let (kind, facts) = state.on()?;
        let by = &item.acts.last()?.by;
        Some(PressNoticeView {
            url: self.address(&format!("call/{id}")),
            kind: convert::kind_view(kind),
            show: convert::show_view(facts),
            facts: convert::facts_view(facts),
            by: convert::mark_view(by),
            stale: convert::stale(facts, &record.facts),
        })
    }

    fn readout_view(&self, id: Id, state: &ReadoutState, hands: press::Seat<'_>, record: &OfCall) -> PressReadoutView {
        let newest = state.newest();
        let version = newest.map_or(0, |newest| newest.number);
        let mut may = Vec::new();
        for (verb, act) in [
            (PressVerb::Approve, Act::Approve { version }),
            (PressVerb::Publish, Act::Publish { version }),
            (PressVerb::Withdraw, Act::Withdraw {}),
        ] {
            if state.may(&act, hands).is_ok() {
                may.push(verb);
            }
        }
        if state.withdrawn.is_none() {
            may.push(PressVerb::Draft);
        }
        let versions = state.versions.iter().map(|version| PressVersion {
            number: version.number,
            texts: convert::texts_view(&version.texts),
            show: convert::show_view(&version.facts),
            facts: convert::facts_view(&version.facts),
            drafted: convert::mark_view(&version.drafted),
            approved: version.approved.as_ref().map(convert::mark_view),
            published: version.published.as_ref().map(convert::mark_view),
        });
        PressReadoutView {
            id: id.to_string(),
            url: state.public(id).and_then(|_| self.address(&format!("readout/{id}"))),
            versions: versions.collect(),
            withdrawn: state.withdrawn.as_ref().map(convert::mark_view),
            may,
            stale: newest.is_some_and(|newest| convert::stale(&newest.facts, &record.facts)),
        }
    }

    async fn notice(&self, core: &Handle, seat: &Seat, id: &str, asked: PressNoticeRequest) -> Answer<PressCallView> {
        let (call, record) = self.of_call(core, seat, id).await?;
        let (kind, show) = (convert::kind(asked.kind), convert::show(asked.show));
        NoticeState::allows(kind, show, record.announce, record.stated).map_err(refused)?;
        let facts = record.facts.told(show);
        self.on_notice(seat, call, record, Act::State { kind, facts }).await
    }

    async fn hide(&self, core: &Handle, seat: &Seat, id: &str, _: EmptyRequest) -> Answer<PressCallView> {
        let (call, record) = self.of_call(core, seat, id).await?;
        self.on_notice(seat, call, record, Act::Hide {}).await
    }

    async fn on_notice(&self, seat: &Seat, call: CallId, record: OfCall, act: Act) -> Answer<PressCallView> {
        let mut book = self.0.book.lock().await;
        let held = book.notice(call).map(|(id, item)| (id, item.notice()));
        let (id, state) = match held {
            Some(held) => held,
            None => (new_id()?, NoticeState::default()),
        };
        state.may(&act).map_err(refused)?;
        self.add(&mut book, seat, id, PressKind::Notice, call, act).await?;
        Ok(Json(self.shown(&book, seat, call, &record)))
    }

    async fn write(&self, core: &Handle, seat: &Seat, id: &str, asked: PressDraftRequest) -> Answer<PressCallView> {
        let (call, record) = self.of_call(core, seat, id).await?;
        if asked.after != 0 {
            return Err(refused(No::Newer));
        }
        let act = drafted(asked, &record);
        let mut book = self.0.book.lock().await;
        if book.items().filter(|item| item.call_is(call)).count() >= READOUTS_MAX {
            return Err(refused(No::Full));
        }
        let (seat_id, key) = hands(seat);
        let hands = press::Seat {
            id: &seat_id,
            key: &key,
        };
        ReadoutState::default().may(&act, hands).map_err(refused)?;
        self.add(&mut book, seat, new_id()?, PressKind::Readout, call, act)
            .await?;
        Ok(Json(self.shown(&book, seat, call, &record)))
    }

    async fn draft(&self, core: &Handle, seat: &Seat, id: &str, asked: PressDraftRequest) -> Answer<PressCallView> {
        let (id, call) = self.readout(id).await?;
        let (call, record) = self.of_call(core, seat, &call.to_string()).await?;
        let after = asked.after;
        let act = drafted(asked, &record);
        self.on_readout(seat, id, call, record, act, Some(after)).await
    }

    async fn act(&self, core: &Handle, seat: &Seat, id: &str, act: Act) -> Answer<PressCallView> {
        let (id, call) = self.readout(id).await?;
        let (call, record) = self.of_call(core, seat, &call.to_string()).await?;
        self.on_readout(seat, id, call, record, act, None).await
    }

    /// The readout that a text names, and its call.
    async fn readout(&self, id: &str) -> Result<(Id, CallId), ApiError> {
        let id = Id::parse(id).ok_or(ApiError::NotFound)?;
        let book = self.0.book.lock().await;
        let item = book.readout(id).ok_or(ApiError::NotFound)?;
        Ok((id, item.call))
    }

    async fn on_readout(
        &self,
        seat: &Seat,
        id: Id,
        call: CallId,
        record: OfCall,
        act: Act,
        after: Option<u32>,
    ) -> Answer<PressCallView> {
        let mut book = self.0.book.lock().await;
        let state = book.readout(id).ok_or(ApiError::NotFound)?.readout();
        let newest = state.newest().map_or(0, |newest| newest.number);
        let (seat_id, key) = hands(seat);
        let hands = press::Seat {
            id: &seat_id,
            key: &key,
        };
        state.may(&act, hands).map_err(refused)?;
        // Whoever wrote a version had another one before the eyes: theirs would be lost unread.
        if after.is_some_and(|after| after != newest) {
            return Err(refused(No::Newer));
        }
        self.add(&mut book, seat, id, PressKind::Readout, call, act).await?;
        Ok(Json(self.shown(&book, seat, call, &record)))
    }

    async fn add(
        &self,
        book: &mut Book,
        seat: &Seat,
        id: Id,
        kind: PressKind,
        call: CallId,
        what: Act,
    ) -> Result<(), ApiError> {
        let word = word(&what);
        let (seat_id, key) = hands(seat);
        let by = Mark {
            seat: seat_id,
            name: seat.name.clone(),
            key,
            at: self.now_ms(),
        };
        if !book.add(id, kind, call, Acted { by, what }).await? {
            return Err(refused(No::Newer));
        }
        tracing::info!(seat = %seat.id, call = ?call, item = ?id, act = word, "the public page");
        self.print(book);
        Ok(())
    }

    async fn preview(&self, id: &str, language: &str) -> Answer<PressPreview> {
        let language = Language::of_tag(language).ok_or(ApiError::NotFound)?;
        let (id, _) = self.readout(id).await?;
        let book = self.0.book.lock().await;
        let state = book.readout(id).ok_or(ApiError::NotFound)?.readout();
        let newest = state.newest().ok_or(ApiError::NotFound)?;
        let before: Option<PublicReadout> = state.public(id).filter(|_| newest.published.is_none());
        let html = press::preview(&newest.texts, &newest.facts, before.as_ref(), self.now_ms(), language);
        let css = press::STYLE.to_owned();
        Ok(Json(PressPreview { html, css }))
    }
}

trait OfOneCall {
    fn call_is(&self, call: CallId) -> bool;
}

impl OfOneCall for (Id, Item) {
    /// Whether it is a readout of that call.
    fn call_is(&self, call: CallId) -> bool {
        self.1.kind == PressKind::Readout && self.1.call == call
    }
}

fn new_id() -> Result<Id, ApiError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(Id::random(bytes))
}

fn drafted(asked: PressDraftRequest, record: &OfCall) -> Act {
    Act::Draft {
        texts: convert::texts(asked.texts),
        facts: record.facts.told(convert::show(asked.show)),
    }
}

/// What may be said of a call now, with the least that can be told.
fn may_say(state: &NoticeState, record: &OfCall) -> Vec<PressNoticeKind> {
    let least = press::Show {
        times: false,
        length: false,
        asked: false,
        topics: false,
    };
    let all = [NoticeKind::Announced, NoticeKind::Held, NoticeKind::Off];
    let may = |kind: &NoticeKind| {
        let facts = record.facts.told(least);
        NoticeState::allows(*kind, least, record.announce, record.stated).is_ok()
            && state.may(&Act::State { kind: *kind, facts }).is_ok()
    };
    all.into_iter().filter(may).map(convert::kind_view).collect()
}

fn summarize(item: &Item, summary: &mut PressSummary) {
    match item.kind {
        PressKind::Notice => {
            summary.notice = item.notice().on().map(|(kind, _)| convert::kind_view(kind));
        }
        PressKind::Readout => {
            let state = item.readout();
            let Some(newest) = state.newest().filter(|_| state.withdrawn.is_none()) else {
                return;
            };
            summary.drafts += u32::from(newest.approved.is_none());
            summary.approved += u32::from(newest.approved.is_some() && newest.published.is_none());
            summary.published += u32::from(state.was_published());
        }
    }
}

fn word(act: &Act) -> &'static str {
    match act {
        Act::Draft { .. } => "draft",
        Act::Approve { .. } => "approve",
        Act::Publish { .. } => "publish",
        Act::Withdraw {} => "withdraw",
        Act::State { .. } => "state",
        Act::Hide {} => "hide",
    }
}
