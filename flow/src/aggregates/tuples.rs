//! Several aggregates side by side.

use super::describe::Described;
use super::spec::AggregateSpec;
use crate::time::Timestamp;

macro_rules! tuple {
    ($($name:ident $at:tt),*) => {
        impl<T, $($name: AggregateSpec<T>),*> AggregateSpec<T> for ($($name,)*) {
            type Accumulator = ($($name::Accumulator,)*);
            type Output = ($($name::Output,)*);

            #[inline]
            fn start(&self, record: &T, time: Timestamp) -> Self::Accumulator {
                ($(self.$at.start(record, time),)*)
            }

            #[inline]
            fn add(&self, accumulator: &mut Self::Accumulator, record: &T, time: Timestamp) {
                $(self.$at.add(&mut accumulator.$at, record, time);)*
            }

            fn merge(&self, accumulator: &mut Self::Accumulator, other: Self::Accumulator) {
                $(self.$at.merge(&mut accumulator.$at, other.$at);)*
            }

            const RETRACTS: bool = true $(&& $name::RETRACTS)*;

            fn retract(&self, accumulator: &mut Self::Accumulator, merged: &Self::Accumulator) {
                $(self.$at.retract(&mut accumulator.$at, &merged.$at);)*
            }

            fn result(&self, accumulator: &Self::Accumulator) -> Self::Output {
                ($(self.$at.result(&accumulator.$at),)*)
            }

            fn describe(&self) -> Vec<Described> {
                let mut all = Vec::new();
                $(all.extend(self.$at.describe());)*
                all
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
