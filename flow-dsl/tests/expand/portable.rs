source(a)
    -> map(|o| Out {
           len: o.name.chars().count() as i64,
           head: o.name.chars().skip(0).take(3).collect::<String>(),
           lower: o.name.to_lowercase(),
           both: format!("{}-{}", o.name, o.kind),
           joined: o.name.clone() + &o.kind,
           known: o.email.is_some_and(|e| e.contains("@")),
           next: o.parent.map(|p| p + 1).unwrap_or(-1),
           class: match o.kind.as_str() { "a" | "b" => 1, "c" => 2, _ => limits::OTHER },
           band: match o.amount { 0 => 0i64, 1..=9 => 1, _ => 2 },
           flag: match o.flag { true => "yes".to_owned(), false => String::from("no") },
           abs: o.amount.abs(),
           neg: -o.amount,
           least: o.amount.min(config.floor),
           at: Timestamp::from_millis(o.at.millis() + 1000),
           none: None,
       })
    -> filter(|o| flow::expr::matches(&o.lower, "^a.*"))
    -> sink(b);
