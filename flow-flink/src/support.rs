//! What cannot be translated: one table, of which a refusal is a row.

/// Something that Flink SQL lacks, or does otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Limit {
    Endpoint,
    EndpointOption,
    Format,
    CsvHeader,
    CsvType,
    Secret,
    FilePattern,
    FilePath,
    NewlineInName,
    Setting,
    StageParallelism,
    LateRecords,
    Slide,
    LateOutput,
    FirstLast,
    TimeLost,
    LongTime,
    Sqrt,
    NestedTimes,
    UpsertFile,
    KeyType,
    SessionJoin,
    ConstantKey,
    DistinctBytes,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Which one it is.
    pub limit: Limit,
    /// What is refused.
    pub what: &'static str,
    /// Why.
    pub reason: &'static str,
    /// What to write instead.
    pub remedy: &'static str,
}

impl Limit {
    /// Its row.
    pub fn row(self) -> &'static Row {
        static UNKNOWN: Row = Row { limit: Limit::Endpoint, what: "", reason: "Flink SQL cannot say this", remedy: "" };
        TABLE.iter().find(|row| row.limit == self).unwrap_or(&UNKNOWN)
    }
}

const fn row(limit: Limit, what: &'static str, reason: &'static str, remedy: &'static str) -> Row {
    Row { limit, what, reason, remedy }
}

/// Everything that is refused.
pub const TABLE: &[Row] = &[
    row(
        Limit::Endpoint,
        "a source or sink that is neither Kafka nor files",
        "Flink has no connector for it among those that this translation knows",
        "run this pipeline in-process, or put a Kafka topic between",
    ),
    row(
        Limit::EndpointOption,
        "an option of a source or sink that Flink's connector lacks",
        "Flink's connector has no option of the same meaning",
        "leave the option out",
    ),
    row(
        Limit::Format,
        "a format other than JSON, in files CSV, and for single fields text and bytes",
        "Flink has no format that reads and writes the same bytes",
        "use JSON",
    ),
    row(
        Limit::CsvHeader,
        "CSV with a header",
        "Flink takes the first line of a file for a record, and writes none",
        "use `Csv::new().without_header()`",
    ),
    row(
        Limit::CsvType,
        "bytes, a list or a record in CSV",
        "a field of CSV is one text, and both engines write these otherwise",
        "use JSON",
    ),
    row(
        Limit::Secret,
        "a secret that Flink's connector takes under no name of its own",
        "Flink's Kafka client is another one, with options of its own",
        "log in by `sasl.username` and `sasl.password`",
    ),
    row(
        Limit::FilePattern,
        "several files as one source",
        "each file is a partition with a watermark of its own here, and Flink reads them all in one task",
        "name one file, or write them to a Kafka topic",
    ),
    row(
        Limit::FilePath,
        "a relative path",
        "the cluster's processes work in folders of their own",
        "give the file by its whole path",
    ),
    row(
        Limit::NewlineInName,
        "a field whose name holds a line break",
        "Flink SQL has no way to write such a name",
        "rename the field",
    ),
    row(
        Limit::Setting,
        "an option of Flink on which the answer rests",
        "the translation sets it itself, and another value would change the answer",
        "leave it out of the properties",
    ),
    row(
        Limit::StageParallelism,
        "a parallelism of one stage",
        "Flink SQL sets it for the whole job, and beside it for sources and sinks of Kafka only",
        "set the pipeline's `parallelism`",
    ),
    row(
        Limit::LateRecords,
        "an allowed lateness",
        "windows of Flink SQL take no late records",
        "leave `lateness` out, and give the watermark a longer delay",
    ),
    row(
        Limit::LateOutput,
        "a stream of late records",
        "windows of Flink SQL drop them",
        "leave `late` out, and give the watermark a longer delay",
    ),
    row(
        Limit::Slide,
        "a sliding window whose slide does not divide its size",
        "Flink's HOP demands that the size is a multiple of the slide",
        "choose a slide that divides the size",
    ),
    row(
        Limit::FirstLast,
        "`first` and `last` outside of tumbling windows",
        "Flink's FIRST_VALUE and LAST_VALUE go by arrival, not by event time, and fail in other windows",
        "take a tumbling window, or `min` and `max` of the time",
    ),
    row(
        Limit::TimeLost,
        "a window or join behind a stage after which Flink knows no event time",
        "an interval join and a full join give their records no time attribute on Flink",
        "put the window before the join, or the join's result into a Kafka topic",
    ),
    row(
        Limit::LongTime,
        "a delay of a watermark, or a bound of a join, of a thousand days or more",
        "an interval of Flink SQL that is reckoned with has at most 999 days",
        "take a shorter one",
    ),
    row(
        Limit::Sqrt,
        "`sqrt`",
        "Flink reckons it as POWER(x, 0.5), which gives other last digits, and no NaN for -Infinity",
        "compare squares, or take the root in the program that reads the result",
    ),
    row(
        Limit::NestedTimes,
        "a list whose times are to be written otherwise than they were read",
        "Flink SQL cannot reckon with each item of a list",
        "give both records the same type of time",
    ),
    row(Limit::UpsertFile, "corrections of rows into a file", "Flink's files only grow", "write them to a Kafka topic"),
    row(
        Limit::KeyType,
        "a key of corrections that holds a record or a list",
        "Flink SQL cannot write it as the in-process sink does",
        "use fields of simple types as the key",
    ),
    row(
        Limit::SessionJoin,
        "a join by session",
        "Flink cuts each side into sessions of its own",
        "join by a tumbling or sliding window, or `between`",
    ),
    row(
        Limit::ConstantKey,
        "a key of a join that reads no field",
        "Flink's planner makes a condition on one side of it, and has no plan for such a join",
        "join by a field of each side",
    ),
    row(
        Limit::DistinctBytes,
        "`count_distinct` of bytes",
        "Flink counts no distinct bytes in windows",
        "count a text or a number that tells them apart",
    ),
];
