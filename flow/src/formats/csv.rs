//! CSV, by serde.

use super::{FormatOptions, Parse, Parsed, Print, ReadFormat, WriteFormat};
use csv::ByteRecord;
use csv_core::ReadRecordResult;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::marker::PhantomData;

/// Comma-separated values after RFC 4180, with a header that names the fields. Records with another number of fields than the
/// header are refused; quoted fields may hold line breaks; blank lines are skipped.
///
/// ```
/// use flow::formats::{Csv, Print, WriteFormat};
/// #[derive(serde::Serialize)]
/// struct Order { id: i64, region: &'static str }
/// let mut out = Vec::new();
/// Csv::new().printer().print(&[Order { id: 1, region: "north, east" }], &mut out).unwrap();
/// assert_eq!(out, b"id,region\n1,\"north, east\"\n");
/// ```
pub struct Csv<T> {
    delimiter: u8,
    header: bool,
    records: PhantomData<fn(T)>,
}

impl<T> Csv<T> {
    /// With commas and a header.
    #[must_use]
    pub fn new() -> Self {
        Self { delimiter: b',', header: true, records: PhantomData }
    }

    /// With another delimiter, as `;` or a tab.
    #[must_use]
    pub fn delimiter(self, delimiter: u8) -> Self {
        Self { delimiter, ..self }
    }

    fn options(&self) -> FormatOptions {
        vec![("header", self.header.into()), ("delimiter", char::from(self.delimiter).to_string().into())]
    }

    /// Without a header: a record's fields stand in the order in which its type names them.
    #[must_use]
    pub fn without_header(self) -> Self {
        Self { header: false, ..self }
    }
}

impl<T> Default for Csv<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for Csv<T> {
    fn clone(&self) -> Self {
        Self { delimiter: self.delimiter, header: self.header, records: PhantomData }
    }
}

impl<T> fmt::Debug for Csv<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Csv").field("delimiter", &char::from(self.delimiter)).field("header", &self.header).finish()
    }
}

impl<T: DeserializeOwned + Send + 'static> ReadFormat for Csv<T> {
    type Item = T;
    type Parser = CsvParser<T>;

    fn name(&self) -> &'static str {
        "csv"
    }

    fn options(&self) -> FormatOptions {
        Csv::options(self)
    }

    fn parser(&self) -> CsvParser<T> {
        CsvParser {
            core: csv_core::ReaderBuilder::new().delimiter(self.delimiter).build(),
            header: if self.header { Header::Awaited } else { Header::None },
            record: ByteRecord::new(),
            shown: 0,
            fields: vec![0; 1024],
            filled: 0,
            ends: vec![0; 32],
            ended: 0,
            records: PhantomData,
        }
    }

    fn has_header(&self) -> bool {
        self.header
    }
}

impl<T: Serialize + Send + 'static> WriteFormat for Csv<T> {
    type Item = T;
    type Printer = CsvPrinter<T>;

    fn name(&self) -> &'static str {
        "csv"
    }

    fn options(&self) -> FormatOptions {
        Csv::options(self)
    }

    fn printer(&self) -> CsvPrinter<T> {
        CsvPrinter { delimiter: self.delimiter, header: self.header, records: PhantomData }
    }
}

/// Reads [`Csv`].
pub struct CsvParser<T> {
    core: csv_core::Reader,
    header: Header,
    record: ByteRecord,
    /// How many bytes of the record the core has seen, how many bytes of fields it has put out, and how many fields have ended.
    shown: usize,
    filled: usize,
    ended: usize,
    fields: Vec<u8>,
    ends: Vec<usize>,
    records: PhantomData<fn(T)>,
}

enum Header {
    None,
    Awaited,
    Read(ByteRecord),
}

impl<T> fmt::Debug for CsvParser<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CsvParser")
    }
}

impl<T: DeserializeOwned> CsvParser<T> {
    /// Takes the record out of the fields that the core has found, and begins the next.
    fn record(&mut self) -> Result<Option<T>, String> {
        self.record.clear();
        let mut start = 0;
        for &end in &self.ends[..self.ended] {
            self.record.push_field(&self.fields[start..end]);
            start = end;
        }
        self.begin();
        match &self.header {
            Header::Awaited => {
                self.header = Header::Read(self.record.clone());
                Ok(None)
            }
            Header::None => self.record.deserialize(None).map(Some).map_err(|error| reason(&error, None)),
            Header::Read(header) if header.len() != self.record.len() => {
                Err(format!("{} fields, where the header has {}", self.record.len(), header.len()))
            }
            Header::Read(header) => {
                self.record.deserialize(Some(header)).map(Some).map_err(|error| reason(&error, Some(header)))
            }
        }
    }

    fn begin(&mut self) {
        (self.shown, self.filled, self.ended) = (0, 0, 0);
    }
}

