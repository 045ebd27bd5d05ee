//! `visavis init`: makes a node.

use std::process::ExitCode;

use call::SideId;
use node::{
    config::{Clips, Config, Http, Link, Media, Ring, Seats, Tls},
    setup,
};

use crate::{cli::Init, output};

pub fn run(init: Init) -> anyhow::Result<ExitCode> {
    let tls = match (init.plain, init.cert, init.key) {
        (true, _, _) => Tls::Off,
        (false, Some(cert), Some(key)) => Tls::Files {
            cert: std::path::absolute(cert)?,
            key: std::path::absolute(key)?,
        },
        (false, _, _) => Tls::Own,
    };
    let config = Config {
        name: init.name,
        place: init.place,
        zone: init.zone,
        http: Http {
            listen: init.http,
            public: init.public,
            tls,
        },
        media: Media {
            listen: init.media,
            addresses: Vec::new(),
        },
        link: Link {
            listen: init.link,
            addresses: Vec::new(),
        },
        ring: Ring::default(),
        seats: Seats::default(),
        clips: Clips::default(),
        press: None,
    };
    let key = setup::init(&init.data.dir, config, &init.hosts)?;
    let dir = init.data.dir.display();
    let side = SideId::of(&key);
    output::line(format_args!("A node was made in {dir}.\nIts side is {side}.\n"));
    output::line("Next:");
    output::line(format_args!("  visavis serve --data {dir}"));
    output::line(format_args!("  visavis enrol --data {dir} --role operator --name Desk"));
    output::line(format_args!("  visavis line invite --data {dir} --out our.bundle"));
    output::line("\nKeep the folder private: whoever has it can sign for this side.");
    Ok(ExitCode::SUCCESS)
}
