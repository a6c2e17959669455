//! diamond-types has a format of its own: `snapshot` opens a .dt file, or one made from a trace outside the clock.

use crate::harness::{Laps, Made, Task};
use crate::input::{read_file, read_trace, Trace};
use diamond_types::list::encoding::ENCODE_FULL;
use diamond_types::list::ListCRDT;

fn edit(trace: &Trace) -> ListCRDT {
    let mut doc = ListCRDT::new();
    let agent = doc.get_or_create_agent_id("editor");
    for patch in trace.transactions.iter().flatten() {
        if patch.deleted > 0 {
            doc.delete_without_content(agent, patch.position..patch.position + patch.deleted);
        }
        if !patch.inserted.is_empty() {
            doc.insert(agent, patch.position, &patch.inserted);
        }
    }
    doc
}

fn made(doc: ListCRDT, laps: &mut Laps, part: &'static str) -> Made {
    laps.lap(part);
    let text = doc.branch.content().to_string();
    laps.lap("text");
    Made { _doc: Some(Box::new(doc)), text: Some(text), ..Made::default() }
}

pub fn task(operation: &str, words: &[String]) -> Option<Task> {
    match operation {
        "local" => {
            let trace = read_trace(&words[0]);
            let expected = Some(trace.end.clone());
            Some(Task { run: Box::new(move |laps| made(edit(&trace), laps, "edit")), expected })
        }
        "snapshot" => {
            let (file, expected) = if words[0].ends_with(".dt") {
                (read_file(&words[0]), None)
            } else {
                let trace = read_trace(&words[0]);
                (edit(&trace).oplog.encode(ENCODE_FULL), Some(trace.end))
            };
            let run = Box::new(move |laps: &mut Laps| made(ListCRDT::load_from(&file).expect("a .dt file"), laps, "apply"));
            Some(Task { run, expected })
        }
        _ => None,
    }
}
