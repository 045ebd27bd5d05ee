//! `visavis serve`: runs the node until it is asked to stop.

use std::process::ExitCode;

use anyhow::Context as _;
use node::Node;
use serde_json::json;

use super::{asked_to_stop, no_node};
use crate::{cli::Serve, output};

pub async fn run(serve: Serve) -> anyhow::Result<ExitCode> {
    let dir = &serve.data.dir;
    let node = match Node::start(dir).await {
        Err(error) if !dir.join(node::config::FILE).exists() => Err(error).context(no_node(dir)),
        other => other.map_err(Into::into),
    }?;
    if serve.json {
        output::json(&json!({
            "ready": true,
            "name": node.name,
            "side": node.side.to_string(),
            "http": node.url,
            "media": node.media.to_string(),
            "link": node.link.to_string(),
            "press": node.press_url,
        }));
    } else {
        output::line(format_args!("{} is ready: {}", node.name, node.url));
        if let Some(url) = &node.press_url {
            output::line(format_args!("The public page is at {url}/"));
        }
    }
    asked_to_stop().await?;
    node.stop().await;
    Ok(ExitCode::SUCCESS)
}
