#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stdout, missing_docs)]
//! Writes the example record and its trust file into the folder named: `cargo run -p call --example record docs/examples`.

#[path = "../tests/story/mod.rs"]
mod story;

fn main() {
    let folder = std::env::args().nth(1).expect("the folder to write into");
    let story = story::Story::tell(&story::DECEMBER_30);
    let (record, trust) = story.record();
    std::fs::write(format!("{folder}/2021-12-30.cbor"), &record).unwrap();
    std::fs::write(format!("{folder}/2021-12-30.trust"), trust.to_text()).unwrap();
    println!("{} bytes", record.len());
}
