//! The same answer in this process and on a real Flink: random pipelines over random records.

mod case;
mod expression;
mod json;
mod pipeline;
mod random;
mod schema;
mod windowed;

/// Every case is a document that holds, runs here, and is the same after it was written down.
#[test]
fn cases_run_here() {
    let mut refused = Vec::new();
    let mut rows = 0;
    for seed in 0..500 {
        let case = pipeline::case(seed, 60);
        case.ir.validate().unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}", case.ir.to_json()));
        let again = case::from_text(&case::to_text(&case));
        assert_eq!(again.ir.to_json(), case.ir.to_json());
        match case::in_process(&case) {
            Ok(answer) => {
                rows += answer.values().map(Vec::len).sum::<usize>();
                assert_eq!(case::in_process(&again), Ok(answer), "seed {seed}");
            }
            Err(error) => refused.push((seed, error)),
        }
    }
    assert!(refused.is_empty(), "{} of 500: {refused:#?}", refused.len());
    assert!(rows > 5_000, "{rows}");
}
