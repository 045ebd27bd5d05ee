//! `visavis verify` on clips, with the exit codes that scripts rely on.

#![allow(clippy::unwrap_used)]

#[path = "../../clip/tests/support/mod.rs"]
mod support;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn verify(arguments: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_visavis"))
        .arg("verify")
        .args(arguments)
        .env_remove("VISAVIS_DATA")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn seen(output: &Output) -> (i32, String) {
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status.code().unwrap(), said)
}

#[test]
fn a_clip_is_told_from_a_record_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    // As a node keeps its root: in its data folder.
    let root = clip::Root::open(at, "Washington", support::OPENED).unwrap();
    let signer = clip::Signer::new(&root.certificate_pem, &root.key_pem, "Washington", None).unwrap();
    let made = support::small(at, &signer);
    let pem = at.join(clip::ROOT_CERTIFICATE);
    let (trust, data, json) = (Path::new("--trust"), Path::new("--data"), Path::new("--json"));

    let (code, said) = seen(&verify(&[&made.path, trust, &pem]));
    assert_eq!(code, 0, "{said}");
    assert!(said.starts_with("valid, by Washington\n"), "{said}");
    assert!(
        said.contains(&"07".repeat(32)) && said.contains("2021-12-30T20:35:00Z"),
        "{said}"
    );

    let (code, said) = seen(&verify(&[&made.path, data, at]));
    assert_eq!(code, 0, "{said}");

    let (code, said) = seen(&verify(&[&made.path]));
    assert_eq!(code, 3, "{said}");
    assert!(said.starts_with("untrusted\n"), "{said}");

    let told: Value = serde_json::from_slice(&verify(&[&made.path, trust, &pem, json]).stdout).unwrap();
    assert_eq!((&told["outcome"], &told["by"]), (&"ok".into(), &"Washington".into()));
    assert_eq!((&told["altered"], &told["at"]), (&Value::Null, &Value::Null));
    assert_eq!(told["sides"], serde_json::json!(["Washington", "Moscow"]));
    assert_eq!(told["heads"], serde_json::json!(["01".repeat(32), "02".repeat(32)]));

    let mut bytes = std::fs::read(&made.path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let changed = at.join("changed.mp4");
    std::fs::write(&changed, bytes).unwrap();
    let (code, said) = seen(&verify(&[&changed, trust, &pem]));
    assert_eq!(code, 1, "{said}");
    assert!(said.starts_with("altered: sound, pictures"), "{said}");
    let told: Value = serde_json::from_slice(&verify(&[&changed, json]).stdout).unwrap();
    assert_eq!(
        (&told["outcome"], &told["altered"]),
        (&"altered".into(), &"film".into())
    );

    let plain = support::draw(at, "plain", &[], Some("sine=d=1"));
    let (code, said) = seen(&verify(&[&plain, trust, &pem]));
    assert_eq!(code, 1, "{said}");
    assert!(said.starts_with("unsigned"), "{said}");

    // A file that names sides is for records.
    let sides = at.join("both.trust");
    std::fs::write(&sides, "visavis trust 1\n").unwrap();
    let (code, said) = seen(&verify(&[&made.path, trust, &sides]));
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("not a certificate in PEM"), "{said}");
}
