//! What is refused, freed and spread.

use super::*;

fn restored<V: crate::state::Data>(handle: ValueState<V>, state: &OperatorState) -> Result<()> {
    Probe::restored(Processing::new(One(handle), KeyFn::new(|n: &i64| *n)), 0, state, ALL_GROUPS).map(|_| ())
}

/// Counts in one state; with the wrong declarations if so asked.
struct One<V>(ValueState<V>);

impl<V> Clone for One<V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<V: crate::state::Data> Process<i64, i64> for One<V> {
    type Out = usize;

    fn states(&mut self, states: &mut States<'_, i64>) {
        states.declare(&mut self.0);
    }

    fn on_record(&mut self, record: i64, cx: &mut ProcessContext<'_, i64, usize>) -> Result<()> {
        match record {
            1 => cx.set_timer(cx.time()),
            2 => cx.set_timer(cx.time().plus_millis(1)),
            3 => cx.emit(ValueState::<u8>::new("other").get(cx).map_or(0, |_| 1)),
            _ => {
                let taken = self.0.take(cx);
                cx.emit(usize::from(taken.is_some()));
            }
        }
        Ok(())
    }

    fn on_timer(&mut self, at: Timestamp, cx: &mut ProcessContext<'_, i64, usize>) -> Result<()> {
        cx.set_timer(at);
        Ok(())
    }
}

#[test]
fn a_state_of_another_type_is_refused() {
    let key = |n: &i64| *n;
    let mut probe = Probe::new(Processing::new(One(ValueState::<i64>::new("held")), KeyFn::new(key)), 0);
    probe.batch([(7, 0, 0)], 0).unwrap();
    let state = probe.snapshot().unwrap();
    assert!(restored(ValueState::<i64>::new("held"), &state).is_ok());
    assert!(restored(ValueState::<String>::new("another"), &state).is_ok());
    let error = restored(ValueState::<String>::new("held"), &state).unwrap_err();
    assert_eq!(error.message(), "the state `held` was written as a value of i64, and is a value of String now");
}

#[test]
fn mistakes_are_told() {
    let stage = || Probe::new(Processing::new(One(ValueState::<i64>::new("held")), KeyFn::new(|n: &i64| *n)), 0);
    let told = |record| stage().batch([(record, 5, 4)], 100).unwrap_err().message().to_owned();
    assert_eq!(
        told(1),
        "the timer of 1970-01-01T00:00:00.005Z sets one for 1970-01-01T00:00:00.005Z, which is not later"
    );
    assert_eq!(told(3), "the state `other` is not declared: name it in `Process::states`");

    #[derive(Clone)]
    struct Twice;
    impl Process<i64, i64> for Twice {
        type Out = i64;
        fn states(&mut self, states: &mut States<'_, i64>) {
            states.declare(&mut ValueState::<i64>::new("held")).declare(&mut ListState::<i64>::new("held"));
        }
        fn on_record(&mut self, _: i64, _: &mut ProcessContext<'_, i64, i64>) -> Result<()> {
            Ok(())
        }
    }
    let mut probe = Probe::new(Processing::new(Twice, KeyFn::new(|n: &i64| *n)), 0);
    assert_eq!(probe.untimed([1]).unwrap_err().message(), "two states are named `held`");
}

#[test]
fn expired_state_gives_its_memory_back() {
    let life = Duration::from_secs(3600);
    for (ttl, by_clock) in [(Ttl::event_time(life), false), (Ttl::processing_time(life), true)] {
        let script = Script { value: ValueState::new("value").ttl(ttl), ..script(false) };
        let mut stage = Processing::new(script, KeyFn::new(|record: &Record| record.0));
        stage.scope.current.time = 0;
        let mut probe = Probe::new(stage, 0);
        probe.batch((0..50).map(|key| ((key, vec![Op::Set(1), Op::Add(1)]), 0, 0)), 0).unwrap();
        let hours = |n: i64| Timestamp::from_millis(n * 3_600_000);
        let next = probe.next_timer();
        assert_eq!(next.is_some(), by_clock);
        if by_clock {
            probe.timer(hours(2)).unwrap();
            assert_eq!(probe.next_timer(), None);
        } else {
            probe.watermark(hours(2).millis()).unwrap();
        }
        let state = probe.snapshot().unwrap();
        let reader = state.reader(ALL_GROUPS);
        assert_eq!(reader.keyed::<u8, (i64, i8)>("state value").unwrap().len(), 0);
        assert_eq!(reader.keyed::<u8, (i64, i8)>("state sum").unwrap().len(), 50);
    }
}

#[test]
fn state_is_spread_over_tasks_by_key_group() {
    let mut probe = Probe::new(stage(false), 0);
    probe.batch((0..50).map(|key| ((key, vec![Op::Set(1), Op::Timer(10)]), 0, 0)), 0).unwrap();
    let state = probe.snapshot().unwrap();
    let mut seen = Vec::new();
    for groups in [0..40, 40..128] {
        let mut probe = Probe::restored(stage(false), 0, &state, groups.clone()).unwrap();
        probe.watermark(10).unwrap();
        for row in probe.rows() {
            assert!(groups.contains(&group_of(&row.value.0)));
            seen.push(row.value.0);
        }
    }
    seen.sort_unstable();
    assert_eq!(seen, (0..50).collect::<Vec<_>>());
}
