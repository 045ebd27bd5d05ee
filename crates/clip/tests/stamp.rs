//! Time stamps of an authority that is a program beside us (`openssl ts`), behind HTTP on this machine.

#![allow(clippy::unwrap_used)]

mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use clip::{ClipError, Cut, Verdict, Where, verify};
use support::{draw, make, side, small, source};
use tempfile::TempDir;

const CONFIG: &str = "\
[tsa]
serial = serial
signer_cert = tsa.pem
certs = root.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[leaf]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
authorityKeyIdentifier = keyid
subjectKeyIdentifier = hash
[ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[req]
distinguished_name = name
[name]
";

fn openssl(folder: &Path, arguments: &str) -> Vec<u8> {
    let ran = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        ran.status.success(),
        "{arguments}: {}",
        String::from_utf8_lossy(&ran.stderr)
    );
    ran.stdout
}

/// How the authority answers.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Well,
    /// With the same old answer, to whatever is asked.
    Again,
    /// That it is out of order.
    Broken,
}

struct Authority {
    folder: Arc<TempDir>,
    url: String,
}

impl Authority {
    fn start(way: Way) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let at = folder.path();
        std::fs::write(at.join("openssl.cnf"), CONFIG).unwrap();
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config openssl.cnf";
        openssl(
            at,
            &format!("req -x509 {key} -keyout root.key -out root.pem -days 30 -extensions ca -subj /O=Time/CN=Root"),
        );
        openssl(
            at,
            &format!("req {key} -keyout tsa.key -out tsa.csr -subj /O=Time/CN=Stamps"),
        );
        openssl(
            at,
            "x509 -req -in tsa.csr -CA root.pem -CAkey root.key -CAcreateserial -days 30 -out tsa.pem -extfile openssl.cnf -extensions leaf",
        );
        std::fs::write(at.join("serial"), "01\n").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/stamp", listener.local_addr().unwrap());
        let theirs = folder.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let _ = answer(theirs.path(), stream.unwrap(), way);
            }
        });
        Self { folder, url }
    }

    fn root(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("root.pem")).unwrap()
    }
}

fn answer(folder: &Path, stream: TcpStream, way: Way) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut query = vec![0; length];
    reader.read_exact(&mut query)?;
    let (old, reply): (PathBuf, PathBuf) = (folder.join("query"), folder.join("reply"));
    if way != Way::Again || !reply.exists() {
        std::fs::write(old, query)?;
        if way == Way::Again {
            openssl(folder, "ts -query -data serial -sha256 -cert -out query");
        }
        openssl(
            folder,
            "ts -reply -config openssl.cnf -section tsa -queryfile query -out reply",
        );
    }
    let body = std::fs::read(reply)?;
    let status = if way == Way::Broken {
        "503 Out of order"
    } else {
        "200 OK"
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/timestamp-reply\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = stream;
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body)
}

#[test]
fn a_stamped_clip_says_when() {
    let authority = Authority::start(Way::Well);
    let folder = tempfile::tempdir().unwrap();
    let (root, signer) = side("Washington", Some(&authority.url));
    let clip = small(folder.path(), &signer);
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let stamped = clip.time_stamp.unwrap();
    assert!((stamped - now).abs() < 60_000, "{stamped} {now}");

    let side_root = root.certificate_pem.clone();
    let known = verify(&clip.path, &[side_root.clone(), authority.root()]).unwrap();
    assert_eq!(
        known,
        Verdict::Valid {
            by: "Washington".to_owned(),
            at: Some(stamped)
        }
    );
    // Whoever does not know the authority is told no time, and the signature holds all the same.
    let unknown = verify(&clip.path, &[side_root]).unwrap();
    assert_eq!(
        unknown,
        Verdict::Valid {
            by: "Washington".to_owned(),
            at: None
        }
    );
    // The authority vouches for times, not for clips.
    assert!(matches!(
        verify(&clip.path, &[authority.root()]).unwrap(),
        Verdict::Untrusted { .. }
    ));

    // A time stamp that was changed is a change.
    let mut bytes = std::fs::read(&clip.path).unwrap();
    let at = bytes.windows(7).position(|there| there == b"sigTst2").unwrap() + 400;
    bytes[at] ^= 1;
    std::fs::write(&clip.path, bytes).unwrap();
    let changed = verify(&clip.path, &[root.certificate_pem, authority.root()]).unwrap();
    assert_eq!(changed, Verdict::Altered { where_: Where::Form });
}

#[test]
fn without_the_time_stamp_that_was_wanted_nothing_is_signed() {
    let nobody = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/", listener.local_addr().unwrap())
    };
    let authorities = [Authority::start(Way::Broken), Authority::start(Way::Again)];
    let folder = tempfile::tempdir().unwrap();
    let clips = tempfile::tempdir().unwrap();
    let film = draw(folder.path(), "first", &[], Some("sine=f=440:r=48000:d=2"));
    for url in [&authorities[0].url, &authorities[1].url, &nobody] {
        let (_, signer) = side("Washington", Some(url));
        let made = make(Cut::Side(0), &[source(film.clone(), "First", 0)], &signer, clips.path());
        let error = made.unwrap_err();
        assert!(matches!(error, ClipError::TimeStamp(_)), "{url}: {error}");
        assert_eq!(error.code(), "clip_time_stamp");
        assert_eq!(std::fs::read_dir(clips.path()).unwrap().count(), 0);
    }
}

#[test]
fn an_address_is_one_of_http() {
    let root = clip::Root::make("Washington", support::OPENED).unwrap();
    for url in ["ftp://example.org", "example.org", "http://", "file:///etc/passwd", ""] {
        assert!(
            clip::Signer::new(&root.certificate_pem, &root.key_pem, "W", Some(url)).is_err(),
            "{url}"
        );
    }
    for url in ["http://example.org", "https://example.org:8443/tsa"] {
        assert!(
            clip::Signer::new(&root.certificate_pem, &root.key_pem, "W", Some(url)).is_ok(),
            "{url}"
        );
    }
}
