//! The pages that need no script and no sign-in: that the node is there, and how to trust its certificate.
//!
//! They say what a passer-by may know (the side's name and clock) and nothing about calls, lines or seats. Probes for
//! machines stand beside them.

mod words;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;

use crate::http::{Gate, html};
use crate::tls;
use press::Language;
use words::{asked, words};

const STYLE: &str = include_str!("pages.css");

pub(crate) fn router(gate: Gate) -> Router {
    Router::new()
        .route("/", get(status))
        .route("/trust", get(trust))
        .route("/trust/ca.pem", get(authority))
        .route("/pages.css", get(style))
        .route("/livez", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .with_state(gate)
}

async fn style() -> Response {
    (
        [
            (header::CONTENT_TYPE, "text/css; charset=utf-8"),
            (header::CACHE_CONTROL, "no-cache"),
        ],
        STYLE,
    )
        .into_response()
}

async fn ready(State(gate): State<Gate>) -> (StatusCode, &'static str) {
    if gate.is_ready().await {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    }
}

async fn status(State(gate): State<Gate>, headers: HeaderMap) -> Response {
    let language = asked(&headers);
    let words = words(language);
    let side = &gate.config().side;
    let ready = gate.is_ready().await;
    let clock = local_time(gate.config().clock.utc_ms(), &side.zone);
    let state = if ready { words.at_work } else { words.starting };
    let trust = if gate.config().ca_pem.is_some() {
        format!(r#"<p><a href="/trust">{}</a></p>"#, words.trust_link)
    } else {
        String::new()
    };
    let body = format!(
        r#"<h1><bdi>{name}</bdi></h1>
<p class="place"><bdi>{place}</bdi> <time>{clock}</time></p>
<p class="state {class}">{state}</p>
<p>{what}</p>
{trust}
<p class="version"><bdi>Visavis {version}</bdi></p>"#,
        name = html(&side.name),
        place = html(&side.place),
        clock = html(&clock),
        class = if ready { "good" } else { "late" },
        what = words.what,
        version = env!("CARGO_PKG_VERSION"),
    );
    page(language, &side.name, &body)
}

async fn trust(State(gate): State<Gate>, headers: HeaderMap) -> Response {
    let language = asked(&headers);
    let words = words(language);
    let fingerprint = gate.config().ca_pem.as_deref().and_then(tls::fingerprint);
    let body = match fingerprint {
        None => format!("<h1>{}</h1>\n<p>{}</p>", words.trust_title, words.trust_nothing),
        Some(fingerprint) => {
            let steps: String = words
                .trust_steps
                .iter()
                .map(|(system, step)| format!("<dt>{system}</dt>\n<dd>{step}</dd>\n"))
                .collect();
            format!(
                r#"<h1>{title}</h1>
<p>{why}</p>
<p>{compare}</p>
<p class="print"><code>{fingerprint}</code></p>
<p><a class="button" href="/trust/ca.pem" download="visavis-ca.pem">{download}</a></p>
<dl>
{steps}</dl>
<p>{limits}</p>"#,
                title = words.trust_title,
                why = words.trust_why,
                compare = words.trust_compare,
                download = words.trust_download,
                limits = words.trust_limits,
            )
        }
    };
    page(language, words.trust_title, &body)
}

async fn authority(State(gate): State<Gate>) -> Response {
    match &gate.config().ca_pem {
        Some(pem) => (
            [
                (header::CONTENT_TYPE, "application/x-x509-ca-cert"),
                (header::CONTENT_DISPOSITION, "attachment; filename=\"visavis-ca.pem\""),
            ],
            pem.clone(),
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn page(language: Language, title: &str, body: &str) -> Response {
    let whole = format!(
        r#"<!doctype html>
<html lang="{lang}" dir="{dir}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="/pages.css">
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"#,
        lang = language.tag(),
        dir = language.direction(),
        title = html(title),
    );
    (
        [
            (header::VARY, "Accept-Language"),
            (header::CONTENT_LANGUAGE, language.tag()),
        ],
        Html(whole),
    )
        .into_response()
}

/// Hours and minutes at the side's place; UTC when its zone is unknown here.
fn local_time(utc_ms: i64, zone: &str) -> String {
    let at = jiff::Timestamp::from_millisecond(utc_ms).unwrap_or_default();
    let zoned = at.in_tz(zone).unwrap_or_else(|_| at.to_zoned(jiff::tz::TimeZone::UTC));
    zoned.strftime("%H:%M %Z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_the_capitals() {
        assert_eq!(local_time(1_640_896_500_000, "Europe/Moscow"), "23:35 MSK");
        assert_eq!(local_time(1_640_896_500_000, "America/New_York"), "15:35 EST");
        assert_eq!(local_time(1_640_896_500_000, "no/where"), "20:35 UTC");
    }
}
