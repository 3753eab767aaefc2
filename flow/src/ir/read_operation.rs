//! The operations of an IR document, read strictly.

use super::aggregation::AggregateFunction;
use super::json::At;
use super::operation::{
    AggregateStage, Aggregation, JoinStage, KeyPart, NamedCondition, Operation, OutputField, Stage, WindowStage,
    schema_of,
};
use super::read::{chain, check_names, parallelism};
use super::window::{JoinBounds, WindowSpec};
use crate::error::Error;

/// One operation of a chain.
pub(super) fn stage(at: &At<'_>) -> Result<Stage, Error> {
    let kind = at.string("type")?;
    // Grouping and windows are no stages of their own: a name stands at the operation that follows.
    let only = |known: &[&str]| at.only(&[&["type", "name", "parallelism"], known].concat());
    let operation = match kind.as_str() {
        "filter" => {
            only(&["expression"])?;
            Operation::Filter { expression: at.string("expression")? }
        }
        "map" => {
            only(&["fields"])?;
            Operation::Map { fields: fields(&at.need("fields")?)? }
        }
        "flatMap" => {
            only(&["expression"])?;
            Operation::FlatMap { expression: at.string("expression")? }
        }
        "groupBy" => {
            at.only(&["type", "keys"])?;
            Operation::GroupBy { keys: keys(&at.need("keys")?)? }
        }
        "window" => {
            let own = ["windowType", "size", "slide", "gap", "timeUnit", "offset", "lateness", "lateOutput"];
            at.only(&[&["type", "timeField"], own.as_slice()].concat())?;
            Operation::Window(WindowStage { spec: window(at)?, time_field: at.string_if("timeField")? })
        }
        "aggregate" => {
            only(&["aggregations", "fields"])?;
            let aggregations = at.need("aggregations")?.items()?;
            let aggregations = aggregations.iter().map(aggregation).collect::<Result<_, _>>()?;
            let fields = at.get("fields")?.map(|at| fields(&at)).transpose()?.unwrap_or_default();
            Operation::Aggregate(AggregateStage { aggregations, fields })
        }
        "top" => {
            only(&["count", "expression"])?;
            let count = at.number_if("count", 1)?.ok_or_else(|| at.wrong("the field `count` is missing"))?;
            Operation::Top { count, expression: at.string("expression")? }
        }
        "union" => {
            only(&["others"])?;
            let others = at.need("others")?.items()?.iter().map(chain).collect::<Result<_, _>>()?;
            Operation::Union { others }
        }
        "join" => {
            only(&["joinType", "leftKeys", "rightKeys", "window", "between", "other"])?;
            Operation::Join(Box::new(join(at)?))
        }
        "route" => {
            only(&["routes"])?;
            Operation::Route { routes: routes(&at.need("routes")?)? }
        }
        other => {
            let other: String = other.chars().take(60).collect();
            return Err(at.wrong(format_args!("there is no operation `{other}`")).help(
                "the operations are filter, map, flatMap, groupBy, window, aggregate, top, union, join and route",
            ));
        }
    };
    Ok(Stage { operation, name: at.string_if("name")?, parallelism: parallelism(at)?, origin: None })
}

fn fields(at: &At<'_>) -> Result<Vec<OutputField>, Error> {
    let field = |at: &At<'_>| {
        at.only(&["name", "type", "nullable", "expression"])?;
        Ok(OutputField {
            name: at.string("name")?,
            data_type: at.need("type")?.read()?,
            nullable: at.flag("nullable")?,
            expression: at.string("expression")?,
        })
    };
    let fields = at.items()?.iter().map(field).collect::<Result<Vec<_>, Error>>()?;
    check_names(at, schema_of(&fields).names())?;
    Ok(fields)
}

fn keys(at: &At<'_>) -> Result<Vec<KeyPart>, Error> {
    let key = |at: &At<'_>| {
        if at.value.is_string() {
            return Ok(KeyPart::Field(at.str()?.to_owned()));
        }
        at.only(&["expression", "alias"])?;
        Ok(KeyPart::Expression { expression: at.string("expression")?, alias: at.string("alias")? })
    };
    let keys = at.items()?.iter().map(key).collect::<Result<Vec<_>, Error>>()?;
    if !keys.is_empty() {
        check_names(at, keys.iter().map(KeyPart::alias))?;
    }
    Ok(keys)
}

/// The fields of a window, which stand beside those of the operation.
fn window(at: &At<'_>) -> Result<WindowSpec, Error> {
    let outside = ["type", "timeField"];
    let own = at.object()?.iter().filter(|(name, _)| !outside.contains(&name.as_str()));
    let own = serde_json::Value::Object(own.map(|(name, value)| (name.clone(), value.clone())).collect());
    At { value: &own, pointer: at.pointer.clone() }.read()
}

fn aggregation(at: &At<'_>) -> Result<Aggregation, Error> {
    at.only(&["aggregationType", "field", "expression", "filter", "alias"])?;
    let aggregation_type: AggregateFunction = at.need("aggregationType")?.read()?;
    let (field, expression) = (at.string_if("field")?, at.string_if("expression")?);
    match (&field, &expression, aggregation_type) {
        (Some(_), Some(_), _) => return Err(at.wrong("both `field` and `expression` are given")),
        (None, None, AggregateFunction::Count) => {}
        (None, None, _) => return Err(at.wrong("what is aggregated is not said").help("give `field` or `expression`")),
        _ => {}
    }
    Ok(Aggregation { aggregation_type, field, expression, filter: at.string_if("filter")?, alias: at.string("alias")? })
}

fn join(at: &At<'_>) -> Result<JoinStage, Error> {
    let keys = |name: &str| -> Result<Vec<String>, Error> {
        at.need(name)?.items()?.iter().map(|key| key.str().map(str::to_owned)).collect()
    };
    let (left_keys, right_keys) = (keys("leftKeys")?, keys("rightKeys")?);
    if left_keys.is_empty() || left_keys.len() != right_keys.len() {
        return Err(at.wrong("a join takes as many left as right keys, and at least one"));
    }
    let bounds = match (at.get("window")?, at.get("between")?) {
        (Some(window), None) => JoinBounds::Window(window.read()?),
        (None, Some(between)) => {
            between.only(&["lowerMs", "upperMs"])?;
            let (lower, upper): (i64, i64) = (between.need("lowerMs")?.read()?, between.need("upperMs")?.read()?);
            if lower > upper {
                return Err(between.wrong("`lowerMs` is above `upperMs`"));
            }
            JoinBounds::Between { lower, upper }
        }
        _ => return Err(at.wrong("a join takes either `window` or `between`")),
    };
    let other = chain(&at.need("other")?)?;
    Ok(JoinStage { kind: at.need("joinType")?.read()?, other, left_keys, right_keys, bounds })
}

fn routes(at: &At<'_>) -> Result<Vec<NamedCondition>, Error> {
    let route = |at: &At<'_>| {
        at.only(&["name", "condition"])?;
        Ok(NamedCondition { name: at.string("name")?, condition: at.string("condition")? })
    };
    let routes = at.items()?.iter().map(route).collect::<Result<Vec<_>, Error>>()?;
    check_names(at, routes.iter().map(|route| route.name.as_str()))?;
    Ok(routes)
}
