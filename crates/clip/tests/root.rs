//! A side's root on disk.

#![allow(clippy::unwrap_used)]

use std::os::unix::fs::PermissionsExt as _;

use clip::{ROOT_CERTIFICATE, ROOT_KEY, Root, RootError, Signer};

const NOW: i64 = 1_640_896_500_000;

#[test]
fn it_is_made_once_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let first = Root::open(folder.path(), "Washington", NOW).unwrap();
    let again = Root::open(folder.path(), "Another name", NOW + 1).unwrap();
    assert_eq!(first.certificate_pem, again.certificate_pem);
    assert_eq!(*first.key_pem, *again.key_pem);
    let mode = std::fs::metadata(folder.path().join(ROOT_KEY))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    Signer::new(&again.certificate_pem, &again.key_pem, "Washington", None).unwrap();
    assert_eq!(format!("{first:?}"), "Root");
}

#[test]
fn halves_and_open_keys_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    Root::open(folder.path(), "Washington", NOW).unwrap();
    let key = folder.path().join(ROOT_KEY);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(
        Root::open(folder.path(), "Washington", NOW),
        Err(RootError::Open(_))
    ));
    std::fs::remove_file(&key).unwrap();
    assert!(matches!(
        Root::open(folder.path(), "Washington", NOW),
        Err(RootError::Half(_))
    ));
    assert!(folder.path().join(ROOT_CERTIFICATE).exists());
}

#[test]
fn what_is_no_root_signs_nothing() {
    let one = Root::make("Washington", NOW).unwrap();
    let other = Root::make("Moscow", NOW).unwrap();
    assert!(matches!(
        Signer::new("nothing", &one.key_pem, "W", None),
        Err(RootError::Form(_))
    ));
    assert!(matches!(
        Signer::new(&one.certificate_pem, "nothing", "W", None),
        Err(RootError::Form(_))
    ));
    assert!(matches!(
        Signer::new(&one.certificate_pem, &other.key_pem, "W", None),
        Err(RootError::Form(_))
    ));
}
