//! Random schemas, and values that lie on the edges of their types.

use super::random::Random;
use flow::Timestamp;
use flow::ir::types::{DataType, Field, Schema, Type};
use flow::ir::value::Value;
use flow::record::Row;
use rust_decimal::Decimal;

pub(crate) const SCALARS: [DataType; 11] = [
    DataType::Bool,
    DataType::I8,
    DataType::I16,
    DataType::I32,
    DataType::I64,
    DataType::F32,
    DataType::F64,
    DataType::String,
    DataType::Bytes,
    DataType::Timestamp,
    DataType::Decimal { precision: 18, scale: 2 },
];

/// Names that want quotes, beside plain ones.
const NAMES: [&str; 10] =
    ["amount", "select", "time", "a b", "it's", "back`tick", "\"double\"", "ä", "end; --", "Group"];

/// The unique number of a record, and when it was.
pub(crate) const ID: &str = "id";
pub(crate) const AT: &str = "at";
/// Keys of a few values.
pub(crate) const KEY: &str = "key";

/// A record with an id, an event time, a key, and some more.
pub(crate) fn schema(random: &mut Random) -> Schema {
    let key = random.pick(&[DataType::String, DataType::I64, DataType::I8, DataType::Bool, DataType::Timestamp]);
    let at = random.pick(&[DataType::EpochMillis, DataType::Timestamp]);
    let mut fields =
        vec![Field::new(ID, DataType::I64, false), Field::new(AT, at, false), Field::new(KEY, key, random.once_in(3))];
    let mut names = NAMES.to_vec();
    for _ in 0..2 + random.below(5) {
        let name = names.swap_remove(random.below(names.len()));
        fields.push(Field::new(name, data_type(random), random.once_in(3)));
    }
    if random.once_in(3) {
        let items = Type::required(DataType::Row(item(random)));
        fields.push(Field::new("items", DataType::Array(Box::new(items)), false));
    }
    Schema::new(fields)
}

/// What a list holds: a record with a key, and some more, among them names that its own record has too.
fn item(random: &mut Random) -> Schema {
    let key = random.pick(&[DataType::String, DataType::I64, DataType::I8]);
    let mut fields = vec![Field::new(KEY, key, random.once_in(3))];
    let mut names = [ID, AT, "amount", "a b", "it's", "back`tick", "list$", "$time"].to_vec();
    for _ in 0..1 + random.below(4) {
        let name = names.swap_remove(random.below(names.len()));
        let of = if random.once_in(6) { DataType::EpochMillis } else { data_type(random) };
        fields.push(Field::new(name, of, random.once_in(3)));
    }
    Schema::new(fields)
}

fn data_type(random: &mut Random) -> DataType {
    match random.below(14) {
        0 => DataType::Row(Schema::new(vec![
            Field::new("x", DataType::I64, false),
            Field::new("y `quoted`", DataType::String, true),
            Field::new("select", DataType::F64, false),
        ])),
        1 => {
            let item = random.pick(&[
                DataType::I64,
                DataType::String,
                DataType::F64,
                DataType::Timestamp,
                DataType::EpochMillis,
            ]);
            DataType::Array(Box::new(Type { data_type: item, nullable: random.once_in(2) }))
        }
        n if n < 6 => random.pick(&[DataType::I64, DataType::I32, DataType::String]),
        _ => random.pick(&SCALARS),
    }
}

/// What the values of a case may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alphabet {
    /// Characters beyond the BMP, whose order is excluded.
    pub(crate) astral: bool,
}

const TEXTS: [&str; 14] =
    ["", "a", "EU", " it's `x` ", "ÄÖß", "--", "a\nb\\", "; DROP", "e\u{301}", "\u{ff5e}", "ab", "0", "\t tab", "ΑΣ"];

