//! Random windows, and what is made of them.

use super::pipeline::{Made, Maker};
use super::schema::{ID, KEY, SCALARS};
use flow::ir::aggregation::{AggregateFunction, output_scope};
use flow::ir::operation::{AggregateStage, Aggregation, KeyPart, Operation, OutputField, WindowStage, schema_of};
use flow::ir::sql_print::quote;
use flow::ir::types::{DataType, Field, Schema, Type};
use flow::ir::window::{WindowShape, WindowSpec};

/// `sessions`: whether all times are even, so that none are exactly an odd gap apart.
pub(crate) fn window(maker: &mut Maker, sessions: bool) -> WindowSpec {
    let random = &mut maker.random;
    let size = random.pick(&[1_000, 2_000, 5_000, 10_000, 7_000]);
    let shape = match random.below(if sessions { 4 } else { 3 }) {
        0 | 1 => WindowShape::Tumbling { size },
        2 => WindowShape::Sliding { size, every: size / random.pick(&[1, 2, 5, 1_000]) },
        _ => WindowShape::Session { gap: random.pick(&[999, 2_001, 501]) },
    };
    let offset = if matches!(shape, WindowShape::Session { .. }) { 0 } else { random.pick(&[0, 0, 1, 500]) };
    WindowSpec { offset, ..WindowSpec::new(shape) }
}

/// The parts of a key.
fn keys(maker: &mut Maker, schema: &Schema) -> Vec<(KeyPart, Type)> {
    let simple = |field: &&Field| SCALARS.contains(&field.data_type.logical()) && field.data_type.is_key();
    let mut fields: Vec<_> = schema.fields.iter().filter(simple).filter(|field| field.name != ID).collect();
    fields.sort_by_key(|field| field.name != KEY);
    let count = [0, 1, 1, 1, 2][maker.random.below(5)].min(fields.len());
    let mut parts: Vec<_> =
        fields[..count].iter().map(|field| (KeyPart::Field(field.name.clone()), field.ty())).collect();
    if maker.random.once_in(4) {
        let ty = Type {
            data_type: maker.random.pick(&[DataType::Bool, DataType::String, DataType::I16]),
            nullable: maker.random.once_in(3),
        };
        let expression = maker.expressions(schema).text_alone(&ty, 2);
        let alias = maker.name();
        parts.push((KeyPart::Expression { expression, alias }, ty));
    }
    parts
}

/// Groups, cuts into windows, and aggregates.
pub(crate) fn aggregate(maker: &mut Maker, made: &mut Made) {
    let keys = keys(maker, &made.schema);
    let window = window(maker, maker.times.even);
    aggregated(maker, made, keys, Some(window));
}

/// Groups, and aggregates all that there is of each key: the rows are corrected.
pub(crate) fn running(maker: &mut Maker, made: &mut Made) {
    let keys = keys(maker, &made.schema);
    aggregated(maker, made, keys, None);
}

fn aggregated(maker: &mut Maker, made: &mut Made, keys: Vec<(KeyPart, Type)>, window: Option<WindowSpec>) {
    let schema = made.schema.clone();
    let tumbling = window.is_some_and(|window| matches!(window.shape, WindowShape::Tumbling { .. }));
    let mut aggregations = Vec::new();
    let mut results = Vec::new();
    for _ in 0..1 + maker.random.below(4) {
        let alias = maker.name();
        let (aggregation, ty) = aggregation(maker, &schema, alias, tumbling && made.ordered);
        results.push((aggregation.alias.clone(), ty));
        aggregations.push(aggregation);
    }
    let names: Vec<_> = keys.iter().map(|(part, ty)| (part.alias().to_owned(), ty.clone())).collect();
    let scope = output_scope(&names, window.is_some(), &results);
    let fields = if maker.random.once_in(2) { Vec::new() } else { outputs(maker, &scope) };
    made.schema = if fields.is_empty() {
        Schema::new(
            names
                .iter()
                .chain(&results)
                .map(|(name, ty)| Field::new(name, ty.data_type.clone(), ty.nullable))
                .collect(),
        )
    } else {
        schema_of(&fields)
    };
    made.add(Operation::GroupBy { keys: keys.into_iter().map(|(part, _)| part).collect() });
    if let Some(spec) = window {
        made.add(Operation::Window(WindowStage { spec, time_field: None }));
    }
    made.add(Operation::Aggregate(AggregateStage { aggregations, fields }));
    made.unique = false;
    // Rows that fire together have no order.
    made.ordered = false;
}