impl<T: DeserializeOwned + Send + 'static> Parse for CsvParser<T> {
    type Item = T;

    fn next(&mut self, data: &[u8], last: bool) -> Parsed<T> {
        if self.shown == 0 {
            // Blank lines, and the second half of a `\r\n`: so that a record's own line is known.
            let blank = data.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            if blank > 0 {
                return Parsed::Taken { bytes: blank, lines: breaks(&data[..blank]), record: Ok(None) };
            }
        }
        loop {
            let unseen = data.get(self.shown..).unwrap_or_default();
            if unseen.is_empty() && !last {
                return Parsed::More;
            }
            // No bytes mean the end of the file to the core.
            let (result, seen, filled, ended) =
                self.core.read_record(unseen, &mut self.fields[self.filled..], &mut self.ends[self.ended..]);
            self.shown += seen;
            self.filled += filled;
            self.ended += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.fields.resize(self.fields.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record | ReadRecordResult::End => {
                    let bytes = self.shown;
                    let lines = breaks(&data[..bytes]);
                    let ended = matches!(result, ReadRecordResult::End);
                    let record = if ended { Ok(None) } else { self.record() };
                    self.begin();
                    return Parsed::Taken { bytes, lines, record };
                }
            }
        }
    }

    fn reset(&mut self) {
        self.core.reset();
        self.begin();
    }
}

fn breaks(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// What is wrong with a record, and with which of its fields.
fn reason(error: &csv::Error, header: Option<&ByteRecord>) -> String {
    let csv::ErrorKind::Deserialize { err, .. } = error.kind() else { return error.to_string() };
    let Some(field) = err.field() else { return err.kind().to_string() };
    let number = field + 1;
    let name = header.and_then(|header| header.get(usize::try_from(field).ok()?));
    match name {
        Some(name) => format!("field {number} (`{}`): {}", String::from_utf8_lossy(name), err.kind()),
        None => format!("field {number}: {}", err.kind()),
    }
}

/// Writes [`Csv`].
#[derive(Debug)]
pub struct CsvPrinter<T> {
    delimiter: u8,
    /// Whether the header is still to be written. It is made of the first record: a file without records has none.
    header: bool,
    records: PhantomData<fn(T)>,
}

impl<T: Serialize + Send + 'static> Print for CsvPrinter<T> {
    type Item = T;

    fn print(&mut self, records: &[T], out: &mut Vec<u8>) -> Result<(), String> {
        let mut writer = csv::WriterBuilder::new().delimiter(self.delimiter).has_headers(self.header).from_writer(out);
        for record in records {
            writer.serialize(record).map_err(|error| error.to_string())?;
        }
        self.header &= records.is_empty();
        writer.flush().map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(serde::Deserialize, Debug, PartialEq)]
    struct Row {
        id: i64,
        name: Option<String>,
    }

    type Found = Vec<(u64, Result<Row, String>)>;

    /// Parses text that comes in pieces of `step` bytes: each record's line, and what it is.
    fn parse(format: Csv<Row>, text: &[u8], step: usize) -> Found {
        let mut parser = format.parser();
        let (mut start, mut end, mut line, mut found) = (0, 0, 1, Vec::new());
        while start < text.len() {
            match parser.next(&text[start..end], end == text.len()) {
                Parsed::More => end = (end + step).min(text.len()),
                Parsed::Taken { bytes, lines, record } => {
                    found.extend(record.transpose().map(|record| (line, record)));
                    line += lines;
                    start += bytes;
                }
            }
        }
        found
    }

    fn row(id: i64, name: &str) -> Result<Row, String> {
        Ok(Row { id, name: (!name.is_empty()).then(|| name.to_owned()) })
    }

    #[test]
    fn records_their_lines_and_what_is_wrong_with_them() {
        let header = Csv::new;
        let many = |count: usize| "x".repeat(count);
        let long = format!("name,id\n{},1\n", many(5000));
        let cases: Vec<(Csv<Row>, &str, Found)> = vec![
            (header(), "", vec![]),
            (header(), "id,name", vec![]),
            (header(), "name,id\nb,1\n", vec![(2, row(1, "b"))]),
            (header(), "id,name\r\n1,a\r\n\r\n2,\r\n", vec![(2, row(1, "a")), (4, row(2, ""))]),
            (header(), "id,name\n1,\"a\n\"\"b,\"\n2,c", vec![(2, row(1, "a\n\"b,")), (4, row(2, "c"))]),
            (
                header(),
                "id,name\n1\n2,c\n",
                vec![(2, Err("1 fields, where the header has 2".into())), (3, row(2, "c"))],
            ),
            (header(), "id,name\nx,c\n", vec![(2, Err("field 1 (`id`): invalid digit found in string".into()))]),
            (header(), "name\nc\n", vec![(2, Err("missing field `id`".into()))]),
            (header(), &long, vec![(2, row(1, &many(5000)))]),
            (header().without_header(), "1,a\n2,b\n", vec![(1, row(1, "a")), (2, row(2, "b"))]),
            (header().delimiter(b';'), "id;name\n1;a,b\n", vec![(2, row(1, "a,b"))]),
        ];
        for (format, text, wanted) in cases {
            for step in [1, 2, 3, 7, 10_000] {
                assert_eq!(parse(format.clone(), text.as_bytes(), step), wanted, "{text:.60?} in steps of {step}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(crate::operator::probe::cases()))]

        /// Whatever the bytes are: no panic, an end, and the same records wherever the pieces end.
        #[test]
        fn hostile_bytes_are_the_same_in_pieces_of_any_length(
            bytes in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..80),
                "[\"ab1,;\r\n ]{0,80}".prop_map(String::into_bytes),
                "id,name\n(([0-9]{0,3}|\"[a,\"\n]{0,4}\"?),(a|\"\"|\"b\r\nc\")?\r?\n){0,9}".prop_map(String::into_bytes),
            ],
            step in 1_usize..20,
        ) {
            let whole = parse(Csv::new(), &bytes, bytes.len().max(1));
            prop_assert_eq!(parse(Csv::new(), &bytes, step), whole);
        }
    }
}
