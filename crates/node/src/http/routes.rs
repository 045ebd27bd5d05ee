//! The list of routes: none is reachable without saying whom it admits.
//!
//! A route is added with its roles, and the router itself is out of reach until [`Routes::finish`], so that "proven,
//! and in the right role" holds for every route that anybody adds. The list is what tests walk through.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::handler::Handler;
use axum::http::Method;
use axum::http::request::Parts;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter, any, get, on};
use utoipa::ToSchema;

use super::{ApiError, Gate, SocketHandler, assets, doc, headers, socket};
use crate::api::{self, Role, SeatView};
use crate::{pages, signin};

/// Every enrolled seat.
pub const ANY: &[Role] = &[
    Role::Principal,
    Role::Aide,
    Role::Interpreter,
    Role::Operator,
    Role::Press,
    Role::Recorder,
];

/// Operators alone.
pub const OPERATOR: &[Role] = &[Role::Operator];

/// Who works at a desk.
pub const DESK: &[Role] = &[Role::Operator, Role::Press];

/// Who sits at a terminal.
pub const TERMINAL: &[Role] = &[Role::Principal, Role::Aide, Role::Interpreter];

/// The seat whose key signed this request. A handler that takes it acts for that seat, whatever the body says.
#[derive(Clone, PartialEq, Eq)]
pub struct Seat {
    /// The seat's id.
    pub id: store::SeatId,
    /// Its name.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// Where it stands.
    pub place: String,
    /// Its Ed25519 public key.
    pub key: [u8; 32],
}

impl Seat {
    /// As a browser shows it.
    #[must_use]
    pub fn view(&self) -> SeatView {
        SeatView {
            id: self.id.to_string(),
            name: self.name.clone(),
            role: self.role,
            place: self.place.clone(),
        }
    }
}

impl std::fmt::Debug for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Seat({} {})", self.id, self.role)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Seat {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or(ApiError::Unproven)
    }
}

/// A route before it has a handler.
#[derive(Clone, Debug)]
pub struct Route {
    pub(super) listed: Listed,
    filter: MethodFilter,
    pub(super) takes: Option<doc::Shape>,
    pub(super) gives: Option<doc::Shape>,
}

/// A route as listed, for tests and for the description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// HTTP method.
    pub method: Method,
    /// Path with `{names}` for its variable parts.
    pub path: &'static str,
    /// Who is admitted; none: everybody, without a proof.
    pub roles: Option<&'static [Role]>,
    /// What it does, in one sentence.
    pub summary: &'static str,
}

impl Route {
    /// A route that reads.
    #[must_use]
    pub fn get(path: &'static str, roles: &'static [Role], summary: &'static str) -> Self {
        Self::new(Method::GET, MethodFilter::GET, path, Some(roles), summary)
    }

    /// A route that does something.
    #[must_use]
    pub fn post(path: &'static str, roles: &'static [Role], summary: &'static str) -> Self {
        Self::new(Method::POST, MethodFilter::POST, path, Some(roles), summary)
    }

    /// Says what JSON the route takes.
    #[must_use]
    pub fn takes<T: ToSchema + 'static>(mut self) -> Self {
        self.takes = Some(doc::Shape::of::<T>());
        self
    }

    /// Says what JSON the route gives.
    #[must_use]
    pub fn gives<T: ToSchema + 'static>(mut self) -> Self {
        self.gives = Some(doc::Shape::of::<T>());
        self
    }

    fn new(
        method: Method,
        filter: MethodFilter,
        path: &'static str,
        roles: Option<&'static [Role]>,
        summary: &'static str,
    ) -> Self {
        Self {
            listed: Listed {
                method,
                path,
                roles,
                summary,
            },
            filter,
            takes: None,
            gives: None,
        }
    }

    /// A route before sign-in. Only this part of the node has any.
    fn open(path: &'static str, summary: &'static str) -> Self {
        Self::new(Method::POST, MethodFilter::POST, path, None, summary)
    }
}