/// All that the scope has, and something made of it.
fn outputs(maker: &mut Maker, scope: &Schema) -> Vec<OutputField> {
    let mut fields = Vec::new();
    for field in &scope.fields {
        // The bounds of a window behind this one have these names too.
        let name = if field.name.starts_with("window_") { maker.name() } else { field.name.clone() };
        fields.push(OutputField {
            name,
            data_type: field.data_type.clone(),
            nullable: field.nullable,
            expression: quote(&field.name),
        });
    }
    let name = maker.name();
    let ty = Type { data_type: maker.expressions(scope).scalar(), nullable: maker.random.once_in(3) };
    let expression = maker.expressions(scope).text(&ty, 3);
    fields.push(OutputField { name, nullable: ty.nullable, data_type: ty.data_type, expression });
    fields
}

fn aggregation(maker: &mut Maker, schema: &Schema, alias: String, ordered: bool) -> (Aggregation, Type) {
    use AggregateFunction as A;
    let functions = [A::Count, A::Sum, A::Avg, A::Min, A::Max, A::CountDistinct, A::First, A::Last];
    let function = maker.random.pick(&functions[..if ordered { 8 } else { 6 }]);
    let filter = maker.random.once_in(3).then(|| maker.expressions(schema).text(&Type::required(DataType::Bool), 2));
    let whole = function == A::Count && maker.random.once_in(2);
    if whole {
        let ty = function.result(None, filter.is_some()).expect("records can be counted");
        let aggregation = Aggregation { aggregation_type: function, field: None, expression: None, filter, alias };
        return (aggregation, ty);
    }
    let astral = maker.alphabet.astral;
    let permitted = |of: &DataType| match function {
        A::Sum | A::Avg => of.is_integer(),
        A::Min | A::Max => !(of.is_float() || astral && *of == DataType::String),
        _ => true,
    };
    let scalars: Vec<_> = SCALARS
        .into_iter()
        .filter(|of| permitted(of) && function.result(Some(&Type::required(of.clone())), false).is_some())
        .collect();
    let fields: Vec<_> = schema.fields.iter().filter(|field| scalars.contains(&field.data_type.logical())).collect();
    let (field, expression, ty) = if fields.is_empty() || maker.random.once_in(3) {
        let made: Vec<_> = scalars.iter().filter(|of| !matches!(of, DataType::Decimal { .. })).cloned().collect();
        let ty = Type { data_type: maker.random.pick(&made), nullable: maker.random.once_in(3) };
        (None, Some(maker.expressions(schema).text_alone(&ty, 2)), ty)
    } else {
        let field = fields[maker.random.below(fields.len())];
        (Some(field.name.clone()), None, field.ty())
    };
    let ty = function.result(Some(&ty), filter.is_some()).expect("it was looked up");
    (Aggregation { aggregation_type: function, field, expression, filter, alias }, ty)
}

/// The first few of each group and window, by an id that is unique. False, if there is none.
pub(crate) fn top(maker: &mut Maker, made: &mut Made) -> bool {
    let id = made.schema.fields.iter().find(|field| field.name == ID && field.data_type == DataType::I64);
    if !made.unique || id.is_none() {
        return false;
    }
    let schema = made.schema.clone();
    let keys = keys(maker, &schema).into_iter().map(|(part, _)| part).collect();
    let window = window(maker, maker.times.even);
    made.add(Operation::GroupBy { keys });
    made.add(Operation::Window(WindowStage { spec: window, time_field: None }));
    let expression = maker.random.pick(&["`id`", "-`id`", "`id` * 7"]).to_owned();
    made.add(Operation::Top { count: 1 + maker.random.below(3) as u64, expression });
    made.ordered = false;
    made.unique = false;
    true
}
