//! The built terminal and desk, carried inside the binary.
//!
//! Its one job: hand out the files of `web/dist` with what an HTTP answer needs to know about
//! them. Driven by `node`'s HTTP part. In a release build it never reads a disk; it never builds anything and never
//! speaks HTTP itself.

use std::borrow::Cow;
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

/// One file of the bundle.
#[derive(Clone, Debug)]
pub struct Asset {
    /// The file's bytes, uncompressed.
    pub bytes: Cow<'static, [u8]>,
    /// Media type for `Content-Type`, with a charset where the type has one.
    pub mime: &'static str,
    /// Strong entity tag for `ETag` and `If-None-Match`, quotes included (RFC 9110, section 8.8.3).
    pub etag: String,
    /// True when the name carries a hash of the content, so that a cache may keep it for ever.
    pub immutable: bool,
}

#[cfg(web_dist)]
mod bundle {
    //! The files of `web/dist` as they were when this crate was compiled.
    #![allow(missing_docs)] // The derive writes methods that carry no comment.

    #[derive(rust_embed::RustEmbed)]
    #[folder = "../../web/dist"]
    struct Dist;

    pub fn get(path: &str) -> Option<std::borrow::Cow<'static, [u8]>> {
        Dist::get(path).map(|file| file.data)
    }

    pub fn names() -> Vec<String> {
        Dist::iter().map(|name| name.into_owned()).collect()
    }
}

#[cfg(not(web_dist))]
mod bundle {
    //! Stands in for the bundle in a debug build made without Node, so that `cargo test` alone works.

    const SENTENCE: &[u8] = b"<!doctype html><html lang=en><meta charset=utf-8><title>Visavis</title>\
<p>This build carries no pages. Run `make web`, then build again.</p></html>\n";

    pub fn get(path: &str) -> Option<std::borrow::Cow<'static, [u8]>> {
        (path == "index.html").then_some(std::borrow::Cow::Borrowed(SENTENCE))
    }

    pub fn names() -> Vec<String> {
        vec!["index.html".to_owned()]
    }
}

/// Whether the pages were there when this crate was compiled. False only in a debug build.
#[must_use]
pub const fn built() -> bool {
    cfg!(web_dist)
}

/// Another folder's files in place of the bundle, for a test that needs pages which no product may carry. Builds with
/// debug assertions only; a release build never looks.
#[cfg(debug_assertions)]
fn from_folder(path: &str) -> Option<Cow<'static, [u8]>> {
    let folder = std::env::var_os("VISAVIS_PAGES")?;
    let inside = path.split('/').all(|part| !part.is_empty() && !part.starts_with('.'));
    inside.then(|| {
        std::fs::read(std::path::Path::new(&folder).join(path))
            .ok()
            .map(Cow::Owned)
    })?
}

/// The file at `path`, which is relative to the bundle's root and has no leading slash
/// (`assets/desk-B1x2.js`). Names that are not in the bundle give `None`; nothing else is looked up, so a
/// path from outside needs no cleaning.
#[must_use]
pub fn asset(path: &str) -> Option<Asset> {
    #[cfg(debug_assertions)]
    let bytes = from_folder(path).or_else(|| bundle::get(path))?;
    #[cfg(not(debug_assertions))]
    let bytes = bundle::get(path)?;
    Some(Asset {
        mime: mime_of(path),
        etag: format!("\"{}\"", &hex::encode(Sha256::digest(&bytes))[..32]),
        immutable: path.starts_with("assets/"),
        bytes,
    })
}

/// The one page that every address of the desk, the terminal and the enrolment answers with.
///
/// It is in every build: `web/dist` is only embedded when it has an `index.html`, and a build without it
/// carries a sentence that says how to get one.
#[must_use]
pub fn index() -> Asset {
    asset("index.html").unwrap_or_else(|| Asset {
        bytes: Cow::Borrowed(b""),
        mime: mime_of("index.html"),
        etag: "\"\"".to_owned(),
        immutable: false,
    })
}

/// Names of all files of the bundle, sorted bytewise.
#[must_use]
pub fn names() -> Vec<String> {
    let mut names = bundle::names();
    names.sort_unstable();
    names
}

/// SHA-256 over the whole bundle: for each file in bytewise order of names, the length of the name and of
/// the content as 64-bit big-endian numbers, each followed by its bytes. Two builds of one source give one hash.
#[must_use]
pub fn bundle_hash() -> [u8; 32] {
    static HASH: OnceLock<[u8; 32]> = OnceLock::new();
    *HASH.get_or_init(|| {
        let mut hasher = Sha256::new();
        for name in names() {
            let bytes = asset(&name).map_or_else(Cow::default, |asset| asset.bytes);
            for part in [name.as_bytes(), &bytes] {
                hasher.update((part.len() as u64).to_be_bytes());
                hasher.update(part);
            }
        }
        hasher.finalize().into()
    })
}

/// Media types of the kinds of file that the bundle has; anything else is told to be bytes, which a browser
/// under `nosniff` will not run.
fn mime_of(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_index_is_a_page_in_every_build() {
        let page = index();
        assert!(page.bytes.starts_with(b"<!doctype html>"));
        assert_eq!(page.mime, "text/html; charset=utf-8");
        assert!(
            !page.immutable,
            "the index names the hashed files and must be asked for again"
        );
    }

    #[test]
    fn paths_outside_the_bundle_give_nothing() {
        for path in [
            "",
            "/",
            "/index.html",
            "../Cargo.toml",
            "assets/../index.html",
            "assets",
            "index.html/",
        ] {
            assert!(asset(path).is_none(), "{path}");
        }
    }

    #[test]
    fn every_file_has_a_known_type_and_a_tag_of_its_own() {
        let names = names();
        let mut tags = std::collections::HashSet::new();
        for name in &names {
            let file = asset(name).unwrap();
            assert_ne!(file.mime, "application/octet-stream", "{name} has no media type");
            assert!(tags.insert(file.etag), "{name} repeats another file");
        }
    }

    /// Everything that the page names is inside, hashed names only: nothing is fetched from elsewhere.
    #[test]
    fn everything_the_page_names_is_in_the_bundle() {
        let page = String::from_utf8(index().bytes.into_owned()).unwrap();
        let mut seen = 0;
        for part in page
            .split(['"', '\''])
            .filter(|part| part.starts_with('/') && part.contains('.'))
        {
            assert!(asset(&part[1..]).is_some(), "{part} is named but not embedded");
            seen += 1;
        }
        assert_eq!(built(), seen > 0);
        assert!(
            !page.contains("<style") && !page.contains(" style="),
            "the policy forbids inline styles"
        );
    }

    #[test]
    fn the_hash_moves_with_the_bundle_and_stands_still_otherwise() {
        assert_eq!(bundle_hash(), bundle_hash());
        assert_ne!(bundle_hash(), <[u8; 32]>::from(Sha256::digest(b"")));
    }
}
