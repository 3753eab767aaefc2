//! One record on each line.

use super::{Decode, Encode, Parse, Parsed, Print, ReadFormat, WriteFormat};

/// One record on each line, which ends with `\n` or `\r\n`, the last one also with the file.
///
/// ```
/// use flow::formats::{Json, Lines, Parse, Parsed, ReadFormat};
/// let mut parser = Lines::of(Json::<i64>::new()).parser();
/// let taken = |bytes, record| Parsed::Taken { bytes, lines: 1, record };
/// assert_eq!(parser.next(b"17\r\n18\n", false), taken(4, Ok(Some(17))));
/// assert_eq!(parser.next(b"18", false), Parsed::More);
/// assert_eq!(parser.next(b"18\n", false), taken(3, Ok(Some(18))));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Lines<F> {
    format: F,
}

impl<F> Lines<F> {
    /// Lines in that format.
    #[must_use]
    pub fn of(format: F) -> Self {
        Self { format }
    }
}

impl<D: Decode> ReadFormat for Lines<D> {
    type Item = D::Item;
    type Parser = LineParser<D>;

    fn name(&self) -> &'static str {
        self.format.name()
    }

    fn parser(&self) -> LineParser<D> {
        LineParser { format: self.format.clone(), searched: 0 }
    }
}

impl<E: Encode> WriteFormat for Lines<E> {
    type Item = E::Item;
    type Printer = LinePrinter<E>;

    fn name(&self) -> &'static str {
        self.format.name()
    }

    fn printer(&self) -> LinePrinter<E> {
        LinePrinter { format: self.format.clone() }
    }
}

/// Reads [`Lines`].
#[derive(Clone, Debug)]
pub struct LineParser<D> {
    format: D,
    /// How many bytes of the line are known to hold no line break, so that a long line is not searched again and again.
    searched: usize,
}

impl<D: Decode> Parse for LineParser<D> {
    type Item = D::Item;

    #[inline]
    fn next(&mut self, data: &[u8], last: bool) -> Parsed<D::Item> {
        let unsearched = data.get(self.searched..).unwrap_or_default();
        let (line, bytes, lines) = match memchr::memchr(b'\n', unsearched) {
            Some(at) => (&data[..self.searched + at], self.searched + at + 1, 1),
            None if last => (data, data.len(), 0),
            None => {
                self.searched = data.len();
                return Parsed::More;
            }
        };
        self.searched = 0;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Parsed::Taken { bytes, lines, record: self.format.decode(line) }
    }

    fn reset(&mut self) {
        self.searched = 0;
    }
}

/// Writes [`Lines`].
#[derive(Clone, Debug)]
pub struct LinePrinter<E> {
    format: E,
}

impl<E: Encode> Print for LinePrinter<E> {
    type Item = E::Item;

    fn print(&mut self, records: &[E::Item], out: &mut Vec<u8>) -> Result<(), String> {
        for record in records {
            self.format.encode(record, out)?;
            out.push(b'\n');
        }
        Ok(())
    }
}
