//! The routes about lines and calls: a request in, one question to the core, its answer out.

use axum::{
    Json,
    extract::{Path, State},
    http::header,
    response::{IntoResponse as _, Response},
};

use crate::{
    api::{
        AdmitRequest, AskAnswer, AskRequest, BeginRequest, CallSummary, CallView, CheckRequest, CheckSeatRequest,
        CloseRequest, CounterRequest, EmptyRequest, LineView, OfferRequest, SeatRequest, StrikeRequest, TopicRequest,
        VouchRequest,
    },
    core::{Act, Ask, Handle, Here, Order},
    http::{ANY, ApiError, DESK, Gate, OPERATOR, Route, Routes, Seat, Socket, Strict},
};

/// Who may end a call, and footage: those who speak for the side and those who run its desk.
const MAY_END: &[crate::api::Role] = &[crate::api::Role::Operator, crate::api::Role::Principal];

/// All routes about lines and calls.
pub(crate) fn routes(gate: Gate) -> Routes<Handle> {
    let act = |path, summary| Route::post(path, OPERATOR, summary).gives::<CallView>();
    Routes::new(gate)
        .add(
            Route::get("/api/lines", ANY, "All lines").gives::<Vec<LineView>>(),
            lines,
        )
        .add(
            Route::get("/api/calls", ANY, "All calls, newest first").gives::<Vec<CallSummary>>(),
            calls,
        )
        .add(
            Route::post("/api/calls", OPERATOR, "Ask the other side for a call")
                .takes::<AskRequest>()
                .gives::<AskAnswer>(),
            request,
        )
        .add(Route::get("/api/calls/{id}", ANY, "One call").gives::<CallView>(), call)
        .add(
            Route::get("/api/calls/{id}/record", DESK, "The signed record of a call, as CBOR"),
            record,
        )
        .add(
            act("/api/calls/{id}/agree", "Agree to an offer").takes::<OfferRequest>(),
            agree,
        )
        .add(
            act("/api/calls/{id}/decline", "Decline an offer").takes::<OfferRequest>(),
            decline,
        )
        .add(
            act("/api/calls/{id}/withdraw", "Take an offer or a consent back").takes::<OfferRequest>(),
            withdraw,
        )
        .add(
            act("/api/calls/{id}/counter", "Offer other terms").takes::<CounterRequest>(),
            counter,
        )
        .add(
            act("/api/calls/{id}/gather", "Gather the delegation").takes::<EmptyRequest>(),
            gather,
        )
        .add(
            act(
                "/api/calls/{id}/check",
                "Say this side's half of a check, or take it back",
            )
            .takes::<CheckRequest>(),
            check,
        )
        .add(
            act("/api/calls/{id}/check-seat", "Have an own seat check itself").takes::<CheckSeatRequest>(),
            check_seat,
        )
        .add(
            act("/api/calls/{id}/preflight", "Sign what the checks found").takes::<EmptyRequest>(),
            preflight,
        )
        .add(
            act("/api/calls/{id}/begin", "Say this side's half of Begin").takes::<BeginRequest>(),
            begin,
        )
        .add(
            act("/api/calls/{id}/seat", "Mute an own seat, or ask its person to speak").takes::<SeatRequest>(),
            seat,
        )
        .add(
            act("/api/calls/{id}/topic", "Say which topic is being talked about").takes::<TopicRequest>(),
            topic,
        )
        .add(
            Route::post("/api/calls/{id}/end", MAY_END, "End the call")
                .takes::<EmptyRequest>()
                .gives::<CallView>(),
            end,
        )
        .add(
            act("/api/calls/{id}/open", "Say this side's half of footage").takes::<EmptyRequest>(),
            open,
        )
        .add(
            Route::post("/api/calls/{id}/close", MAY_END, "Close footage")
                .takes::<CloseRequest>()
                .gives::<CallView>(),
            close,
        )
        .add(
            act("/api/calls/{id}/vouch", "Say who sits at a seat").takes::<VouchRequest>(),
            vouch,
        )
        .add(
            act("/api/calls/{id}/admit", "Say this side's half of adding someone").takes::<AdmitRequest>(),
            admit,
        )
        .add(
            act("/api/calls/{id}/strike", "Strike someone from the roster").takes::<StrikeRequest>(),
            strike,
        )
}

type Answer<T> = Result<Json<T>, ApiError>;

async fn lines(State(core): State<Handle>) -> Answer<Vec<LineView>> {
    core.ask(Ask::Lines).await.map(Json)
}

async fn calls(State(core): State<Handle>) -> Answer<Vec<CallSummary>> {
    core.ask(Ask::Calls).await.map(Json)
}

async fn call(State(core): State<Handle>, seat: Seat, Path(id): Path<String>) -> Answer<CallView> {
    let view = core
        .ask(|reply| Ask::Call {
            id,
            role: seat.role,
            reply,
        })
        .await??;
    Ok(Json(*view))
}

async fn record(State(core): State<Handle>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let name = id.get(..12).unwrap_or(&id).to_owned();
    let bytes = core.ask(|reply| Ask::Record { id, reply }).await??;
    let headers = [
        (header::CONTENT_TYPE, "application/cbor".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"visavis-{name}.cbor\""),
        ),
    ];
    Ok((headers, bytes).into_response())
}

