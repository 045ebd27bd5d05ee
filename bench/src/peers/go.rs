//! Forwarders written in Go: from the path, from this benchmark's cache folder, or built there from their modules.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context;

use super::place::say;
use super::{Found, cache};

/// How long a build may take: it is done once.
const BUILD_MAX: Duration = Duration::from_secs(20 * 60);

/// Finds one, or builds it.
///
/// # Errors
/// When it is neither there nor can be built.
pub fn find(name: &str, module: &str, package: &str, version: &str) -> anyhow::Result<Found> {
    let cache = cache()?;
    let kept = cache.join(name);
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).map(|folder| folder.join(name));
    let there = on_path.chain([kept.clone()]).find(|file| file.is_file());
    let program = match there {
        Some(program) => program,
        None => build(&cache, &kept, &format!("{module}{package}@{version}"))?,
    };
    let version = module_version(&program, module).unwrap_or_else(|| "unknown".to_owned());
    Ok(Found { version, program })
}

fn build(cache: &Path, kept: &Path, what: &str) -> anyhow::Result<PathBuf> {
    eprintln!("building {what}, once");
    std::fs::create_dir_all(cache)?;
    let built = tempfile::tempdir_in(cache)?;
    let mut go = Command::new("go");
    // Outside of any module, and nothing else than what the module's own checksums say.
    go.args(["install", what])
        .current_dir(&built)
        .env("GOBIN", built.path());
    say(&mut go, BUILD_MAX)?;
    let program = std::fs::read_dir(&built)?.next().context("nothing was built")??;
    std::fs::rename(program.path(), kept)?;
    Ok(kept.to_owned())
}

/// The version of its main module, as the Go linker noted it.
fn module_version(program: &Path, module: &str) -> Option<String> {
    let said = Command::new("go").args(["version", "-m"]).arg(program).output().ok()?;
    main_module(&String::from_utf8_lossy(&said.stdout), module)
}

fn main_module(said: &str, module: &str) -> Option<String> {
    let mut words = said.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let line = words.find(|words| words.len() > 2 && words[0] == "mod" && words[1] == module)?;
    let mut revision = || words.find_map(|words| words.get(1)?.strip_prefix("vcs.revision=").map(str::to_owned));
    match line[2] {
        "(devel)" => Some(format!("revision {:.10}", revision()?)),
        version => Some(version.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_module_is_found() {
        let said = "galene: go1.26\n\tpath\tgithub.com/jech/galene\n\tmod\tgithub.com/jech/galene\tv0.1.2\th1:x=\n\tdep\ta.b/c\tv1.0.0\n";
        assert_eq!(main_module(said, "github.com/jech/galene").as_deref(), Some("v0.1.2"));
        assert_eq!(main_module(said, "a.b/c"), None);
        let said = "x: go1.26\n\tmod\ta.b/c\t(devel)\n\tbuild\tvcs.revision=0123456789abcdef\n";
        assert_eq!(main_module(said, "a.b/c").as_deref(), Some("revision 0123456789"));
    }
}