/// The node's routes under `/api/`, with `S` as the state of the shell's handlers.
pub struct Routes<S> {
    gate: Gate,
    router: Router<S>,
    routes: Vec<Route>,
}

/// The finished router and its list.
pub struct App {
    /// To be served on a [`super::Door`].
    pub router: Router,
    /// Every route under `/api/` except the socket.
    pub listed: Vec<Listed>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// No route yet.
    #[must_use]
    pub fn new(gate: Gate) -> Self {
        Self {
            gate,
            router: Router::new(),
            routes: Vec::new(),
        }
    }

    /// Adds a route. Its handler runs only for a proven request of a seat in one of its roles; it gets that seat by
    /// taking a [`Seat`], and its body by taking a [`super::Strict`].
    #[must_use]
    pub fn add<H, T>(mut self, route: Route, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        let mut method: MethodRouter<S> = on(route.filter, handler);
        if let Some(roles) = route.listed.roles {
            method = method.layer(middleware::from_fn_with_state((self.gate.clone(), roles), prove));
        }
        self.router = self.router.route(route.listed.path, method);
        self.routes.push(route);
        self
    }

    /// Adds what belongs to this part (sign-in, enrolment, seats, pages, files, the socket) and closes the list.
    #[must_use]
    pub fn finish(self, state: S, sockets: Arc<dyn SocketHandler>) -> App {
        let gate = self.gate.clone();
        let own = Routes::<Gate>::new(gate.clone())
            .add(
                Route::open("/api/enrol", "Turn a one-time token into a seat's key")
                    .takes::<api::EnrolRequest>()
                    .gives::<api::EnrolAnswer>(),
                signin::enrol,
            )
            .add(
                Route::open("/api/signin/challenge", "Ask for something to sign")
                    .takes::<api::ChallengeRequest>()
                    .gives::<api::ChallengeAnswer>(),
                signin::challenge,
            )
            .add(
                Route::open("/api/signin", "Answer a challenge and get a session")
                    .takes::<api::SigninRequest>()
                    .gives::<api::SigninAnswer>(),
                signin::signin,
            )
            .add(
                Route::post("/api/signout", ANY, "End this session").takes::<api::EmptyRequest>(),
                signin::signout,
            )
            .add(
                Route::get("/api/me", ANY, "Who is asking").gives::<api::Me>(),
                signin::me,
            )
            .add(
                Route::get("/api/seats", DESK, "The side's seats").gives::<Vec<SeatView>>(),
                signin::seats,
            );

        let mut routes = self.routes;
        routes.extend(own.routes);
        let description_route = Route::get("/api/openapi.json", OPERATOR, "This description");
        routes.push(description_route.clone());
        let description = doc::describe(&routes);
        let described = Routes::<Gate>::new(gate.clone()).add(description_route, move || doc::answer(description));

        let open = Router::new()
            .route("/api/ws", get(socket::upgrade).with_state((gate.clone(), sockets)))
            .route("/api/{*rest}", any(|| async { ApiError::NotFound }))
            .merge(pages::router(gate.clone()))
            .merge(assets::router())
            .fallback(assets::other);
        let router = self
            .router
            .with_state(state)
            .merge(own.router.with_state(gate.clone()))
            .merge(described.router.with_state(gate.clone()))
            .merge(open)
            .method_not_allowed_fallback(|| async { ApiError::Method })
            .layer(middleware::from_fn_with_state(gate, headers::wrap));
        App {
            router,
            listed: routes.into_iter().map(|route| route.listed).collect(),
        }
    }
}

async fn prove(State((gate, roles)): State<(Gate, &'static [Role])>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let (seat, bytes) = match signin::prove(&gate, &parts, body).await {
        Ok(proven) => proven,
        Err(error) => return error.into_response(),
    };
    if !roles.contains(&seat.role) {
        return ApiError::Role.into_response();
    }
    parts.extensions.insert(seat);
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}
