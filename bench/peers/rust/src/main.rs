//! peers PEER OPERATION FILE ARGUMENTS…: as stet-bench, with a Rust library in its place.

mod diamond;
mod harness;
mod input;
mod loro_peer;
mod yrs_peer;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.len() < 3 {
        input::die("peers PEER OPERATION FILE ARGUMENTS…");
    }
    let (peer, operation, arguments) = (words[0].as_str(), words[1].as_str(), &words[2..]);
    let (task, version) = match peer {
        "yrs" => (yrs_peer::task(operation, arguments), "0.28.1"),
        "loro" => (loro_peer::task(operation, arguments), "1.17.1"),
        "diamond-types" => (diamond::task(operation, arguments), "1.0.0"),
        _ => input::die(&format!("no peer '{peer}'")),
    };
    match task {
        Some(task) => std::process::exit(harness::measure(peer, version, task)),
        None => std::process::exit(3),
    }
}
