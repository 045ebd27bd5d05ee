//! The description of the routes (OpenAPI 3.1), made from the list itself so that it cannot leave one out.

use std::sync::Arc;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::Route;
use crate::api;

type Schemas = Vec<(String, RefOr<Schema>)>;

/// The JSON shape of a body, with all the shapes that it refers to.
#[derive(Clone)]
pub(super) struct Shape {
    schema: Value,
    parts: Schemas,
}

impl std::fmt::Debug for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shape")
    }
}

impl Shape {
    pub(super) fn of<T: ToSchema + PartialSchema>() -> Self {
        let mut parts = Schemas::new();
        T::schemas(&mut parts);
        let name = T::name();
        // A list has no name of its own.
        if name == "Vec" {
            return Self {
                schema: value(&T::schema()),
                parts,
            };
        }
        let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
        parts.push((name.into_owned(), T::schema()));
        Self { schema, parts }
    }
}

fn value(schema: &RefOr<Schema>) -> Value {
    serde_json::to_value(schema).unwrap_or_default()
}

/// The description as JSON text.
pub(super) fn describe(routes: &[Route]) -> Arc<str> {
    let mut schemas = Map::new();
    let mut paths = Map::new();
    let common = [Shape::of::<api::ErrorBody>(), Shape::of::<api::RefusalBody>()];
    let socket = [Shape::of::<api::ToBrowser>(), Shape::of::<api::FromBrowser>()];
    let shapes = routes.iter().flat_map(|route| route.takes.iter().chain(&route.gives));
    for (name, schema) in shapes.chain(&common).chain(&socket).flat_map(|shape| &shape.parts) {
        schemas.entry(name.as_str()).or_insert_with(|| value(schema));
    }
    for route in routes {
        let path = paths.entry(route.listed.path).or_insert_with(|| json!({}));
        if let Value::Object(path) = path {
            path.insert(route.listed.method.as_str().to_ascii_lowercase(), operation(route));
        }
    }
    let whole = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Visavis node, browser side",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Proofs and the socket are described in docs/http.md.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "proof": { "type": "apiKey", "in": "header", "name": "Visavis-Proof" },
                "seat": { "type": "apiKey", "in": "header", "name": "Visavis-Seat" },
            },
        },
    });
    whole.to_string().into()
}

fn operation(route: &Route) -> Value {
    let error = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/ErrorBody" } } });
    let refusal = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/RefusalBody" } } });
    let mut answer = json!({ "description": "Done" });
    if let Some(gives) = &route.gives {
        answer["content"] = json!({ "application/json": { "schema": gives.schema } });
    }
    let mut operation = json!({
        "summary": route.listed.summary,
        "responses": {
            "200": answer,
            "409": { "description": "A rule said no", "content": refusal },
            "default": { "description": "Something else was wrong", "content": error },
        },
    });
    if let Some(takes) = &route.takes {
        operation["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": takes.schema } } });
    }
    if let Some(roles) = route.listed.roles {
        operation["security"] = json!([{ "proof": [], "seat": [] }]);
        operation["x-roles"] = json!(roles);
    }
    let names: Vec<Value> = route
        .listed
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    if !names.is_empty() {
        operation["parameters"] = Value::Array(names);
    }
    operation
}

pub(super) async fn answer(description: Arc<str>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], description.to_string()).into_response()
}
