//! The desk's routes about clips.

use axum::{
    Json,
    extract::{Path, State},
    http::request::Parts,
    response::Response,
};

use crate::{
    api::{ClipReleaseRequest, ClipShortenRequest, ClipsView, EmptyRequest},
    core::{Ask, ClipAct, ClipFile, Handle},
    http::{ApiError, DESK, OPERATOR, Route, Routes, Seat, Strict},
};

type Answer = Result<Json<ClipsView>, ApiError>;
type Core = State<Handle>;
/// A call and one of its clips.
type Clip = Path<(String, String)>;

/// Adds the routes about clips.
pub(crate) fn routes(routes: Routes<Handle>) -> Routes<Handle> {
    routes
        .add(
            Route::get("/api/calls/{id}/clips", DESK, "The clips of a call").gives::<ClipsView>(),
            clips,
        )
        .add(
            Route::get(
                "/api/calls/{id}/clips/{file}",
                DESK,
                "A film or its poster, whole or one range",
            ),
            file,
        )
        .add(
            Route::post("/api/calls/{id}/clips/again", DESK, "Make what failed once more")
                .takes::<EmptyRequest>()
                .gives::<ClipsView>(),
            again,
        )
        .add(
            Route::post(
                "/api/calls/{id}/clips/{sha256}/shorten",
                DESK,
                "Make a shorter whole of a clip",
            )
            .takes::<ClipShortenRequest>()
            .gives::<ClipsView>(),
            shorten,
        )
        .add(
            Route::post(
                "/api/calls/{id}/clips/{sha256}/release",
                OPERATOR,
                "Say this side's half of a release",
            )
            .takes::<ClipReleaseRequest>()
            .gives::<ClipsView>(),
            release,
        )
        .add(
            Route::post("/api/calls/{id}/clips/{sha256}/recall", OPERATOR, "Take a release back")
                .takes::<EmptyRequest>()
                .gives::<ClipsView>(),
            recall,
        )
}

async fn clips(State(core): Core, seat: Seat, Path(id): Path<String>) -> Answer {
    let role = seat.role;
    let view = core.ask(|reply| Ask::Clips { id, role, reply }).await??;
    Ok(Json(*view))
}

async fn act(core: &Handle, seat: Seat, id: String, act: ClipAct) -> Answer {
    let seat = Box::new(seat);
    let view = core.ask(|reply| Ask::ClipAct { id, seat, act, reply }).await??;
    Ok(Json(*view))
}

async fn again(State(core): Core, seat: Seat, Path(id): Path<String>, Strict(_): Strict<EmptyRequest>) -> Answer {
    act(&core, seat, id, ClipAct::Again).await
}

async fn shorten(
    State(core): Core,
    seat: Seat,
    Path((id, clip)): Clip,
    Strict(asked): Strict<ClipShortenRequest>,
) -> Answer {
    let ClipShortenRequest { from_ms, to_ms } = asked;
    act(&core, seat, id, ClipAct::Shorten { clip, from_ms, to_ms }).await
}

async fn release(
    State(core): Core,
    seat: Seat,
    Path((id, clip)): Clip,
    Strict(asked): Strict<ClipReleaseRequest>,
) -> Answer {
    let instead = asked.instead;
    act(&core, seat, id, ClipAct::Release { clip, instead }).await
}

async fn recall(State(core): Core, seat: Seat, Path((id, clip)): Clip, Strict(_): Strict<EmptyRequest>) -> Answer {
    act(&core, seat, id, ClipAct::Recall { clip }).await
}

async fn file(State(core): Core, Path((id, name)): Clip, asked: Parts) -> Result<Response, ApiError> {
    let file = core.ask(|reply| Ask::ClipFile { id, name, reply }).await??;
    let ClipFile { path, sha256, film } = file;
    film.answer(&path, &sha256, &asked).await.ok_or(ApiError::NotFound)
}