pub(crate) fn value(random: &mut Random, alphabet: Alphabet, ty: &Type) -> Value {
    if ty.nullable && random.once_in(3) {
        return Value::Null;
    }
    match &ty.data_type {
        DataType::Bool => Value::Bool(random.once_in(2)),
        DataType::I8 => Value::I8(integer(random) as i8),
        DataType::I16 => Value::I16(integer(random) as i16),
        DataType::I32 => Value::I32(integer(random) as i32),
        DataType::I64 => Value::I64(integer(random)),
        DataType::F32 => Value::F32(float(random) as f32),
        DataType::F64 => Value::F64(float(random)),
        DataType::String if alphabet.astral && random.once_in(4) => Value::Str(random.pick(&["😀b", "a𝄞"]).to_owned()),
        DataType::String => Value::Str(random.pick(&TEXTS).to_owned()),
        DataType::Bytes => {
            Value::Bytes((0..random.below(4)).map(|_| random.below(256) as u8).collect::<Vec<_>>().into())
        }
        DataType::Timestamp | DataType::EpochMillis => Value::Timestamp(moment(random)),
        DataType::Decimal { scale, .. } => Value::Decimal(Decimal::new(integer(random) % 1_000_000, u32::from(*scale))),
        DataType::Row(schema) => Value::Row(schema.fields.iter().map(|f| value(random, alphabet, &f.ty())).collect()),
        DataType::Array(item) => Value::Array((0..random.below(3)).map(|_| value(random, alphabet, item)).collect()),
    }
}

fn integer(random: &mut Random) -> i64 {
    match random.below(4) {
        0 => random.pick(&[i64::MAX, i64::MIN, 127, 128, -129, 32_768, i64::from(i32::MAX), 1 << 53]),
        1 => random.bits() as i64,
        _ => random.below(20) as i64 - 5,
    }
}

fn float(random: &mut Random) -> f64 {
    match random.below(4) {
        0 => random.pick(&[0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 5e-324, 1e300, 1e16, 9.3e18]),
        1 => f64::from_bits(random.bits()),
        _ => random.below(40) as f64 * 0.25 - 2.0,
    }
}

fn moment(random: &mut Random) -> Timestamp {
    let millis = match random.below(3) {
        0 => random.pick(&[0, -1, 1, 951_782_400_000, -2_208_988_800_000, 4_102_444_799_999, -30_000_000_000_000]),
        _ => 1_767_225_600_000 + random.below(100_000_000) as i64,
    };
    Timestamp::from_millis(millis)
}

/// How the event times of a source come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// Where they begin.
    pub(crate) base: i64,
    /// No record is older than the latest before it by more, unless some are late.
    pub(crate) delay: u64,
    /// Whether some are late.
    pub(crate) late: bool,
    /// Whether all are even, so that no two lie an odd gap apart.
    pub(crate) even: bool,
}

/// So many records.
pub(crate) fn rows(random: &mut Random, alphabet: Alphabet, schema: &Schema, times: Times, count: usize) -> Vec<Row> {
    let keys = keys(random, alphabet, &schema.fields[2].ty());
    let mut now = times.base;
    let row = |number: usize| {
        now += random.pick(&[0, 0, 1, 10, 100, 499, 500, 1_000, 3_000]);
        let delay = times.delay as i64;
        let older = random.pick(&[0, 0, delay.min(1), delay / 2, delay]);
        let late = if times.late && random.once_in(8) { random.pick(&[1, 2, 999, 7_000]) } else { 0 };
        // Upwards and downwards, so that an even time is no older than it may be.
        let at = if times.even { ((now + 1) & !1) - (older & !1) - (late & !1) } else { now - older - late };
        let mut values = vec![
            Value::I64(number as i64),
            Value::Timestamp(Timestamp::from_millis(at)),
            keys[random.below(keys.len())].clone(),
        ];
        values.extend(schema.fields[3..].iter().map(|field| value(random, alphabet, &field.ty())));
        Row(values)
    };
    (0..count).map(row).collect()
}

/// A few keys.
fn keys(random: &mut Random, alphabet: Alphabet, ty: &Type) -> Vec<Value> {
    let mut keys: Vec<_> = (0..4).map(|_| value(random, alphabet, ty)).collect();
    keys.sort();
    keys.dedup();
    keys
}