async fn request(State(core): State<Handle>, Strict(asked): Strict<AskRequest>) -> Answer<AskAnswer> {
    let terms = Box::new(asked.terms);
    let id = core
        .ask(|reply| Ask::Request {
            line: asked.line,
            terms,
            reply,
        })
        .await??;
    Ok(Json(AskAnswer { id }))
}

async fn act(core: &Handle, seat: &Seat, id: String, act: Act) -> Answer<CallView> {
    let act = Box::new(act);
    let view = core
        .ask(|reply| Ask::Act {
            id,
            role: seat.role,
            act,
            reply,
        })
        .await??;
    Ok(Json(*view))
}

type Core = State<Handle>;
type Id = Path<String>;

async fn agree(State(core): Core, seat: Seat, Path(id): Id, Strict(asked): Strict<OfferRequest>) -> Answer<CallView> {
    act(&core, &seat, id, Act::Agree(asked.offer)).await
}

async fn decline(State(core): Core, seat: Seat, Path(id): Id, Strict(asked): Strict<OfferRequest>) -> Answer<CallView> {
    act(&core, &seat, id, Act::Decline(asked.offer)).await
}

async fn withdraw(
    State(core): Core,
    seat: Seat,
    Path(id): Id,
    Strict(asked): Strict<OfferRequest>,
) -> Answer<CallView> {
    act(&core, &seat, id, Act::Withdraw(asked.offer)).await
}

async fn counter(
    State(core): Core,
    seat: Seat,
    Path(id): Id,
    Strict(asked): Strict<CounterRequest>,
) -> Answer<CallView> {
    act(&core, &seat, id, Act::Counter(asked.terms)).await
}

async fn gather(State(core): Core, seat: Seat, Path(id): Id, Strict(_): Strict<EmptyRequest>) -> Answer<CallView> {
    act(&core, &seat, id, Act::Gather).await
}

async fn preflight(State(core): Core, seat: Seat, Path(id): Id, Strict(_): Strict<EmptyRequest>) -> Answer<CallView> {
    act(&core, &seat, id, Act::Preflight).await
}

async fn begin(State(core): Core, seat: Seat, Path(id): Id, Strict(asked): Strict<BeginRequest>) -> Answer<CallView> {
    let anyway = asked.anyway;
    act(&core, &seat, id, Act::Begin { anyway }).await
}

async fn check(State(core): Core, seat: Seat, Path(id): Id, Strict(asked): Strict<CheckRequest>) -> Answer<CallView> {
    act(&core, &seat, id, Act::Here(Here::Check(asked.on))).await
}

async fn check_seat(
    State(core): Core,
    seat: Seat,
    Path(id): Id,
    Strict(asked): Strict<CheckSeatRequest>,
) -> Answer<CallView> {
    act(&core, &seat, id, Act::Here(Here::CheckSeat(asked.seat))).await
}

async fn seat(State(core): Core, seat: Seat, Path(id): Id, Strict(asked): Strict<SeatRequest>) -> Answer<CallView> {
    act(&core, &seat, id, Act::Here(Here::Seat(asked.seat, asked.what))).await
}

async fn topic(State(core): Core, seat: Seat, Path(id): Id, Strict(asked): Strict<TopicRequest>) -> Answer<CallView> {
    act(&core, &seat, id, Act::Here(Here::Topic(asked.topic))).await
}

async fn end(State(core): Core, seat: Seat, Path(id): Id, Strict(_): Strict<EmptyRequest>) -> Answer<CallView> {
    act(&core, &seat, id, Act::End).await
}

async fn open(State(core): Core, seat: Seat, Path(id): Id, Strict(_): Strict<EmptyRequest>) -> Answer<CallView> {
    act(&core, &seat, id, Act::Open).await
}

async fn close(State(core): Core, seat: Seat, Path(id): Id, Strict(asked): Strict<CloseRequest>) -> Answer<CallView> {
    let pressed = asked.pressed;
    act(&core, &seat, id, Act::Close { pressed }).await
}

async fn vouch(State(core): Core, seat: Seat, Path(id): Id, Strict(asked): Strict<VouchRequest>) -> Answer<CallView> {
    act(
        &core,
        &seat,
        id,
        Act::Vouch {
            seat: asked.seat,
            person: asked.person,
        },
    )
    .await
}

async fn admit(State(core): Core, seat: Seat, Path(id): Id, Strict(asked): Strict<AdmitRequest>) -> Answer<CallView> {
    act(&core, &seat, id, Act::Admit(asked.person)).await
}

async fn strike(State(core): Core, seat: Seat, Path(id): Id, Strict(asked): Strict<StrikeRequest>) -> Answer<CallView> {
    act(&core, &seat, id, Act::Strike(asked.person)).await
}

/// Carries a proven socket's messages to the core, and tells the core when it is gone.
pub(crate) async fn socket(core: Handle, seat: Seat, socket: Socket) {
    let Socket { to, mut from } = socket;
    let (reply, opened) = tokio::sync::oneshot::channel();
    if !core.order(Order::Opened { seat, to, reply }).await {
        return;
    }
    let Ok(connection) = opened.await else { return };
    while let Some(message) = from.recv().await {
        if !core.order(Order::Said { connection, message }).await {
            return;
        }
    }
    core.order(Order::Closed { connection }).await;
}
