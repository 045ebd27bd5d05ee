//! The command line: names, flags and help, nothing else.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A direct video line between two sides: two nodes, no host.
#[derive(Debug, Parser)]
#[command(
    name = "visavis",
    version,
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a record or a clip that holds but is signed by nobody you trust, 78 bad configuration.\n\nFirst steps:\n  visavis demo                               two nodes on this machine, ready for two browser windows\n  visavis init --name Washington --place Washington --zone America/New_York --host 192.0.2.10\n  visavis serve\n  visavis enrol --role operator --name Desk  a one-time link for the desk's browser"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Where a node keeps everything it has.
#[derive(Args, Debug)]
pub struct Data {
    /// The node's data folder.
    #[arg(
        long = "data",
        value_name = "DIR",
        env = "VISAVIS_DATA",
        default_value = "visavis-data"
    )]
    pub dir: PathBuf,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run two paired nodes on this machine, to try a call in two browser windows.
    Demo(Demo),
    /// Make a node: its folder, keys, certificate authority and configuration.
    Init(Init),
    /// Run the node.
    Serve(Serve),
    /// Pair with another side.
    #[command(subcommand)]
    Line(Line),
    /// Make a seat and print its one-time enrolment link.
    Enrol(Enrol),
    /// Look at calls and export their records.
    #[command(subcommand)]
    Call(Call),
    /// Check an exported record or a clip, without a node.
    Verify(Verify),
    /// Check this node and its lines, and say what to do.
    Doctor(Doctor),
    /// Print version and the hash of the pages inside.
    Version(Version),
}

/// `visavis demo`
#[derive(Args, Debug)]
pub struct Demo {
    /// Print one line of JSON once both nodes are ready.
    #[arg(long)]
    pub json: bool,
    /// Keep the data here instead of a temporary folder.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Use eight ports from this one on; free ones unless named.
    #[arg(long, value_name = "PORT")]
    pub port_base: Option<u16>,
}

/// `visavis init`
#[derive(Args, Debug)]
pub struct Init {
    /// Where to keep everything.
    #[command(flatten)]
    pub data: Data,
    /// The side's name, as the other side will see it.
    #[arg(long)]
    pub name: String,
    /// The capital whose clock stands for this side.
    #[arg(long)]
    pub place: String,
    /// That capital's IANA time zone, e.g. Europe/Moscow.
    #[arg(long)]
    pub zone: String,
    /// Address of the pages.
    #[arg(long, value_name = "ADDR:PORT", default_value = "0.0.0.0:8443")]
    pub http: SocketAddr,
    /// UDP address for browsers' sound and picture.
    #[arg(long, value_name = "ADDR:PORT", default_value = "0.0.0.0:8444")]
    pub media: SocketAddr,
    /// UDP address for other nodes.
    #[arg(long, value_name = "ADDR:PORT", default_value = "0.0.0.0:8445")]
    pub link: SocketAddr,
    /// Names and addresses by which browsers reach this node; the first stands in links.
    #[arg(long = "host", value_name = "NAME_OR_IP")]
    pub hosts: Vec<String>,
    /// No TLS: for loopback addresses only.
    #[arg(long, conflicts_with_all = ["cert", "key"])]
    pub plain: bool,
    /// Use this certificate chain instead of the side's own authority.
    #[arg(long, requires = "key", value_name = "FILE")]
    pub cert: Option<PathBuf>,
    /// The certificate's private key.
    #[arg(long, requires = "cert", value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// The URL that people type, when it is not the first host and the HTTP port.
    #[arg(long, value_name = "URL")]
    pub public: Option<String>,
}

/// `visavis serve`
#[derive(Args, Debug)]
pub struct Serve {
    /// The node's folder.
    #[command(flatten)]
    pub data: Data,
    /// Print one line of JSON once ready.
    #[arg(long)]
    pub json: bool,
}

/// `visavis line`
#[derive(Debug, Subcommand)]
pub enum Line {
    /// Print this side's signed bundle, to be carried to the other side.
    Invite {
        /// The node's folder.
        #[command(flatten)]
        data: Data,
        /// `host:port` at which the other side reaches this node's link.
        #[arg(long = "address", value_name = "HOST:PORT")]
        addresses: Vec<String>,
        /// Write to a file.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Take the other side's bundle and compare the words.
    Accept {
        /// The node's folder.
        #[command(flatten)]
        data: Data,
        /// The other side's bundle.
        file: PathBuf,
        /// The words were compared and are the same on both ends.
        #[arg(long)]
        yes: bool,
    },
    /// List lines.
    List {
        /// The node's folder.
        #[command(flatten)]
        data: Data,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Roles that a seat can have.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Role {
    /// Speaks for the side.
    Principal,
    /// Sits with the principal.
    Aide,
    /// Interprets.
    Interpreter,
    /// Runs the desk.
    Operator,
    /// Looks after footage and texts.
    Press,
}

/// `visavis enrol`
#[derive(Args, Debug)]
pub struct Enrol {
    /// The node's folder.
    #[command(flatten)]
    pub data: Data,
    /// Give this seat a fresh link: its machine was lost or replaced. The old key counts until the link is used.
    #[arg(long, value_name = "ID", conflicts_with_all = ["role", "name", "place"])]
    pub seat: Option<String>,
    /// What the seat is for.
    #[arg(long, value_enum, required_unless_present = "seat")]
    pub role: Option<Role>,
    /// The seat's name.
    #[arg(long, required_unless_present = "seat")]
    pub name: Option<String>,
    /// Where it stands; the side's capital unless given.
    #[arg(long)]
    pub place: Option<String>,
    /// How long the link is good for, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400, value_parser = clap::value_parser!(u32).range(1..=2_592_000))]
    pub valid: u32,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

/// `visavis call`
#[derive(Debug, Subcommand)]
pub enum Call {
    /// List calls, newest first.
    List {
        /// The node's folder.
        #[command(flatten)]
        data: Data,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show one call and its timeline.
    Show {
        /// The node's folder.
        #[command(flatten)]
        data: Data,
        /// The call's id, or enough of its beginning.
        id: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write the signed record of one call.
    Export {
        /// The node's folder.
        #[command(flatten)]
        data: Data,
        /// The call's id, or enough of its beginning.
        id: String,
        /// Write to a file; standard output otherwise.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// `visavis verify`
#[derive(Args, Debug)]
pub struct Verify {
    /// The exported record, or a clip (MP4): told apart by what is in the file.
    pub file: PathBuf,
    /// Whom to trust; may be given more than once. For a record a file that names sides; for a clip the clips.pem of its
    /// side, and roots of time stamp authorities.
    #[arg(long, value_name = "FILE")]
    pub trust: Vec<PathBuf>,
    /// Trust the sides that this node is paired with; for a clip, this node's own.
    #[arg(long = "data", value_name = "DIR", env = "VISAVIS_DATA")]
    pub dir: Option<PathBuf>,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

/// `visavis doctor`
#[derive(Args, Debug)]
pub struct Doctor {
    /// The node's folder.
    #[command(flatten)]
    pub data: Data,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

/// `visavis version`
#[derive(Args, Debug)]
pub struct Version {
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}
