//! Every sample capture gives the trees and the summary lines that stand in `tests/expected`. `BLESS=1` writes what came out.

mod support;

use support::{acme, bless, captures, run, top};

#[test]
fn trees_and_lines_are_as_expected() {
    acme();
    let mut wrong = Vec::new();
    let captures = captures();
    for (capture, is_tree) in captures.iter().flat_map(|capture| [(capture, true), (capture, false)]) {
        let mut name = capture.file_name().expect("a name").to_string_lossy().into_owned();
        let path = format!("tests/captures/{name}");
        let output = if is_tree { run(&["read", "-V", &path]) } else { run(&["read", &path]) };
        name += if is_tree { "" } else { ".summary" };
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let found = String::from_utf8_lossy(&output.stdout).into_owned();
        let file = top().join("tests/expected").join(format!("{name}.txt"));
        if bless() {
            std::fs::write(&file, &found).expect("tests/expected can be written");
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        if let Some((at, (e, f))) =
            expected.lines().chain([""]).zip(found.lines().chain([""])).enumerate().find(|(_, (e, f))| e != f)
        {
            wrong.push(format!("{name}, line {}:\n  expected {e:?}\n  found    {f:?}", at + 1));
        } else if expected != found {
            wrong.push(format!("{name}: one is longer than the other"));
        }
    }
    assert!(wrong.is_empty(), "{}\nBLESS=1 makes these the expectation", wrong.join("\n"));
}
