//! Where times before 1970 go wrong on Flink.

use flow::ir::program::{Action, Line, LineInput, Program};
use flow::ir::window::JoinBounds;

/// Whether a program would lose records from before 1970. Flink's interval join takes no step back behind that time, and loses pairs; its
/// windows come out there after the watermark that ends them, so that a window, `top` or join behind them takes them for late.
pub(super) fn goes_wrong(program: &Program) -> bool {
    let streams = program.streams.iter().map(|(_, line)| line);
    let mut wrong = false;
    for line in streams.chain(program.ends.iter().map(|(line, _)| line)) {
        come_of_windows(line, program, &mut wrong);
    }
    wrong
}

/// Whether a line's records come of windows; says also if it has a stage that goes wrong.
fn come_of_windows(line: &Line, program: &Program, wrong: &mut bool) -> bool {
    let mut of_windows = match &line.input {
        LineInput::Source(_) => false,
        LineInput::Ref(reference) => {
            let stream = program.streams.iter().find(|(name, _)| *name == reference.stream);
            stream.is_some_and(|(_, line)| come_of_windows(line, program, wrong))
        }
    };
    for step in &line.steps {
        let windowed = match &step.action {
            Action::Aggregate(aggregate) => aggregate.window.is_some(),
            Action::Top { .. } => true,
            Action::Union(lines) => {
                for line in lines {
                    of_windows |= come_of_windows(line, program, wrong);
                }
                false
            }
            Action::Join(join) => {
                of_windows |= come_of_windows(&join.other, program, wrong);
                *wrong |= matches!(join.bounds, JoinBounds::Between { .. });
                true
            }
            Action::Filter(_) | Action::Map(_) | Action::Route(_) => false,
        };
        *wrong |= windowed && of_windows;
        of_windows |= windowed;
    }
    of_windows
}
