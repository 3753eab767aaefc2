//! Where times before 1970 go wrong on Flink.

use flow::ir::program::{Action, Line, LineInput, Program};
use flow::ir::window::JoinBounds;
use std::collections::HashSet;

/// Whether a program would lose records from before 1970. Flink's interval join takes no step back behind that time, and loses pairs; its
/// windows come out there after the watermark that ends them, so that a window, `top` or join behind them takes them for late; and of what is
/// read from a topic a single window loses records, too.
pub(super) fn goes_wrong(program: &Program) -> bool {
    let mut early = Early::default();
    for (name, line) in &program.streams {
        if early.come_of_windows(line) {
            early.windowed.insert(name);
        }
    }
    for (line, _) in &program.ends {
        early.come_of_windows(line);
    }
    early.wrong || early.topics && early.windows
}

#[derive(Default)]
struct Early<'a> {
    /// The streams whose records come of windows.
    windowed: HashSet<&'a str>,
    /// Whether there is a stage that goes wrong.
    wrong: bool,
    /// Whether something is read from a topic, and whether there are windows.
    topics: bool,
    windows: bool,
}

impl Early<'_> {
    /// Whether a line's records come of windows. Each stream stands before those that take it.
    fn come_of_windows(&mut self, line: &Line) -> bool {
        let mut of_windows = match &line.input {
            LineInput::Source(source) => {
                self.topics |= source.endpoint.kind == "kafka";
                false
            }
            LineInput::Ref(reference) => self.windowed.contains(reference.stream.as_str()),
        };
        for step in &line.steps {
            let windowed = match &step.action {
                Action::Aggregate(aggregate) => aggregate.window.is_some(),
                Action::Top { .. } => true,
                Action::Union(lines) => {
                    for line in lines {
                        of_windows |= self.come_of_windows(line);
                    }
                    false
                }
                Action::Join(join) => {
                    of_windows |= self.come_of_windows(&join.other);
                    self.wrong |= matches!(join.bounds, JoinBounds::Between { .. });
                    true
                }
                Action::Filter(_) | Action::Map(_) | Action::FlatMap(_) | Action::Route(_) => false,
            };
            self.windows |= windowed;
            self.wrong |= windowed && of_windows;
            of_windows |= windowed;
        }
        of_windows
    }
}
